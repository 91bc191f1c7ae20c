"""Word tokens in, concept occurrences out: the lexicon compiled to a trie over word patterns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from riskscore.types import Concept

WORD = re.compile(r"\w+")
_MEMO_LIMIT = 200_000  # distinct words remembered; a stream of junk tokens must not grow without bound


def fold(word: str) -> str:
    """Lower-case a word and drop its accents; a number becomes zeros of the same length.

    "Números" → "numeros", "2024" → "0000": years and sums generalise, "H20" and "5G" stay.
    """
    if word.isascii():
        folded = word.lower()
    else:
        decomposed = unicodedata.normalize("NFKD", word.lower())
        folded = "".join(char for char in decomposed if not unicodedata.combining(char))
    return "0" * len(folded) if folded.isdigit() else folded


class ConceptMatch(NamedTuple):
    """A run of word tokens that names one or more concepts."""

    first: int  # index of the first token
    length: int  # in tokens
    concepts: tuple[int, ...]  # indices into ConceptMatcher.names


class _Node:
    __slots__ = ("concepts", "next")

    def __init__(self) -> None:
        self.next: dict[int, _Node] = {}
        self.concepts: list[int] = []


class ConceptMatcher:
    """Finds the lexicon's terms in a sentence; the longest wins, from the left.

    Parameters
    ----------
    concepts : iterable of Concept
        Their order fixes the concept indices.

    Attributes
    ----------
    names, roles : tuple of str
        Name and role of each concept, by index.
    """

    def __init__(self, concepts: Iterable[Concept]) -> None:
        concepts = tuple(concepts)
        self.names = tuple(concept.name for concept in concepts)
        self.roles = tuple(concept.role for concept in concepts)
        self._exact: dict[str, int] = {}  # folded word -> pattern
        self._cased: dict[str, int] = {}  # word as written -> pattern
        self._prefix: dict[str, int] = {}
        self._root = _Node()
        self._memo: dict[str, tuple[int, ...]] = {}
        patterns = 0
        for index, concept in enumerate(concepts):
            for term in concept.terms:
                node = self._root
                cased = term.startswith("=")
                for word in term.lstrip("=").split(" "):
                    if cased:
                        table, key = self._cased, word
                    elif word.endswith("*"):
                        table, key = self._prefix, word[:-1]
                    else:
                        table, key = self._exact, word
                    if key not in table:
                        table[key] = patterns
                        patterns += 1
                    node = node.next.setdefault(table[key], _Node())
                node.concepts.append(index)
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefix})

    def patterns(self, word: str) -> tuple[int, ...]:
        """Word patterns of the lexicon that `word` satisfies; most words satisfy none."""
        found = self._memo.get(word)
        if found is None:
            # A number keeps its digits here: "1260h" and "14105" are terms.
            folded = word if word.isdigit() else fold(word)
            hits = []
            if folded in self._exact:
                hits.append(self._exact[folded])
            if word in self._cased:
                hits.append(self._cased[word])
            for length in self._prefix_lengths:
                if length > len(folded):
                    break
                pattern = self._prefix.get(folded[:length])
                if pattern is not None:
                    hits.append(pattern)
            found = tuple(hits)
            if len(self._memo) >= _MEMO_LIMIT:
                self._memo.clear()
            self._memo[word] = found
        return found

    def begins_term(self, word: str) -> bool:
        """Whether a term begins with this word (as written)."""
        return any(pattern in self._root.next for pattern in self.patterns(word))

    def transitions(self) -> Iterator[tuple[int, int, int]]:
        """The trie as (node, word pattern, next node).

        Nodes are numbered from the root, 0, a node before its next.
        """
        numbers = {id(self._root): 0}
        waiting = [self._root]
        for node in waiting:
            for pattern, following in node.next.items():
                number = numbers.setdefault(id(following), len(numbers))
                waiting.append(following)
                yield numbers[id(node)], pattern, number

    def node_concepts(self) -> list[list[int]]:
        """Concepts that end at each node, in the numbers of `transitions`."""
        waiting = [self._root]
        for node in waiting:
            waiting.extend(node.next.values())
        return [node.concepts for node in waiting]

    def match(self, words: Sequence[str]) -> list[ConceptMatch]:
        """Concept occurrences in one sentence's words (as written), in order, not overlapping."""
        patterns = [self.patterns(word) for word in words]
        matches = []
        at, count = 0, len(words)
        while at < count:
            if not patterns[at]:
                at += 1
                continue
            length, found = 0, []
            frontier = [self._root]
            end = at
            while frontier and end < count:
                reached = patterns[end]
                frontier = [
                    node.next[pattern] for node in frontier for pattern in reached if pattern in node.next
                ]
                end += 1
                here = [index for node in frontier for index in node.concepts]
                if here:
                    length, found = end - at, here
            if length:
                matches.append(ConceptMatch(at, length, tuple(sorted(set(found)))))
                at += length
            else:
                at += 1
        return matches
