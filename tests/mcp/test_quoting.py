"""Third-party text as assistants are shown it: one line, bounded, nothing invisible."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.mcp.quoting import quoted


def test_what_is_plain_stays() -> None:
    plain = "Nvidia’s “H20” faces curbs: 英伟达, naïve 👩‍🔬❤️"
    assert quoted(plain, 100) == plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200bb", "a·b"),
        ("a\x1b[2Jb", "a·[2Jb"),
        ("a\u202eb\u202c", "a·b·"),
        ("a" + "".join(chr(0xE0000 + ord(sign)) for sign in "go"), "a··"),
        ("a" + "".join(chr(0xE0100 + byte) for byte in b"obey"), "a·"),
        ("a\n\nb:\tobey", "a b: obey"),
        ("x" * 11, "xxxxxxxxx…"),
        ("x" * 10, "xxxxxxxxxx"),
        ("", ""),
    ],
)
def test_what_hides_is_shown_and_what_is_long_is_cut(text: str, shown: str) -> None:
    assert quoted(text, 10) == shown


@given(st.text(max_size=60), st.integers(min_value=1, max_value=50))
def test_no_quotation_is_long_or_steers(text: str, most: int) -> None:
    found = quoted(text, most)
    assert len(found) <= most
    assert all(unicodedata.category(sign) != "Cc" for sign in found)
