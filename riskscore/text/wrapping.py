"""Plain text wrapped at a fixed width in, the same text with its paragraphs on one line each out."""

from __future__ import annotations

import re

from riskscore.text.visible import Visible

_MAX_WIDTH = 100
_MIN_WIDTH = 40
_MIN_CONTINUED = 2
_FULL_LINE = 0.6  # of the longest line; a shorter one ends its paragraph

_CONTINUED = re.compile(r"[^\s.!?…:;]\n[ \t]*(?=[a-z])")


def unwrap(visible: Visible) -> Visible:
    """Replace line ends inside paragraphs by a space, one for one, where text is wrapped.

    Text counts as wrapped when no line is longer than 100 characters and at least two lines break off
    without punctuation and go on with a small letter. Then a line end is inside a paragraph when the
    line before it is nearly full and a line follows that is neither empty nor a list item.
    """
    text = visible.text
    if text.count("\n") < _MIN_CONTINUED:
        return visible
    lines = text.split("\n")
    width = max(map(len, lines))
    if not _MIN_WIDTH <= width <= _MAX_WIDTH or len(_CONTINUED.findall(text)) < _MIN_CONTINUED:
        return visible
    joined: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        inside = len(line) >= width * _FULL_LINE and following.strip()[:1].isalnum()
        joined.append(line + (" " if inside else "\n"))
    return Visible("".join(joined)[:-1], visible.segments)


def unwrap_ranges(ranges: list[tuple[int, int]], before: str, after: str) -> list[tuple[int, int]]:
    """Join ranges of text `before` between which `unwrap` has replaced the line ends, giving `after`."""
    joined: list[tuple[int, int]] = []
    for start, end in ranges:
        gap = slice(joined[-1][1], start) if joined else slice(0, 0)
        if "\n" in before[gap] and not after[gap].strip(" "):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
