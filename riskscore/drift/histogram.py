"""Decision values in, counts per bin and the population stability index (PSI) of two histograms out.

The bins are fixed, in calibrated log-odds, which order articles as the scores do: of the scores themselves
most lie so near to 0 that one bin of a hundred would hold them all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import log

# Log-odds; -8 is a probability of 0.0003, 5 one of 0.993.
EDGES = (-8.0, -7.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 2.0, 5.0)
BINS = len(EDGES) + 1

# Added to each bin, so that an empty one does not make the index infinite (Jeffreys' prior).
_PRIOR = 0.5


def bin_of(log_odds: float) -> int:
    """The bin, 0 to ``BINS - 1``, in which a decision value falls; a bin holds its lower edge."""
    return bisect_right(EDGES, log_odds)


def histogram(log_odds: Sequence[float]) -> list[int]:
    """How many of the values fall into each bin."""
    counts = [0] * BINS
    for value in log_odds:
        counts[bin_of(value)] += 1
    return counts


def psi(expected: Sequence[int], found: Sequence[int]) -> float:
    """Population stability index: ``sum((q - p) * ln(q / p))`` over the bins' shares p and q; 0 for equals.

    By custom, below 0.1 is no change worth a look and above 0.25 a marked one. With few items it is never
    0: its mean for two samples of one population is about ``(bins - 1) * (1/n + 1/m)``.
    """
    totals = [sum(counts) + _PRIOR * len(counts) for counts in (expected, found)]
    index = 0.0
    for before, after in zip(expected, found, strict=True):
        p, q = (before + _PRIOR) / totals[0], (after + _PRIOR) / totals[1]
        index += (q - p) * log(q / p)
    return index
