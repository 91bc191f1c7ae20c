"""Text of strangers in, the same with every sign that steers a display made visible; offsets hold."""

from __future__ import annotations

# Control characters steer terminals, bidirectional marks reorder what is read, and signs of no width hide in
# it: each is shown as one sign, so that offsets still hold. Tabs and line breaks stay, and so do the joiners
# (U+200C, U+200D), which Persian and Hindi are written with.
_HARMLESS = dict.fromkeys(
    (
        *range(9),
        *range(11, 32),
        *range(0x7F, 0xA0),
        0x061C,
        0x180E,
        0x200B,
        *range(0x200E, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2065),
        *range(0x2066, 0x206A),
        0xFEFF,
        *range(0xFFF9, 0xFFFC),
        *range(0xE0000, 0xE0080),
    ),
    "·",
)

# OWASP, "CSV injection". The wide ones are taken for the narrow ones.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def runs_as_formula(text: str) -> bool:
    """Whether a spreadsheet that reads `text` from a CSV file may run it (CWE-1236)."""
    return text.lstrip(" \n\x00").startswith(_FORMULA_STARTS)


def harmless(text: str) -> str:
    """`text` with everything that steers or hides shown as one sign."""
    return text.translate(_HARMLESS)
