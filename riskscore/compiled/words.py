"""Distinct words in, what each stands for out: symbols, subword features and lexicon patterns, once each.

Folding, subwords and patterns are asked of `riskscore.features` and `riskscore.concepts`, in Python, when
a word is first seen; from then on the kernel has numbers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscore.companies.mentions import MASK, CompanyMatcher
from riskscore.compiled.kernel import (
    NO,
    ONE_WORD,
    SECOND_WORD,
    SEVERAL_WORDS,
    TICKER,
    Book,
    Tokens,
    Words,
    rehash,
    tokenise,
)
from riskscore.compiled.tables import PHRASE, WORD, FeaturePaths
from riskscore.concepts import ConceptMatcher, fold
from riskscore.features import MASKED_UNIT, subword_keys

MAX_WORDS = 300_000  # a stream of junk words must not grow memory without bound
_SLOTS = 1 << 20


class WordBook:
    """Splits texts into words and knows each of them by number.

    Word 0 stands for whatever the kernel cannot take; such a text is odd.

    Parameters
    ----------
    paths : FeaturePaths
    matcher : ConceptMatcher
    companies : CompanyMatcher
    classes : ndarray of uint8, shape (0x110000,)
        Of each code point: 0 where it is no part of a word.
    """

    def __init__(
        self,
        paths: FeaturePaths,
        matcher: ConceptMatcher,
        companies: CompanyMatcher,
        classes: NDArray[np.uint8],
    ) -> None:
        self._paths = paths
        self._matcher = matcher
        self._companies = companies
        self._classes = classes
        self._begin()

    def _begin(self) -> None:
        self._book = Book(
            slots=np.full(_SLOTS, NO, np.int32),
            hashes=np.zeros(1_024, np.uint64),
            start=np.zeros(1_025, np.int64),
            pool=np.zeros(8_192, np.uint32),
            size=np.array([1, 0], np.int64),
        )
        self._known = 0
        self._subwords_used = self._patterns_used = 0
        self.words = Words(
            symbol=np.zeros(1_024, np.int32),
            word_node=np.zeros(1_024, np.int32),
            phrase_node=np.zeros(1_024, np.int32),
            masked=np.zeros(1_024, np.uint8),
            odd=np.zeros(1_024, np.uint8),
            begins_term=np.zeros(1_024, np.uint8),
            name_kind=np.zeros(1_024, np.uint8),
            subword_start=np.zeros(1_025, np.int64),
            subwords=np.zeros(8_192, np.int32),
            pattern_start=np.zeros(1_025, np.int64),
            patterns=np.zeros(1_024, np.int32),
        )

    @property
    def size(self) -> int:
        """Words known."""
        return self._known

    def forget_if_full(self) -> None:
        """Begin a new book when the old one has grown too large; not between `split` and the kernel."""
        if self._known > MAX_WORDS:
            self._begin()

    def split(
        self,
        points: NDArray[np.uint32],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        offsets: NDArray[np.int64],
    ) -> Tokens:
        """Words of the sentences [starts, ends) of some code points; see `kernel.tokenise`."""
        most = int(np.maximum(ends - starts + 1, 0).sum()) // 2 + 1
        tokens = Tokens(
            np.empty(most, np.int32),
            np.empty(most, np.int64),
            np.empty(most, np.int64),
            np.empty(len(starts) + 1, np.int64),
        )
        book = self._book
        words, used = int(book.size[0]), int(book.size[1])
        if 2 * (words + most) > len(book.slots):
            book = book._replace(slots=np.full(1 << (4 * (words + most)).bit_length(), NO, np.int32))
            rehash(book)
        self._book = book = book._replace(
            hashes=_with_room(book.hashes, words + most),
            start=_with_room(book.start, words + most + 1),
            pool=_with_room(book.pool, used + len(points)),
        )
        tokenise(points, self._classes, starts, ends, offsets, book, tokens)
        if int(book.size[0]) > self._known:
            self._learn()
        count = tokens.first[-1]
        return Tokens(tokens.word[:count], tokens.start[:count], tokens.end[:count], tokens.first)

    def _learn(self) -> None:
        """Work out what the new words of the book stand for."""
        book, paths = self._book, self._paths
        first, count = self._known, int(book.size[0])
        symbol: list[int] = []
        masked: list[bool] = []
        odd: list[bool] = []
        begins_term: list[bool] = []
        name_kind: list[int] = []
        subwords: list[int] = []
        patterns: list[int] = []
        subword_start: list[int] = []
        pattern_start: list[int] = []
        for word in self._written(first, count):
            is_masked = word[:1] == MASK
            unit = MASKED_UNIT if is_masked else fold(word)
            symbol.append(paths.symbols.get(unit, NO))
            masked.append(is_masked)
            # Accents alone fold to nothing and some ligatures to several words: not for the kernel.
            odd.append(not unit or " " in unit)
            part = self._companies.part_in_names(word)
            name_kind.append(
                ONE_WORD * part.one_word
                | TICKER * part.ticker
                | SEVERAL_WORDS * part.begins
                | SECOND_WORD * part.second
            )
            if word:
                subwords += [paths.subwords[key] for key in subword_keys(word) if key in paths.subwords]
                patterns += self._matcher.patterns(word)
            begins_term.append(self._matcher.begins_term(word))
            subword_start.append(self._subwords_used + len(subwords))
            pattern_start.append(self._patterns_used + len(patterns))
        known = self.words
        word_node = [
            NO if hidden else paths.node(WORD, number) for number, hidden in zip(symbol, masked, strict=True)
        ]
        phrase_node = [paths.node(PHRASE, number) for number in symbol]
        self.words = Words(
            symbol=_entered(known.symbol, first, symbol),
            word_node=_entered(known.word_node, first, word_node),
            phrase_node=_entered(known.phrase_node, first, phrase_node),
            masked=_entered(known.masked, first, masked),
            odd=_entered(known.odd, first, odd),
            begins_term=_entered(known.begins_term, first, begins_term),
            name_kind=_entered(known.name_kind, first, name_kind),
            subword_start=_entered(known.subword_start, first + 1, subword_start),
            subwords=_entered(known.subwords, self._subwords_used, subwords),
            pattern_start=_entered(known.pattern_start, first + 1, pattern_start),
            patterns=_entered(known.patterns, self._patterns_used, patterns),
        )
        self._subwords_used += len(subwords)
        self._patterns_used += len(patterns)
        self._known = count

    def _written(self, first: int, end: int) -> list[str]:
        """The words of those numbers as they are written; word 0 is empty."""
        start = self._book.start[first : end + 1]
        pool = self._book.pool[start[0] : start[-1]].astype("<u4").tobytes()
        bounds = (4 * (start - start[0])).tolist()
        return [pool[low:high].decode("utf-32-le", "surrogatepass") for low, high in pairwise(bounds)]


def _entered(values: NDArray[Any], at: int, new: Sequence[Any]) -> NDArray[Any]:
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
