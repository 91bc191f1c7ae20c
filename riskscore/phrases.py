"""Text in, every occurrence of every known phrase out, with its offsets; one pass over the words.

A term is written as people write it and matched on words: case, accents and punctuation do not count
("Oct. 7 rule" finds "oct 7 Rule"), "=" in front makes the case count ("=BIS"), and "*" at the end of a
word stands for any ending ("licen* refus*"; not behind "=", which the loader refuses). A term in Chinese
matches anywhere in Chinese text, Simplified or Traditional; of several that begin together the longest
counts. Unlike the concepts of the lexicon, occurrences may overlap: "US chip curbs" has the "US" and the
"chip curbs".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from riskscore.concepts import WORD, fold
from riskscore.text.han import HAN, simplify

_MEMO_LIMIT = 200_000  # distinct words remembered; a stream of junk tokens must not grow without bound
_PIECE = re.compile(r"(\w+)(\*?)")


class Occurrence(NamedTuple):
    """One occurrence of a term; half-open range of characters."""

    start: int
    end: int
    term: int  # index into the finder's terms


class _Node:
    __slots__ = ("next", "terms")

    def __init__(self) -> None:
        self.next: dict[int, _Node] = {}  # pattern of the next word -> where it leads
        self.terms: list[int] = []  # that end here


class _Word(NamedTuple):
    """What a word can do; None stands for the many words that no term has."""

    patterns: tuple[int, ...]  # that it satisfies
    terms: tuple[int, ...]  # of this one word
    starts: tuple[_Node, ...]  # of longer terms


class PhraseFinder:
    """Finds the terms that it was built with.

    Parameters
    ----------
    terms : sequence of str
        In the syntax above; `Occurrence.term` is the place in this sequence.
    leading : collection of int
        Those of the terms without which a range is of no interest; see `find`.
    """

    def __init__(self, terms: Sequence[str], leading: Collection[int] = ()) -> None:
        self._leading = frozenset(leading)
        self._words = _Words()
        self._chinese: dict[str, list[int]] = {}  # Simplified -> terms, which two scripts may write alike
        for index, term in enumerate(terms):
            if HAN.search(term):
                self._chinese.setdefault(simplify(term), []).append(index)
                continue
            self._words.add(_PIECE.findall(term), cased=term.startswith("="), term=index)
        longest_first = sorted(self._chinese, key=len, reverse=True)
        self._chinese_pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def find(
        self, text: str, start: int = 0, end: int | None = None, *, led: bool = False
    ) -> list[Occurrence]:
        """All occurrences in text[start:end], overlapping ones too, by start and then by end.

        Linear in the length of the text; never raises, whatever the characters.

        Parameters
        ----------
        text : str
        start, end : int
            Range to look in; by default all of it. Offsets in the answer are those of the whole text.
        led : bool
            Whether to return nothing, and save the time, where no leading term occurs.
        """
        end = len(text) if end is None else end
        chinese = [] if text.isascii() else self._find_chinese(text, start, end)
        found = self._words.match(WORD.findall(text, start, end))
        if led and not chinese and self._leading.isdisjoint([term for _, _, term in found]):
            return []
        if not found:
            return chinese
        spans = [word.span() for word in WORD.finditer(text, start, end)]
        occurrences = [Occurrence(spans[at][0], spans[to - 1][1], term) for at, to, term in found]
        return sorted(occurrences + chinese) if chinese else occurrences

    def led(self, occurrences: Sequence[Occurrence]) -> Sequence[Occurrence]:
        """All of them, or none where no leading term is among them."""
        return () if self._leading.isdisjoint([term for _, _, term in occurrences]) else occurrences

    def patterns(self, word: str) -> tuple[int, ...]:
        """Word patterns of the terms that `word` (as written) satisfies; not remembered."""
        known = self._words.known(word)
        return known.patterns if known is not None else ()

    def begins_term(self, word: str) -> bool:
        """Whether a term begins with this word."""
        known = self._words.known(word)
        return known is not None and bool(known.terms or known.starts)

    def transitions(self) -> Iterator[tuple[int, int, int]]:
        """The terms as (node, word pattern, next node), numbered from the root, 0, a node before its next."""
        numbers = {id(node): number for number, node in enumerate(self._words.nodes())}
        for node in self._words.nodes():
            for pattern, following in node.next.items():
                yield numbers[id(node)], pattern, numbers[id(following)]

    def node_terms(self) -> list[list[int]]:
        """Terms that end at each node, in the numbers of `transitions`."""
        return [node.terms for node in self._words.nodes()]

    def _find_chinese(self, text: str, start: int, end: int) -> list[Occurrence]:
        if not HAN.search(text, start, end):
            return []
        return [
            Occurrence(start + match.start(), start + match.end(), term)
            for match in self._chinese_pattern.finditer(simplify(text[start:end]))
            for term in self._chinese[match[0]]
        ]


class _Words(dict[str, _Word | None]):
    """Each word met so far and what it can do, worked out once for each different word."""

    def __init__(self) -> None:
        super().__init__()
        self._root = _Node()
        self._count = 0
        self._exact: dict[str, int] = {}  # folded word -> pattern
        self._cased: dict[str, int] = {}  # word as written -> pattern
        self._prefix: dict[str, int] = {}
        self._prefix_lengths: set[int] = set()

    def add(self, pieces: Sequence[tuple[str, str]], *, cased: bool, term: int) -> None:
        """File a term given as its words, each with "*" or ""."""
        node = self._root
        for word, star in pieces:
            table = self._cased if cased else self._prefix if star else self._exact
            key = word if cased else _folded(word)
            if key not in table:
                table[key] = self._count
                self._count += 1
                if star:
                    self._prefix_lengths.add(len(key))
            node = node.next.setdefault(table[key], _Node())
        node.terms.append(term)

    def match(self, words: Sequence[str]) -> list[tuple[int, int, int]]:
        """(first word, word after the last, term) of each occurrence among the words of a text."""
        known = list(map(self.__getitem__, words))
        found = []
        for at, word in enumerate(known):
            if word is None:
                continue
            for term in word.terms:
                found.append((at, at + 1, term))
            frontier: Sequence[_Node] = word.starts
            end = at + 1
            while frontier and end < len(known):
                follower = known[end]
                if follower is None:
                    break
                reached = follower.patterns
                frontier = [node.next[p] for node in frontier for p in reached if p in node.next]
                end += 1
                found += [(at, end, term) for node in frontier for term in node.terms]
        return found

    def nodes(self) -> list[_Node]:
        """All nodes, each before those that it leads to."""
        found = [self._root]
        for node in found:
            found.extend(node.next.values())
        return found

    def known(self, word: str) -> _Word | None:
        """What a word can do, worked out anew."""
        folded = _folded(word)
        patterns = []
        if folded in self._exact:
            patterns.append(self._exact[folded])
        if word in self._cased:
            patterns.append(self._cased[word])
        patterns += [
            self._prefix[folded[:length]]
            for length in self._prefix_lengths
            if length <= len(folded) and folded[:length] in self._prefix
        ]
        known = None
        if patterns:
            nodes = [self._root.next[pattern] for pattern in patterns if pattern in self._root.next]
            known = _Word(
                tuple(patterns),
                tuple(term for node in nodes for term in node.terms),
                tuple(node for node in nodes if node.next),
            )
        return known

    def __missing__(self, word: str) -> _Word | None:
        known = self.known(word)
        if len(self) >= _MEMO_LIMIT:
            self.clear()
        self[word] = known
        return known


def _folded(word: str) -> str:
    # A number keeps its digits, which `fold` would turn to zeros: "1260H" and "14105" are terms.
    return word if word.isdigit() else fold(word)
