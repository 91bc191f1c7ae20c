"""Distinct words in, what each stands for out: symbols, subword features and patterns of terms, once each.

Folding, subwords and patterns are asked of `riskscore.features` and its like, in Python, when a word is
first seen; from then on the loops have numbers only.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscore.companies.mentions import MASK
from riskscore.compiled.book import empty_book, move_slots
from riskscore.compiled.machine import NO
from riskscore.compiled.tables import PHRASE, WORD, FeaturePaths
from riskscore.compiled.tokens import Texts, Tokens, tokenise
from riskscore.compiled.vocabulary import (
    BEGINS_PHRASE,
    BEGINS_TERM,
    MASKED,
    ODD_WORD,
    ONE_WORD,
    SECOND_WORD,
    SEVERAL_WORDS,
    TICKER,
    WORD_RECORD,
    Words,
)
from riskscore.concepts import fold
from riskscore.exposure import ExposureScorer, near_names
from riskscore.features import MASKED_UNIT, FeatureReader, subword_keys
from riskscore.phrases import PhraseFinder
from riskscore.quotation import speech_part

MAX_WORDS = 300_000  # a stream of junk words must not grow memory without bound
_SLOTS = 1 << 16


class WordBook:
    """Splits texts into words and knows each of them by number.

    Word 0 stands for whatever the loops cannot take; such a text is odd.

    Parameters
    ----------
    paths : FeaturePaths
    reader : FeatureReader
    phrases : PhraseFinder
    exposure : ExposureScorer
    classes : ndarray of uint8, shape (0x110000,)
        Of each code point: 0 where it is no part of a word.
    """

    def __init__(
        self,
        paths: FeaturePaths,
        reader: FeatureReader,
        phrases: PhraseFinder,
        exposure: ExposureScorer,
        classes: NDArray[np.uint8],
    ) -> None:
        self._paths = paths
        self._reader = reader
        self._phrases = phrases
        self._contexts = exposure.numbers
        self._classes = classes
        self._begin()

    def _begin(self) -> None:
        self._book = empty_book(_SLOTS)
        self._known = 0
        self._used = [0, 0, 0]  # of the three lists that the records point into
        empty = np.zeros(0, np.int32)
        self.words = Words(np.zeros(1_024, WORD_RECORD), empty, empty, empty)

    @property
    def size(self) -> int:
        """Words known."""
        return self._known

    def forget_if_full(self) -> None:
        """Begin a new book when the old one has grown too large; not while tokens are in use."""
        if self._known > MAX_WORDS:
            self._begin()

    def split(
        self,
        texts: Texts,
        points: NDArray[np.uint32],
        wanted: NDArray[np.uint8],
        n_points: int,
        tokens: Tokens,
        ranges: NDArray[np.int32],
        count: int,
    ) -> int:
        """Append the words of the wanted sentences, at most `n_points` code points; see `tokens.tokenise`."""
        book = self._book
        words, used, most = int(book.size[0]), int(book.size[1]), n_points // 2 + 1
        if 2 * (words + most) > len(book.slots):
            slots = np.full(1 << (4 * (words + most)).bit_length(), NO, np.int32)
            hashes = np.zeros(len(slots), np.uint64)
            move_slots(book, hashes, slots)
            book = book._replace(hashes=hashes, slots=slots)
        self._book = book = book._replace(
            start=_with_room(book.start, words + most + 1), pool=_with_room(book.pool, used + n_points)
        )
        count = tokenise(texts, points, wanted, self._classes, book, tokens, ranges, count)
        if int(book.size[0]) > self._known:
            self._learn()
        return count

    def _learn(self) -> None:
        """Work out what the new words of the book stand for."""
        first, count = self._known, int(self._book.size[0])
        lists: tuple[list[int], list[int], list[int]] = ([], [], [])
        records = [self._record(word, *lists) for word in self._written(first, count)]
        known = self.words
        self.words = Words(
            _entered(known.record, first, np.array(records, WORD_RECORD)),
            *[
                _entered(values, used, np.array(new, np.int32))
                for values, used, new in zip(known[1:], self._used, lists, strict=True)
            ],
        )
        self._used = [used + len(new) for used, new in zip(self._used, lists, strict=True)]
        self._known = count

    def _record(
        self, word: str, subwords: list[int], patterns: list[int], phrases: list[int]
    ) -> tuple[int, ...]:
        """What a word stands for, in the order of `WORD_RECORD`; its parts are appended to the lists."""
        paths, matcher = self._paths, self._reader.matcher
        masked = word[:1] == MASK
        unit = MASKED_UNIT if masked else fold(word)
        symbol = paths.symbols.get(unit, NO)
        starts = [
            used + len(new) for used, new in zip(self._used, (subwords, patterns, phrases), strict=True)
        ]
        if word:
            subwords += [paths.subwords[key] for key in subword_keys(word) if key in paths.subwords]
            patterns += matcher.patterns(word)
            phrases += self._phrases.patterns(word)
        ends = [used + len(new) for used, new in zip(self._used, (subwords, patterns, phrases), strict=True)]
        n_subwords, n_patterns, n_phrases = (end - start for start, end in zip(starts, ends, strict=True))
        part = self._reader.companies.part_in_names(word)
        return (
            MASKED * masked
            # Accents alone fold to nothing and some ligatures to several words: not for the loops.
            | ODD_WORD * (not unit or " " in unit)
            | BEGINS_TERM * matcher.begins_term(word)
            | BEGINS_PHRASE * self._phrases.begins_term(word),
            ONE_WORD * part.one_word
            | TICKER * part.ticker
            | SEVERAL_WORDS * part.begins
            | SECOND_WORD * part.second,
            n_patterns,
            n_phrases,
            n_subwords,
            0 if masked else speech_part(unit),
            symbol,
            NO if masked else paths.node(WORD, symbol),
            paths.node(PHRASE, symbol),
            *starts,
            self._contexts.get(f"word:{unit}", NO),
            *(self._contexts.get(name, NO) for name in near_names(unit)),
        )

    def _written(self, first: int, end: int) -> list[str]:
        """The words of those numbers as they are written; word 0 is empty."""
        start = self._book.start[first : end + 1]
        pool = self._book.pool[start[0] : start[-1]].astype("<u4").tobytes()
        bounds = (4 * (start - start[0])).tolist()
        return [pool[low:high].decode("utf-32-le", "surrogatepass") for low, high in pairwise(bounds)]


def _entered(values: NDArray[Any], at: int, new: NDArray[Any]) -> NDArray[Any]:
    """`values` with `new` written at `at`; in place where there is room."""
    values = _with_room(values, at + len(new))
    values[at : at + len(new)] = new
    return values


def _with_room(values: NDArray[Any], count: int) -> NDArray[Any]:
    """`values` with at least `count` entries; twice as many where there were too few."""
    if len(values) >= count:
        return values
    larger = np.zeros(2 * count, values.dtype)
    larger[: len(values)] = values
    return larger
