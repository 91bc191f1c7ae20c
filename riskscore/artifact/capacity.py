"""How a model errs and how much people can read in, the threshold to set and what to expect of it out.

An operating point is measured on held-out items of the training corpus, whose negatives are mostly near
misses: an ordinary feed gives fewer false alarms than expected here, so the precision is a cautious one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskscore.errors import ArtifactMismatchError, InputError
from riskscore.types import REGIMES, Regime

DEFAULT_BASE_RATE = 0.02  # positives are about 1-3 % of a general news feed


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a threshold on the probability does, each figure 0-1."""

    threshold: float
    recall: float  # share of positives at or above it
    false_positive_rate: float  # share of negatives at or above it


@dataclass(frozen=True, slots=True)
class OperatingCurve:
    """How the model does on one regime, from lenient to strict."""

    training_rate: float  # share of positives in the training corpus
    points: tuple[OperatingPoint, ...]  # by rising threshold


@dataclass(frozen=True, slots=True)
class Plan:
    """What to expect, in items a week, of one threshold on one regime."""

    point: OperatingPoint
    flagged: float
    caught: float  # of them, rightly
    precision: float  # share of the flagged that are rightly so, 0-1
    missed: float  # positives below the threshold
    fits: bool  # False where even the strictest threshold flags more than can be read


def prior_shift(training_rate: float, base_rate: float) -> float:
    """Log-odds to add to a calibrated decision value where positives are rarer than in training, or commoner.

    ``logit(base_rate) - logit(training_rate)``: right as long as items of each kind look as they do in the
    corpus and only their shares differ (Saerens et al. 2002, https://doi.org/10.1162/089976602753284446).

    Raises
    ------
    InputError
        A rate does not lie between 0 and 1.
    """
    for name, rate in (("training_rate", training_rate), ("base_rate", base_rate)):
        if not 0.0 < rate < 1.0:
            raise InputError(f"{name} must lie between 0 and 1, exclusive, not {rate:g}", name)
    return _logit(base_rate) - _logit(training_rate)


def expected_precision(point: OperatingPoint, base_rate: float) -> float:
    """Share of flagged items that are rightly so, 0-1, where `base_rate` of all items are positive."""
    caught = base_rate * point.recall
    flagged = caught + (1.0 - base_rate) * point.false_positive_rate
    return caught / flagged if flagged else 0.0


def plan(
    curve: OperatingCurve, *, items: float, reviews: float, base_rate: float = DEFAULT_BASE_RATE
) -> Plan:
    """The most lenient threshold whose flagged items can all be read.

    Parameters
    ----------
    items : float
        That come in a week.
    reviews : float
        That can be read in a week, for this regime.
    base_rate : float
        Share of positives among the items, 0-1 exclusive.

    Raises
    ------
    InputError
    """
    prior_shift(curve.training_rate, base_rate)  # refuses a rate that is none
    for name, value in (("items", items), ("reviews", reviews)):
        if not (value > 0 and math.isfinite(value)):
            raise InputError(f"{name} must be a positive number, not {value:g}", name)
    positives, negatives = items * base_rate, items * (1.0 - base_rate)
    for point in curve.points:
        caught = positives * point.recall
        flagged = caught + negatives * point.false_positive_rate
        if flagged <= reviews:
            break
    precision = expected_precision(point, base_rate)
    return Plan(point, flagged, caught, precision, positives - caught, fits=flagged <= reviews)


def curves(manifest: Mapping[str, Any]) -> dict[Regime, OperatingCurve]:
    """The operating points of a model's manifest.

    Raises
    ------
    ArtifactMismatchError
        The model was published before they were recorded.
    """
    recorded = manifest.get("operating_points")
    if not recorded:
        raise ArtifactMismatchError(
            f"model {manifest.get('version')} has no operating points; retrain it (python -m training fit)"
        )
    return {
        regime: OperatingCurve(
            training_rate=float(recorded[regime]["training_rate"]),
            points=tuple(OperatingPoint(*map(float, point)) for point in recorded[regime]["points"]),
        )
        for regime in REGIMES
    }


def manifest_entry(found: Mapping[Regime, OperatingCurve]) -> dict[str, Any]:
    """Operating points as the manifest keeps them: threshold, recall, false-positive rate in a row."""
    return {
        regime: {"training_rate": curve.training_rate, "points": _rows(curve.points)}
        for regime, curve in found.items()
    }


def _rows(points: Sequence[OperatingPoint]) -> list[list[float]]:
    # The threshold in full: strict ones differ far behind the point (0.99987 from 0.99991).
    return [
        [point.threshold, round(point.recall, 6), round(point.false_positive_rate, 6)] for point in points
    ]


def _logit(rate: float) -> float:
    return math.log(rate / (1.0 - rate))
