"""A text and spans to mark in it in, an unbroken row of pieces out, each with all marks over it (pure).

Marks overlap freely; markup cannot. So the text is cut wherever any mark begins or ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to show on a range of a text."""

    start: int
    end: int  # one past the last character
    style: str  # classes of the style sheet
    note: int | None = None  # place in the list of notes; None for what says nothing more


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters that the same marks cover."""

    text: str
    styles: tuple[str, ...] = ()
    notes: tuple[int, ...] = ()
    first: bool = False  # whether a mark with a note begins here: where the keyboard stops


def pieces(text: str, marks: Iterable[Mark]) -> list[Piece]:
    """Cut a text at its marks.

    Returns
    -------
    list of Piece
        Their texts joined are `text`. Marks that are empty, or beyond the text, mark nothing.
    """
    fitting = [
        Mark(max(mark.start, 0), min(mark.end, len(text)), mark.style, mark.note)
        for mark in marks
        if mark.start < min(mark.end, len(text)) and mark.end > 0
    ]
    opening: dict[int, list[Mark]] = {}
    for mark in fitting:
        opening.setdefault(mark.start, []).append(mark)
    cuts = sorted({0, len(text), *(mark.start for mark in fitting), *(mark.end for mark in fitting)})
    found: list[Piece] = []
    active: list[Mark] = []
    for start, end in pairwise(cuts):
        active = [mark for mark in active if mark.end > start]
        begun = opening.get(start, ())
        active += begun
        styles = dict.fromkeys(style for mark in active for style in mark.style.split())
        notes = dict.fromkeys(mark.note for mark in active if mark.note is not None)
        first = any(mark.note is not None for mark in begun)
        found.append(Piece(text[start:end], tuple(styles), tuple(notes), first))
    return found
