"""Transitions (node, symbol) → node in, a hash table of them that compiled loops walk out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.machine import NO, Entry, compiled

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Steps(NamedTuple):
    """The table; its length is a power of two.

    Most look-ups find nothing. A byte of each key's hash, 0 where a place is free, tells that from a
    table that stays in the cache.
    """

    tags: NDArray[np.uint8]
    keys: NDArray[np.int64]
    nodes: NDArray[np.int32]


def steps_of(transitions: Sequence[tuple[int, int, int]]) -> Steps:
    """The table of distinct transitions (node, symbol, next node)."""
    size = 1 << max(4, (2 * len(transitions)).bit_length())
    table = Steps(np.zeros(size, np.uint8), np.zeros(size, np.int64), np.zeros(size, np.int32))
    _fill(table, *np.array(transitions, np.int64).reshape(-1, 3).T.copy())
    return table


@Entry
def _fill(
    steps: Steps, nodes: NDArray[np.int64], symbols: NDArray[np.int64], targets: NDArray[np.int64]
) -> int:
    mask = len(steps.keys) - 1
    for at in range(len(nodes)):
        key = (nodes[at] << 32) | symbols[at]
        code = np.uint64(key) * _MULTIPLIER
        place = np.int64(code >> np.uint64(20)) & mask
        while steps.tags[place]:
            place = (place + 1) & mask
        steps.tags[place] = np.uint8((code >> np.uint64(56)) | np.uint64(1))
        steps.keys[place] = key
        steps.nodes[place] = targets[at]
    return len(nodes)


@compiled
def step(steps: Steps, node: int, symbol: int) -> int:
    """The node that `symbol` leads to, or NO."""
    mask = len(steps.keys) - 1
    key = (np.int64(node) << 32) | np.int64(symbol)
    code = np.uint64(key) * _MULTIPLIER
    tag = np.uint8((code >> np.uint64(56)) | np.uint64(1))
    place = np.int64(code >> np.uint64(20)) & mask
    while steps.tags[place]:
        if steps.tags[place] == tag and steps.keys[place] == key:
            found: int = steps.nodes[place]
            return found
        place = (place + 1) & mask
    return NO
