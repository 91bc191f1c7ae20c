"""Texts cut at their marks: nothing lost, and each piece under just the marks that cover it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riskscore.dashboard.marking import Mark, Piece, pieces


def test_marks_that_overlap_share_the_piece_between() -> None:
    found = pieces("abcdef", [Mark(0, 4, "one"), Mark(2, 6, "two", 7)])
    assert found == [
        Piece("ab", ("one",)),
        Piece("cd", ("one", "two"), (7,), first=True),
        Piece("ef", ("two",), (7,)),
    ]


def test_a_text_without_marks_is_one_piece() -> None:
    assert pieces("abc", []) == [Piece("abc")]
    assert pieces("", [Mark(0, 3, "one")]) == []


_MARKS = st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)), max_size=12)


@given(text=st.text(max_size=40), spans=_MARKS)
def test_pieces_join_to_the_text_and_each_character_has_its_marks(
    text: str, spans: list[tuple[int, int]]
) -> None:
    marks = [Mark(start, end, f"m{place}", place) for place, (start, end) in enumerate(spans)]
    found = pieces(text, marks)
    assert "".join(piece.text for piece in found) == text
    at = 0
    for piece in found:
        for offset in range(at, at + len(piece.text)):
            covering = {mark.note for mark in marks if mark.start <= offset < mark.end}
            assert set(piece.notes) == covering
        at += len(piece.text)
