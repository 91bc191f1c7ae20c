"""The words of some texts in, the places where a company's name may begin out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.machine import Entry, compiled
from riskscore.compiled.tokens import Texts, Tokens
from riskscore.compiled.vocabulary import ONE_WORD, SECOND_WORD, SEVERAL_WORDS, TICKER, Words
from riskscore.sentences import MAX_SENTENCE_CHARS

_SPACE, _DOLLAR, _STOP, _COLON, _WIDE_COLON = 0x20, 0x24, 0x2E, 0x3A, 0xFF1A


@Entry
def find_name_starts(
    texts: Texts,
    classes: NDArray[np.uint8],
    tokens: Tokens,
    words: Words,
    found: NDArray[np.int64],
    found_end: NDArray[np.int64],
) -> int:
    """Words with which a company's name may begin: their ranges in their text, one text's after the other's.

    `found_end[text]` is the place behind the last of a text; below zero (its complement) where the words
    do not tell, as the text has a character of class 2 (CJK, where words run on), words outside its
    sentences or a sentence so long that it may have been cut inside a word. Returns how many there are.
    """
    count = 0
    for text in range(len(texts.bounds) - 1):
        first, last = texts.first_sentence[text], texts.first_sentence[text + 1]
        if first < last:
            low, high = tokens.written[first, 0], tokens.written[last - 1, 1]
            for at in range(low, high):
                kind = words.record[tokens.word[at]].names
                if kind and (
                    kind & ONE_WORD
                    or (
                        kind & SEVERAL_WORDS
                        and at + 1 < high
                        and words.record[tokens.word[at + 1]].names & SECOND_WORD
                    )
                    or (
                        kind & TICKER
                        and _like_ticker(
                            texts.points,
                            texts.bounds[text] + tokens.start[at],
                            texts.bounds[text] + tokens.end[at],
                        )
                    )
                ):
                    found[count, 0] = tokens.start[at]
                    found[count, 1] = tokens.end[at]
                    count += 1
        found_end[text] = count if _is_plain(texts, classes, text) else ~count
    return count


@compiled
def _is_plain(texts: Texts, classes: NDArray[np.uint8], text: int) -> bool:
    """Whether all words of a text stand whole in its sentences, and none has a character of class 2."""
    at = texts.bounds[text]
    for sentence in range(texts.first_sentence[text], texts.first_sentence[text + 1]):
        if texts.ends[sentence] - texts.starts[sentence] >= MAX_SENTENCE_CHARS:
            return False
        while at < texts.starts[sentence]:
            if classes[texts.points[at]] != 0:
                return False
            at += 1
        while at < texts.ends[sentence]:
            if classes[texts.points[at]] == 2:
                return False
            at += 1
    while at < texts.bounds[text + 1]:
        if classes[texts.points[at]] != 0:
            return False
        at += 1
    return True


@compiled
def _like_ticker(points: NDArray[np.uint32], start: int, end: int) -> bool:
    """Whether a full stop follows, or "$", ":" or ": " stands before; see `tickers.market_in_context`."""
    if end < len(points) and points[end] == _STOP:
        return True
    if start and points[start - 1] == _SPACE:
        start -= 1
    return start > 0 and (
        points[start - 1] == _DOLLAR or points[start - 1] == _COLON or points[start - 1] == _WIDE_COLON
    )
