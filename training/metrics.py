"""Labels and predictions in, figures with bootstrap intervals out. Pure functions, no model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    cohen_kappa_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ECE_BINS = 10
BOOTSTRAP_SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % bootstrap interval (percentile method, items resampled)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def expected_calibration_error(y: Ints, probability: Floats, bins: int = ECE_BINS) -> float:
    """Mean |share of positives − mean probability| over equal-width bins, weighted by their size."""
    edges = np.minimum((probability * bins).astype(int), bins - 1)
    return float(
        sum(
            abs(y[edges == edge].mean() - probability[edges == edge].mean()) * (edges == edge).mean()
            for edge in np.unique(edges)
        )
    )


def bootstrap(
    measure: Callable[[Ints], float],
    n: int,
    seed: int,
    usable: Callable[[Ints], bool] = lambda rows: True,
    samples: int = BOOTSTRAP_SAMPLES,
) -> Figure:
    """A measure over all rows and its interval over resampled rows.

    Parameters
    ----------
    measure : callable
        Row indices, shape (n,), → value.
    usable : callable
        Whether a resample can be measured (both classes present, say); others are drawn again.
    """
    generator = np.random.default_rng(seed)
    values: list[float] = []
    for _ in range(samples * 10):
        rows = generator.integers(0, n, n)
        if usable(rows):
            values.append(measure(rows))
            if len(values) == samples:
                break
    low, high = np.percentile(values, [2.5, 97.5]) if values else (np.nan, np.nan)
    return Figure(measure(np.arange(n)), float(low), float(high))


def binary_figures(y: Ints, probability: Floats, threshold: float, seed: int) -> dict[str, Figure]:
    """Ranking, decision and calibration figures of one yes-no question."""
    called = (probability >= threshold).astype(int)

    def both(rows: Ints) -> bool:
        return bool(0 < y[rows].sum() < len(rows))

    def over(function: Callable[[Ints], float]) -> Figure:
        return bootstrap(function, len(y), seed, both)

    return {
        "average_precision": over(lambda rows: float(average_precision_score(y[rows], probability[rows]))),
        "roc_auc": over(lambda rows: float(roc_auc_score(y[rows], probability[rows]))),
        "f1": over(lambda rows: float(f1_score(y[rows], called[rows], zero_division=0))),
        "precision": over(lambda rows: float(precision_score(y[rows], called[rows], zero_division=0))),
        "recall": over(lambda rows: float(recall_score(y[rows], called[rows], zero_division=0))),
        "ece": over(lambda rows: expected_calibration_error(y[rows], probability[rows])),
    }


def ap_difference(y: Ints, ours: Floats, theirs: Floats, seed: int) -> Figure:
    """Average precision of `ours` less that of `theirs`, paired bootstrap."""
    return bootstrap(
        lambda rows: float(
            average_precision_score(y[rows], ours[rows]) - average_precision_score(y[rows], theirs[rows])
        ),
        len(y),
        seed,
        lambda rows: 0 < y[rows].sum() < len(rows),
    )


def quadratic_weighted_kappa(expected: Sequence[int], found: Sequence[int]) -> float:
    """Agreement on severity 0-3, distant disagreements weighing more; 1 is perfect, 0 chance."""
    if len(set(expected) | set(found)) < 2:
        return float("nan")
    return float(cohen_kappa_score(expected, found, weights="quadratic", labels=[0, 1, 2, 3]))


def mean_figure(values: Floats, seed: int) -> Figure:
    """The mean and its interval."""
    return bootstrap(lambda rows: float(values[rows].mean()), len(values), seed)


def token_f1(found: Sequence[str], expected: Sequence[str], whole: str) -> float:
    """Token F1 (ERASER) of extracted text against human spans, tokens located in the whole text."""
    ours = _token_positions(found, whole)
    theirs = _token_positions(expected, whole)
    if not ours or not theirs:
        return 0.0
    shared = len(ours & theirs)
    return 2 * shared / (len(ours) + len(theirs))


def span_iou_f1(found: Sequence[str], expected: Sequence[str], whole: str) -> float:
    """F1 over spans (ERASER): two match where their tokens' intersection is half of their union or more."""
    ours = [_token_positions([span], whole) for span in found]
    theirs = [_token_positions([span], whole) for span in expected]
    if not ours or not theirs:
        return 0.0

    def matched(spans: Sequence[set[int]], others: Sequence[set[int]]) -> float:
        hits = [any(2 * len(span & other) >= len(span | other) > 0 for other in others) for span in spans]
        return sum(hits) / len(hits)

    precision, recall = matched(ours, theirs), matched(theirs, ours)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _token_positions(spans: Sequence[str], whole: str) -> set[int]:
    positions: set[int] = set()
    for span in spans:
        start = whole.find(span)
        if start >= 0:
            positions.update(start + match.start() for match in re.finditer(r"\w+", span))
    return positions
