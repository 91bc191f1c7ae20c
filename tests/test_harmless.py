"""Signs that steer what a reader sees: none of a stranger's gets into a note."""

from __future__ import annotations

import pytest

from riskscore.dossier.memo import Grid, Heading, Link, Memo, Paragraph, Quote
from riskscore.dossier.memo_pdf import pdf
from riskscore.dossier.memo_text import markdown, page
from riskscore.harmless import harmless

STEERING = "\x1b\x00\x9b\u202e\u200b\u2066\u2069\u200f\u061c\u2060\u2062\u180e\ufeff\ufffa\U000e0041"
TEXT = f"Fine{STEERING}print"
MEMO = Memo(
    title=TEXT,
    blocks=(
        Heading(TEXT),
        Paragraph(TEXT),
        Quote(TEXT, TEXT),
        Link(TEXT, f"https://x.example/{STEERING}"),
        Grid((TEXT,), ((TEXT,),)),
    ),
)


def test_each_steering_sign_is_shown_and_offsets_hold() -> None:
    assert harmless(TEXT) == f"Fine{'·' * len(STEERING)}print"
    plain = "tab\t, line\n, naïve, 中文, می\u200cخواهم, 👩\u200d🔬"
    assert harmless(plain) == plain


@pytest.mark.parametrize("rendered", [markdown, page])
def test_no_steering_sign_gets_into_a_memo(rendered: type) -> None:
    assert not set(STEERING) & set(rendered(MEMO))


def test_a_pdf_is_made_of_them_too() -> None:
    assert pdf(MEMO).startswith(b"%PDF")
