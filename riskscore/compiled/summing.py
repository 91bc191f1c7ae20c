"""Numbers in, their sum out, added up as NumPy does: by halves, so that rounding errors hardly grow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.machine import NO, compiled

MAX_DEPTH = 128  # of halves that wait; twice the bits of a length
_BLOCK = 128  # numbers that are no longer halved


class SumSpace(NamedTuple):
    """Working space. Not recursion: numba's cache on disk cannot take it."""

    start: NDArray[np.int64]  # of each part that waits; NO where the last two sums are to be added
    length: NDArray[np.int64]
    total: NDArray[np.float64]


@compiled
def pairwise_sum(values: NDArray[np.float64], count: int, space: SumSpace) -> float:
    """Sum of values[:count]."""
    space.start[0], space.length[0] = 0, count
    waiting, done = 1, 0
    while waiting:
        waiting -= 1
        start, count = space.start[waiting], space.length[waiting]
        if start == NO:
            done -= 1
            space.total[done - 1] += space.total[done]
        elif count <= _BLOCK:
            space.total[done] = _sum_of_block(values, start, count)
            done += 1
        else:
            half = count // 2
            half -= half % 8
            space.start[waiting] = NO
            space.start[waiting + 1], space.length[waiting + 1] = start + half, count - half
            space.start[waiting + 2], space.length[waiting + 2] = start, half
            waiting += 3
    total: float = space.total[0]
    return total


@compiled
def _sum_of_block(values: NDArray[np.float64], start: int, count: int) -> float:
    total: float = 0.0
    if count < 8:
        for at in range(start, start + count):
            total += values[at]
        return total
    a, b, c, d = values[start], values[start + 1], values[start + 2], values[start + 3]
    e, f, g, h = values[start + 4], values[start + 5], values[start + 6], values[start + 7]
    whole = count - count % 8
    for at in range(start + 8, start + whole, 8):
        a += values[at]
        b += values[at + 1]
        c += values[at + 2]
        d += values[at + 3]
        e += values[at + 4]
        f += values[at + 5]
        g += values[at + 6]
        h += values[at + 7]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for at in range(start + whole, start + count):
        total += values[at]
    return total
