"""Text in, every occurrence of every known phrase out, with its offsets; one pass over the words.

A term is written as people write it and matched on words: case, accents and punctuation do not count
("Oct. 7 rule" finds "oct 7 Rule"), "=" in front makes the case count ("=BIS"), and "*" at the end of a
word stands for any ending ("licen* refus*"). A term in Chinese matches anywhere in Chinese text. Unlike
the concepts of the lexicon, occurrences may overlap: "US chip curbs" has the "US" and the "chip curbs".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from riskscore.concepts import WORD, fold

_MEMO_LIMIT = 200_000  # distinct words remembered; a stream of junk tokens must not grow without bound
_PIECE = re.compile(r"(\w+)(\*?)")
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


class Occurrence(NamedTuple):
    """One occurrence of a term; half-open range of characters."""

    start: int
    end: int
    term: int  # index into the finder's terms


class _Node:
    __slots__ = ("next", "terms")

    def __init__(self) -> None:
        self.next: dict[int, _Node] = {}
        self.terms: list[int] = []


class PhraseFinder:
    """Finds the terms that it was built with.

    Parameters
    ----------
    terms : sequence of str
        In the syntax above; `Occurrence.term` is the place in this sequence.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self._words = _WordPatterns()
        self._root = _Node()
        chinese: dict[str, int] = {}
        for index, term in enumerate(terms):
            if _CJK.search(term):
                chinese[term] = index
                continue
            node = self._root
            for word, star in _PIECE.findall(term):
                pattern = self._words.add(word, cased=term.startswith("="), prefix=bool(star))
                node = node.next.setdefault(pattern, _Node())
            node.terms.append(index)
        self._chinese = chinese
        longest_first = sorted(chinese, key=len, reverse=True)
        self._chinese_pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def find(self, text: str) -> list[Occurrence]:
        """All occurrences, overlapping ones too, by start and then by end.

        Linear in the length of the text; never raises, whatever the characters.
        """
        patterns = self._words.of_each(WORD.findall(text))
        found: list[tuple[int, int, int]] = []  # first word, word after the last, term
        first_words = self._root.next
        for at, here in enumerate(patterns):
            if not here:
                continue
            frontier = [first_words[pattern] for pattern in here if pattern in first_words]
            end = at
            while frontier:
                end += 1
                found += [(at, end, term) for node in frontier for term in node.terms]
                if end == len(patterns) or not patterns[end]:
                    break
                reached = patterns[end]
                frontier = [node.next[p] for node in frontier for p in reached if p in node.next]
        occurrences = []
        if found:
            spans = [word.span() for word in WORD.finditer(text)]
            occurrences = [Occurrence(spans[at][0], spans[end - 1][1], term) for at, end, term in found]
        if self._chinese and not text.isascii():
            for match in self._chinese_pattern.finditer(text):
                occurrences.append(Occurrence(*match.span(), self._chinese[match[0]]))
            occurrences.sort()
        return occurrences


class _WordPatterns(dict[str, tuple[int, ...]]):
    """Which word patterns a word satisfies; worked out once for each different word."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._exact: dict[str, int] = {}  # folded word -> pattern
        self._cased: dict[str, int] = {}  # word as written -> pattern
        self._prefix: dict[str, int] = {}
        self._prefix_lengths: list[int] = []

    def add(self, word: str, *, cased: bool, prefix: bool) -> int:
        """Number of the pattern that `word` stands for."""
        table = self._cased if cased else self._prefix if prefix else self._exact
        key = word if cased else _folded(word)
        if key not in table:
            table[key] = self._count
            self._count += 1
            if prefix:
                self._prefix_lengths = sorted({*self._prefix_lengths, len(key)})
        return table[key]

    def of_each(self, words: Sequence[str]) -> list[tuple[int, ...]]:
        """Patterns of each word, in order."""
        if len(self) > _MEMO_LIMIT:
            self.clear()
        return list(map(self.__getitem__, words))

    def __missing__(self, word: str) -> tuple[int, ...]:
        folded = _folded(word)
        hits = []
        if folded in self._exact:
            hits.append(self._exact[folded])
        if word in self._cased:
            hits.append(self._cased[word])
        for length in self._prefix_lengths:
            if length > len(folded):
                break
            if folded[:length] in self._prefix:
                hits.append(self._prefix[folded[:length]])
        self[word] = found = tuple(hits)
        return found


def _folded(word: str) -> str:
    # A number keeps its digits, which `fold` would turn to zeros: "1260H" and "14105" are terms.
    return word if word.isdigit() else fold(word)
