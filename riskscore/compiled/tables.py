"""A model and its knowledge in, flat arrays that the loops walk out: features as paths of symbols in a trie.

A symbol stands for a folded word or another unit of a phrase, or for a concept; a feature of the word,
phrase, concept and order families is the path of its symbols from the family's root, so that a pair of
neighbouring words is one step from the node of the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.decision import FLAG, WEIGHED, Weights
from riskscore.compiled.exposure import ContextTables
from riskscore.compiled.machine import NO
from riskscore.compiled.occurrences import FeatureTrie
from riskscore.compiled.reasons import Meanings
from riskscore.compiled.steps import steps_of
from riskscore.compiled.terms import TermTrie
from riskscore.concepts import ConceptMatcher
from riskscore.exposure import COMPANY, near_names
from riskscore.features import ROLES_LEFT_OUT, concept_unit, key_parts
from riskscore.phrases import PhraseFinder
from riskscore.quotation import SOURCES

WORD, PHRASE, CONCEPT, ROLE, ORDER = range(5)  # the roots
_ROOTS = {"word": WORD, "phrase": PHRASE, "concept": CONCEPT, "role": ROLE, "order": ORDER}
_OF_CONCEPTS = ("concept", "role", "order")


class FeaturePaths:
    """The trie while it is being built, and what the words of a text have to know of it.

    Parameters
    ----------
    names : sequence of str
        Features of the model, ``family:key``.
    order : ndarray of int64
        Their indices in the order in which the loops number them.
    matcher : ConceptMatcher

    Attributes
    ----------
    symbols : dict of str to int
        Of folded words and other units.
    subwords : dict of str to int
        Feature of each subword key.
    roles : dict of str to int
        Of those that count, in the order of their names.
    """

    def __init__(self, names: Sequence[str], order: NDArray[np.int64], matcher: ConceptMatcher) -> None:
        self.symbols: dict[str, int] = {}
        self.subwords: dict[str, int] = {}
        self._matcher = matcher
        self._next: dict[tuple[int, int], int] = {}
        self._feature = [NO] * len(_ROOTS)
        self._concept = {name: index for index, name in enumerate(matcher.names)}
        self.roles = {role: at for at, role in enumerate(sorted(set(matcher.roles) - ROLES_LEFT_OUT))}
        self._of_concepts: dict[int, tuple[str, list[int]]] = {}  # feature -> family, symbols of its path
        self._is_word = np.zeros(len(names), np.uint8)
        for index, name in enumerate(map(names.__getitem__, order.tolist())):
            family, _, key = name.partition(":")
            self._add(family, key, index)

    def _add(self, family: str, key: str, index: int) -> None:
        if family == "subword":
            self.subwords[key] = index
            return
        parts = key_parts(family, key)
        if family in _OF_CONCEPTS:
            known = self.roles if family == "role" else self._concept
            path = [known[part] for part in parts]
            self._of_concepts[index] = (family, path)
        else:
            symbols = self.symbols
            path = [symbols.setdefault(part, len(symbols)) for part in parts]
            self._is_word[index] = family == "word" and len(path) == 1
        node = _ROOTS[family]
        for symbol in path:
            following = self._next.get((node, symbol))
            if following is None:
                following = len(self._feature)
                self._feature.append(NO)
                self._next[node, symbol] = following
            node = following
        self._feature[node] = index

    def node(self, root: int, symbol: int) -> int:
        """The node of a path of one symbol, or NO."""
        return self._next.get((root, symbol), NO)

    def trie(self) -> FeatureTrie:
        """The arrays."""
        names, roles = self._matcher.names, self._matcher.roles
        units = [self.symbols.get(concept_unit(name), NO) for name in names]
        return FeatureTrie(
            steps=steps_of([(node, symbol, to) for (node, symbol), to in self._next.items()]),
            feature=np.array(self._feature, np.int32),
            concept_node=np.array([self.node(CONCEPT, at) for at in range(len(names))], np.int32),
            order_node=np.array([self.node(ORDER, at) for at in range(len(names))], np.int32),
            unit_symbol=np.array(units, np.int32),
            unit_node=np.array([self.node(PHRASE, symbol) for symbol in units], np.int32),
            role=np.array([self.roles.get(role, NO) for role in roles], np.int32),
            role_node=np.array([self.node(ROLE, at) for at in range(len(self.roles))], np.int32),
        )

    def meanings(self, order: NDArray[np.int64], columns: Sequence[int]) -> Meanings:
        """What the reasons have to know; `columns` are the heads that are explained."""
        of_role: dict[int, list[int]] = {}
        for concept, role in enumerate(self._matcher.roles):
            of_role.setdefault(self.roles.get(role, NO), []).append(concept)
        row = np.full(len(order), NO, np.int32)
        row[list(self._of_concepts)] = np.arange(len(self._of_concepts))
        bits = np.zeros((len(self._of_concepts), len(self._matcher.names) // 64 + 1), np.uint64)
        for at, (family, path) in enumerate(self._of_concepts.values()):
            for symbol in path:
                for concept in of_role[symbol] if family == "role" else (symbol,):
                    bits[at, concept >> 6] |= np.uint64(1 << (concept & 63))
        return Meanings(order, np.array(columns, np.int64), row, bits)

    def weights(
        self,
        coef: NDArray[np.float32],
        intercept: NDArray[np.float64],
        idf: NDArray[np.float64],
        normed: Sequence[int],
        order: NDArray[np.int64],
    ) -> Weights:
        """The heads, features in `order`; `normed` are the ends of the families with a norm of their own."""
        if len(normed) != FLAG:
            raise ValueError(f"the loops know {FLAG} length-normed families, not {len(normed)}")
        with np.errstate(divide="ignore"):
            log_count = 1.0 + np.log(np.arange(256, dtype=np.float64))
        feature = np.zeros(len(order), WEIGHED)
        feature["idf"] = idf[order]
        feature["family"] = np.searchsorted(np.array(normed), order, side="right")
        feature["is_word"] = self._is_word
        return Weights(np.ascontiguousarray(coef[order]), intercept, feature, log_count)


def lexicon_tables(matcher: ConceptMatcher) -> TermTrie:
    """The concept matcher's trie as arrays."""
    return _term_trie(list(matcher.transitions()), matcher.node_concepts())


def phrase_tables(finder: PhraseFinder) -> TermTrie:
    """The phrase finder's trie as arrays."""
    return _term_trie(list(finder.transitions()), finder.node_terms())


def _term_trie(transitions: Sequence[tuple[int, int, int]], held: Sequence[Sequence[int]]) -> TermTrie:
    return TermTrie(
        steps=steps_of(transitions),
        start=np.cumsum([0, *map(len, held)]).astype(np.int32),
        held=np.array([each for here in held for each in here], np.int32),
    )


def context_tables(
    features: Mapping[str, int], concepts: Sequence[str], roles: Mapping[str, int]
) -> ContextTables:
    """The exposure model's features that stand for no word of their own.

    Parameters
    ----------
    features : mapping of str to int
        Number of each, by ``kind:key``.
    concepts : sequence of str
        By index.
    roles : mapping of str to int
        As of `FeaturePaths`.
    """
    ends = [NO]
    following: dict[tuple[int, int], int] = {}
    for name, feature in features.items():
        kind, _, key = name.partition(":")
        if kind != "with":
            continue
        node = 0
        for part in key_parts("role", key):
            symbol = roles[part]
            if (node, symbol) not in following:
                following[node, symbol] = len(ends)
                ends.append(NO)
            node = following[node, symbol]
        ends[node] = feature
    quoted = ["nowhere named otherwise", *SOURCES[1:]]
    return ContextTables(
        concept=_numbers(features, [f"sentence:{concept}" for concept in concepts]),
        steps=steps_of([(node, symbol, to) for (node, symbol), to in following.items()]),
        role_node=np.array([following.get((0, at), NO) for at in range(len(roles))], np.int32),
        role_feature=np.array(ends, np.int32),
        quoted=_numbers(features, [f"quoted:{kind}" for kind in quoted]),
        company=_numbers(features, near_names(COMPANY)),
    )


def _numbers(features: Mapping[str, int], names: Sequence[str]) -> NDArray[np.int32]:
    return np.array([features.get(name, NO) for name in names], np.int32)


def frequency_order(idf: NDArray[np.float64]) -> NDArray[np.int64]:
    """Feature indices, the most frequent first: what a text needs then stands close together in memory."""
    return np.argsort(idf, kind="stable")
