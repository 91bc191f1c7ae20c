"""Ranges of documents in, where they stand in the fields as sent out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.machine import NO, compiled


class Segments(NamedTuple):
    """Runs of characters, as of `types.Segment`; `source_end` is NO where they stand one for one."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    field: NDArray[np.int64]
    source_start: NDArray[np.int64]
    source_end: NDArray[np.int64]


class Spans(NamedTuple):
    """Ranges of source fields."""

    start: NDArray[np.int32]
    end: NDArray[np.int32]
    field: NDArray[np.int32]


@compiled
def locate(segments: Segments, first: int, last: int, start: int, end: int, spans: Spans, count: int) -> int:
    """Append the place of a range of the document of segments [first, last); see `Document.locate`.

    How many spans there are then: one more, or none where nothing of the range was sent.
    """
    low, high = first, last
    while low < high:  # the first segment that begins behind the start
        middle = (low + high) >> 1
        if segments.start[middle] <= start:
            low = middle + 1
        else:
            high = middle
    found = False
    for at in range(max(low - 1, first), last):
        if segments.start[at] >= end:
            break
        low, high = max(start, segments.start[at]), min(end, segments.end[at])
        if low >= high:
            continue
        if segments.source_end[at] == NO:
            shift = segments.source_start[at] - segments.start[at]
            low += shift
            high += shift
        else:
            low, high = segments.source_start[at], segments.source_end[at]
        if not found:
            found = True
            spans.start[count], spans.end[count], spans.field[count] = low, high, segments.field[at]
        elif segments.field[at] != spans.field[count]:
            break
        else:
            spans.end[count] = max(spans.end[count], high)
    return count + found
