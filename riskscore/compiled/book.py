"""Words as they are written in, their numbers out: distinct words by their exact code points."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.machine import NO, Entry, compiled

MAX_TOKEN_CHARS = 200
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_SEED = np.uint64(0xCBF29CE484222325)


class Book(NamedTuple):
    """The words; those of `slots` are found by their hash. `size` is (words, code points in the pool).

    Word 0 stands for whatever is too long.
    """

    hashes: NDArray[np.uint64]  # of the word in each slot
    slots: NDArray[np.int32]  # NO where free; their number is a power of two
    start: NDArray[np.int64]  # in the pool, of each word; one more entry than words
    pool: NDArray[np.uint32]
    size: NDArray[np.int64]


def empty_book(slots: int) -> Book:
    """A book with room for half as many words as slots, until it grows."""
    return Book(
        hashes=np.zeros(slots, np.uint64),
        slots=np.full(slots, NO, np.int32),
        start=np.zeros(1_025, np.int64),
        pool=np.zeros(8_192, np.uint32),
        size=np.array([1, 0], np.int64),
    )


@compiled
def intern(book: Book, points: NDArray[np.uint32], start: int, end: int) -> int:
    """Number of the word at [start, end), entered if it is new; 0 for one that is too long."""
    if end - start > MAX_TOKEN_CHARS:
        return 0
    code = _SEED
    for at in range(start, end):
        code = (code ^ np.uint64(points[at])) * _PRIME
    mask = len(book.slots) - 1
    place = np.int64((code * _MULTIPLIER) >> np.uint64(20)) & mask
    word: int = book.slots[place]
    while word != NO:
        if book.hashes[place] == code and book.start[word + 1] - book.start[word] == end - start:
            first = book.start[word] - start
            same = True
            for at in range(start, end):
                same = same and book.pool[first + at] == points[at]
            if same:
                return word
        place = (place + 1) & mask
        word = book.slots[place]
    word = book.size[0]
    used = book.size[1]
    book.slots[place] = word
    book.hashes[place] = code
    for at in range(end - start):
        book.pool[used + at] = points[start + at]
    book.start[word + 1] = used + end - start
    book.size[0] += 1
    book.size[1] += end - start
    return word


@Entry
def move_slots(book: Book, hashes: NDArray[np.uint64], slots: NDArray[np.int32]) -> int:
    """Enter all words of the book into larger slots, which are new and empty."""
    mask = len(slots) - 1
    for old in range(len(book.slots)):
        if book.slots[old] == NO:
            continue
        place = np.int64((book.hashes[old] * _MULTIPLIER) >> np.uint64(20)) & mask
        while slots[place] != NO:
            place = (place + 1) & mask
        slots[place] = book.slots[old]
        hashes[place] = book.hashes[old]
    return len(slots)
