"""Strings and the bounds of their sentences in, one string of code points with all bounds in it out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain

import numpy as np
from numpy.typing import NDArray

from riskscore.companies.mentions import CJK_CHARACTER
from riskscore.compiled.machine import NO
from riskscore.compiled.places import Segments
from riskscore.compiled.reasons import TITLE
from riskscore.compiled.tokens import Texts
from riskscore.concepts import WORD
from riskscore.types import Document, Field

_CODE_POINTS = 0x110000
FIELDS: tuple[Field, ...] = ("title", "text", "html")
_FIELD_NUMBER = {field: number for number, field in enumerate(FIELDS, TITLE)}


def laid_out(texts: Sequence[str], bounds: Sequence[Sequence[tuple[int, int]]]) -> Texts:
    """The texts strung together; `bounds` are the sentences of each."""
    points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).copy()
    ends = _ends(list(map(len, texts)))
    counts = list(map(len, bounds))
    first_sentence = _ends(counts)
    flat = chain.from_iterable(chain.from_iterable(bounds))
    ranges = np.fromiter(flat, np.int64, 2 * int(first_sentence[-1])).reshape(-1, 2)
    offsets = np.repeat(ends[:-1], counts)
    return Texts(points, ends, ranges[:, 0] + offsets, ranges[:, 1] + offsets, offsets, first_sentence)


def segments_of(documents: Sequence[Document]) -> tuple[Segments, NDArray[np.int64]]:
    """The segments of all documents, and the first of each; one more entry than documents."""
    rows = [
        (start, end, _FIELD_NUMBER[field], source_start, NO if source_end is None else source_end)
        for document in documents
        for start, end, field, source_start, source_end in document.segments
    ]
    columns = np.array(rows, np.int64).reshape(-1, 5).T.copy()
    return Segments(*columns), _ends([len(document.segments) for document in documents])


def character_classes() -> NDArray[np.uint8]:
    """Of each code point: 0 outside words, 1 in words, 2 in words of a script without spaces (CJK)."""
    every = np.arange(_CODE_POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    classes = np.zeros(_CODE_POINTS, np.uint8)
    for run in WORD.finditer(every):
        classes[run.start() : run.end()] = 1
    for found in CJK_CHARACTER.finditer(every):
        classes[found.start()] *= 2  # the ranges of these scripts have places without a character
    return classes


def _ends(lengths: Sequence[int]) -> NDArray[np.int64]:
    """Where things of these lengths end that stand one behind the other, after a first 0."""
    return np.fromiter(accumulate(lengths, initial=0), np.int64, len(lengths) + 1)
