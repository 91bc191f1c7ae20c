"""The lexicon's terms of one sentence in, the occurrences of the concept, role and order families out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.machine import NO, compiled
from riskscore.compiled.occurrences import FeatureTrie, ReadingSpace, emit
from riskscore.compiled.steps import step
from riskscore.compiled.terms import insert


@compiled
def _read_sets(
    trie: FeatureTrie,
    root: NDArray[np.int32],
    members: NDArray[np.int32],
    size: int,
    largest: int,
    found: NDArray[Any],
    count: int,
    sentence: int,
) -> int:
    """Occurrences of features that are sets of up to `largest` (3 or 4) of the members, which ascend."""
    for first in range(size):
        node = root[members[first]]
        if node == NO:
            continue
        count = emit(found, count, trie.feature[node], sentence, 0, 0)
        for second in range(first + 1, size):
            pair = step(trie.steps, node, members[second])
            if pair == NO:
                continue
            count = emit(found, count, trie.feature[pair], sentence, 0, 0)
            for third in range(second + 1, size):
                triple = step(trie.steps, pair, members[third])
                if triple == NO:
                    continue
                count = emit(found, count, trie.feature[triple], sentence, 0, 0)
                for fourth in range(third + 1, size if largest == 4 else 0):
                    four = step(trie.steps, triple, members[fourth])
                    if four != NO:
                        count = emit(found, count, trie.feature[four], sentence, 0, 0)
    return count


@compiled
def read_concepts(
    trie: FeatureTrie, space: ReadingSpace, n_matches: int, most: int, count: int, sentence: int
) -> int:
    """Occurrences of the concept, role and order families."""
    concepts, roles, matches, found = space.concepts, space.roles, space.matches, space.occurrences
    distinct = distinct_concepts(
        matches.concept, matches.concepts[0], matches.concepts[n_matches], most, concepts
    )
    n_roles = distinct_roles(trie, concepts, distinct, roles)
    count = _read_sets(trie, trie.concept_node, concepts, distinct, 3, found, count, sentence)
    count = _read_sets(trie, trie.role_node, roles, n_roles, 4, found, count, sentence)
    for first in range(n_matches):
        node = trie.order_node[matches.concept[matches.concepts[first]]]
        if node == NO:
            continue
        for second in range(first + 1, min(first + 4, n_matches)):
            pair = step(trie.steps, node, matches.concept[matches.concepts[second]])
            if pair == NO:
                continue
            count = emit(found, count, trie.feature[pair], sentence, 0, 0)
            if second == first + 1 and second + 1 < n_matches:
                triple = step(trie.steps, pair, matches.concept[matches.concepts[second + 1]])
                if triple != NO:
                    count = emit(found, count, trie.feature[triple], sentence, 0, 0)
    return count


@compiled
def distinct_concepts(
    concept: NDArray[np.int32], low: int, high: int, most: int, distinct: NDArray[np.int32]
) -> int:
    """Write the first `most` distinct ones of concept[low:high], ascending; how many there are."""
    count = 0
    for index in range(low, high):
        if count == most:
            break
        count = insert(distinct, 0, count, concept[index])
    return count


@compiled
def distinct_roles(
    trie: FeatureTrie, concepts: NDArray[np.int32], count: int, roles: NDArray[np.int32]
) -> int:
    """Write the distinct roles of concepts, ascending; how many there are."""
    n_roles = 0
    for at in range(count):
        if trie.role[concepts[at]] != NO:
            n_roles = insert(roles, 0, n_roles, trie.role[concepts[at]])
    return n_roles
