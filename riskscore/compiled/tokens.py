"""Code points and the bounds of sentences in, the words of each sentence out, company names masked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.companies.mentions import MASK
from riskscore.compiled.book import Book, intern
from riskscore.compiled.machine import Entry

_MASK = ord(MASK)


class Texts(NamedTuple):
    """Texts strung together as code points, and their sentences."""

    points: NDArray[np.uint32]
    bounds: NDArray[np.int64]  # where each text begins; one more entry than texts
    starts: NDArray[np.int64]  # of each sentence, among the code points
    ends: NDArray[np.int64]
    offsets: NDArray[np.int64]  # where the text of each sentence begins
    first_sentence: NDArray[np.int64]  # of each text; one more entry than texts


class Tokens(NamedTuple):
    """Words in the order in which they were split off; those of a sentence stand side by side.

    A sentence has them as it is written, as the features see it (names masked), and as the concepts do
    (names masked, but for those that are lexicon terms); mostly these are the same words.
    """

    word: NDArray[np.int32]  # in the book
    start: NDArray[np.int32]  # in its text
    end: NDArray[np.int32]
    written: NDArray[np.int32]  # first word and place after the last of each sentence
    masked: NDArray[np.int32]
    concept: NDArray[np.int32]


@Entry
def tokenise(
    texts: Texts,
    points: NDArray[np.uint32],
    wanted: NDArray[np.uint8],
    classes: NDArray[np.uint8],
    book: Book,
    tokens: Tokens,
    ranges: NDArray[np.int32],
    count: int,
) -> int:
    """Split the wanted sentences into words: runs of class 1 or higher.

    Parameters
    ----------
    points : ndarray
        Those of the texts, or a copy with names masked.
    ranges : ndarray, shape (n_sentences, 2)
        Of `tokens`; written for the wanted sentences.
    count : int
        Words that there are already; the new ones go behind them. Returns how many there are then.
    """
    for sentence in range(len(texts.starts)):
        if not wanted[sentence]:
            continue
        ranges[sentence, 0] = count
        at, end, offset = texts.starts[sentence], texts.ends[sentence], texts.offsets[sentence]
        while at < end:
            if classes[points[at]] == 0:
                at += 1
                continue
            first = at
            while at < end and classes[points[at]] != 0:
                at += 1
            tokens.word[count] = intern(book, points, first, at)
            tokens.start[count] = first - offset
            tokens.end[count] = at - offset
            count += 1
        ranges[sentence, 1] = count
    return count


@Entry
def mask(
    texts: Texts,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    chosen: NDArray[np.uint8],
    hidden: int,
    points: NDArray[np.uint32],
    wanted: NDArray[np.uint8],
) -> int:
    """Write masks over mentions, or where `hidden` is 0 the text again, and mark the sentences touched.

    Parameters
    ----------
    starts, ends : ndarray of int64
        Of the mentions, among the code points, in order.
    chosen : ndarray of uint8
        Which of them to take.
    wanted : ndarray of uint8, shape (n_sentences,)
        1 for the sentences that hold a part of one; written whole.

    Returns
    -------
    int
        Code points in these sentences, at most.
    """
    wanted[:] = 0
    sentence = touched = 0
    for mention in range(len(starts)):
        if not chosen[mention]:
            continue
        for at in range(starts[mention], ends[mention]):
            points[at] = _MASK if hidden else texts.points[at]
        while sentence < len(texts.starts) and texts.ends[sentence] <= starts[mention]:
            sentence += 1
        at = sentence
        while at < len(texts.starts) and texts.starts[at] < ends[mention]:
            if not wanted[at]:
                touched += texts.ends[at] - texts.starts[at] + 1
            wanted[at] = 1
            at += 1
    return touched
