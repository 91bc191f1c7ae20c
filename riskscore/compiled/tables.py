"""A model and a lexicon in, flat arrays that the kernel walks out: features as paths of symbols in a trie.

A symbol stands for a folded word or another unit of a phrase, or for a concept; a feature of the word,
phrase, concept and order families is the path of its symbols from the family's root, so that a pair of
neighbouring words is one step from the node of the first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.kernel import FLAG, NO, Lexicon, Steps, Trie, Weights, fill_steps
from riskscore.concepts import ConceptMatcher
from riskscore.features import ROLES_LEFT_OUT, concept_unit, key_parts

WORD, PHRASE, CONCEPT, ROLE, ORDER = range(5)  # the roots
_ROOTS = {"word": WORD, "phrase": PHRASE, "concept": CONCEPT, "role": ROLE, "order": ORDER}


class FeaturePaths:
    """The trie while it is being built, and what the words of a text have to know of it.

    Parameters
    ----------
    names : sequence of str
        Features of the model, ``family:key``.
    order : ndarray of int64
        Their indices in the order in which the kernel numbers them.
    matcher : ConceptMatcher

    Attributes
    ----------
    symbols : dict of str to int
        Of folded words and other units.
    subwords : dict of str to int
        Feature of each subword key.
    """

    def __init__(self, names: Sequence[str], order: NDArray[np.int64], matcher: ConceptMatcher) -> None:
        self.symbols: dict[str, int] = {}
        self.subwords: dict[str, int] = {}
        self._matcher = matcher
        self._next: dict[tuple[int, int], int] = {}
        self._feature = [NO] * len(_ROOTS)
        self._concept = {name: index for index, name in enumerate(matcher.names)}
        roles = sorted(set(matcher.roles) - ROLES_LEFT_OUT)
        self._role = {role: place for place, role in enumerate(roles)}
        for index, name in enumerate(map(names.__getitem__, order.tolist())):
            family, _, key = name.partition(":")
            self._add(family, key, index)

    def _add(self, family: str, key: str, index: int) -> None:
        if family == "subword":
            self.subwords[key] = index
            return
        parts = key_parts(family, key)
        symbols = self.symbols
        node = _ROOTS[family]
        for part in parts:
            if family in ("word", "phrase"):
                symbol = symbols.setdefault(part, len(symbols))
            else:
                symbol = self._role[part] if family == "role" else self._concept[part]
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

    def trie(self) -> Trie:
        """The arrays."""
        names, roles = self._matcher.names, self._matcher.roles
        units = [self.symbols.get(concept_unit(name), NO) for name in names]
        return Trie(
            steps=_steps([(node, symbol, to) for (node, symbol), to in self._next.items()]),
            feature=np.array(self._feature, np.int32),
            concept_node=np.array([self.node(CONCEPT, at) for at in range(len(names))], np.int32),
            order_node=np.array([self.node(ORDER, at) for at in range(len(names))], np.int32),
            unit_symbol=np.array(units, np.int32),
            unit_node=np.array([self.node(PHRASE, symbol) for symbol in units], np.int32),
            role=np.array([self._role.get(role, NO) for role in roles], np.int32),
            role_node=np.array([self.node(ROLE, at) for at in range(len(self._role))], np.int32),
        )


def lexicon_tables(matcher: ConceptMatcher) -> Lexicon:
    """The concept matcher's trie as arrays."""
    held = matcher.node_concepts()
    return Lexicon(
        steps=_steps(list(matcher.transitions())),
        start=np.cumsum([0, *map(len, held)]).astype(np.int32),
        concepts=np.array([concept for here in held for concept in here], np.int32),
    )


def frequency_order(idf: NDArray[np.float64]) -> NDArray[np.int64]:
    """Feature indices, the most frequent first: what a text needs then stands close together in memory."""
    return np.argsort(idf, kind="stable")


def weight_tables(
    coef: NDArray[np.float32],
    intercept: NDArray[np.float64],
    idf: NDArray[np.float64],
    normed: Sequence[int],
    order: NDArray[np.int64],
) -> Weights:
    """The heads, features in `order`; `normed` are the ends of the families with a norm of their own."""
    if len(normed) != FLAG:
        raise ValueError(f"the kernel knows {FLAG} length-normed families, not {len(normed)}")
    with np.errstate(divide="ignore"):
        log_count = 1.0 + np.log(np.arange(256, dtype=np.float64))
    family = np.searchsorted(np.array(normed), order, side="right").astype(np.uint8)
    return Weights(np.ascontiguousarray(coef[order]), intercept, idf[order], family, log_count)


def _steps(steps: Sequence[tuple[int, int, int]]) -> Steps:
    size = 1 << max(4, (2 * len(steps)).bit_length())
    table = Steps(np.zeros(size, np.uint8), np.zeros(size, np.int64), np.zeros(size, np.int32))
    columns = np.array(steps, np.int64).reshape(-1, 3).T.copy()
    fill_steps(table, *columns)
    return table
