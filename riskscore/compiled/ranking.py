"""Numbers in, the places of the largest out, in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.machine import compiled


@compiled
def largest(
    sizes: NDArray[np.float64],
    ranks: NDArray[np.int64],
    count: int,
    most: int,
    places: NDArray[np.int32],
) -> int:
    """Write the places of the `most` largest of sizes[:count], the lower rank first among equals.

    A heap of those kept so far, the last of them on top: of many, almost all are refused at one look.
    """
    kept = 0
    while kept < min(most, count):
        places[kept] = kept
        kept += 1
        _sift_up(sizes, ranks, places, kept - 1)
    least = sizes[places[0]] if kept else np.inf
    for at in range(kept, count):
        if sizes[at] >= least and _goes_before(sizes, ranks, at, places[0]):
            places[0] = at
            _sift_down(sizes, ranks, places, kept)
            least = sizes[places[0]]
    for end in range(kept - 1, 0, -1):
        last = places[0]
        places[0] = places[end]
        places[end] = last
        _sift_down(sizes, ranks, places, end)
    return kept


@compiled
def _goes_before(sizes: NDArray[np.float64], ranks: NDArray[np.int64], one: int, other: int) -> bool:
    return bool(sizes[one] > sizes[other] or (sizes[one] == sizes[other] and ranks[one] < ranks[other]))


@compiled
def _sift_up(sizes: NDArray[np.float64], ranks: NDArray[np.int64], heap: NDArray[np.int32], at: int) -> None:
    while at:
        parent = (at - 1) >> 1
        if not _goes_before(sizes, ranks, heap[parent], heap[at]):
            return
        held = heap[parent]
        heap[parent] = heap[at]
        heap[at] = held
        at = parent


@compiled
def _sift_down(
    sizes: NDArray[np.float64], ranks: NDArray[np.int64], heap: NDArray[np.int32], size: int
) -> None:
    at = 0
    while True:
        last = at
        for child in (2 * at + 1, 2 * at + 2):
            if child < size and _goes_before(sizes, ranks, heap[last], heap[child]):
                last = child
        if last == at:
            return
        held = heap[last]
        heap[last] = heap[at]
        heap[at] = held
        at = last
