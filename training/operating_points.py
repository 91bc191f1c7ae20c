"""Held-out decision values in, the operating points people plan with out (`riskscore.artifact.capacity`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskscore.artifact.capacity import OperatingCurve, OperatingPoint
from training.heads import Floats

N_POINTS = 60
_MOST_LENIENT = 0.5  # false-positive rate; nobody reads half of all ordinary news
_STRICTEST = 0.01  # recall
_BY_RECALL = 0.25  # of the points: beyond the strongest negative, where only recall still falls


def operating_points(y: NDArray[np.int64], log_odds: Floats, n_points: int = N_POINTS) -> OperatingCurve:
    """Recall and false-positive rate over the thresholds that a feed may call for.

    Parameters
    ----------
    y : ndarray of int64, shape (n_items,)
        0 or 1, both present.
    log_odds : ndarray of float64, shape (n_items,)
        Calibrated, each from a fold that held the item's group out.
    n_points : int
        Most points; evenly spread over the logarithm of the false-positive rate, since what is planned
        for is a feed of which a few in a hundred or a thousand can be read, then over that of recall.

    Returns
    -------
    OperatingCurve
        ``false_positive_rate`` is ``(passed + 0.5) / (negatives + 1)``: that none has passed a strict
        threshold in a corpus does not mean that none ever will.
    """
    positives, negatives = np.sort(log_odds[y == 1]), np.sort(log_odds[y == 0])
    by_recall = round(_BY_RECALL * n_points)
    passed = _counts(max(_MOST_LENIENT * len(negatives), 1.0), 1.0, n_points - by_recall)
    values = {float(negatives[-count]) for count in passed}
    beyond = positives[positives > negatives[-1]]
    if len(beyond):
        found = _counts(len(beyond), max(_STRICTEST * len(positives), 1.0), by_recall)
        values |= {float(positives[-count]) for count in found if count <= len(beyond)}
    points: list[OperatingPoint] = []
    for value in sorted(values):
        threshold = float(1.0 / (1.0 + np.exp(-value)))
        if points and threshold <= points[-1].threshold:  # beyond what a probability can tell apart
            continue
        recall = _count_from(positives, value) / len(positives)
        false_positive_rate = (_count_from(negatives, value) + 0.5) / (len(negatives) + 1)
        points.append(OperatingPoint(threshold, recall, false_positive_rate))
    return OperatingCurve(training_rate=float(y.mean()), points=tuple(points))


def _counts(most: float, least: float, n: int) -> NDArray[np.int64]:
    return np.geomspace(most, least, n).round().astype(np.int64)


def _count_from(ascending: Floats, value: float) -> int:
    return len(ascending) - int(np.searchsorted(ascending, value))
