"""A served model and labelled records in, figures for every output out.

What is measured is what is served: each record goes through `Assessor.assess`, cleaning,
abstention and company matching included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score

from riskscore.assess import Assessor
from riskscore.types import DIRECTIONS, REGIMES, STAGES, Article, Assessment, Regime
from training.corpus import Record
from training.exposure_figures import exposure_figures
from training.metrics import (
    BOOTSTRAP_SAMPLES,
    Figure,
    Floats,
    Ints,
    ap_difference,
    binary_figures,
    bootstrap,
    quadratic_weighted_kappa,
)
from training.rationales import evidence_figures, faithfulness_figures

SWAPS = ("Huawei", "Siemens", "Velmora Systems")  # a Chinese, a German and an invented firm

Names = NDArray[np.str_]
Evaluation = dict[str, Any]  # as `evaluate` returns it; `training.report` renders it


@dataclass(frozen=True)
class Predictions:
    """A model's word on some records, in their order."""

    assessments: list[Assessment]

    def probability(self, regime: Regime) -> Floats:
        """Probability of severity ≥ 1, shape (n_records,); 0 where the model abstained."""
        return np.array(
            [0.0 if one.abstained else one.regimes[regime].probability for one in self.assessments]
        )

    def severity(self, regime: Regime) -> list[int]:
        return [0 if one.abstained else one.regimes[regime].severity for one in self.assessments]


def predict(assessor: Assessor, records: Sequence[Record], *, verify: bool = False) -> Predictions:
    """Assess every record as the API would."""
    articles = (Article(title=record.title, text=record.text) for record in records)
    return Predictions([assessor.assess(article, verify=verify) for article in articles])


def labels(records: Sequence[Record], regime: Regime) -> Ints:
    """1 where the regime's severity is at least 1, shape (n_records,)."""
    return np.array([record.severity[regime] >= 1 for record in records], dtype=np.int64)


def regime_figures(
    records: Sequence[Record], predictions: Predictions, thresholds: dict[Regime, float], seed: int
) -> dict[Regime, dict[str, Figure]]:
    """Per regime: ranking, decisions, calibration, and severity agreement where truly positive."""
    figures = {}
    for regime in REGIMES:
        y = labels(records, regime)
        figures[regime] = binary_figures(y, predictions.probability(regime), thresholds[regime], seed)
        expected = np.array([record.severity[regime] for record in records])
        found = np.array(predictions.severity(regime))
        figures[regime]["severity_qwk"] = _agreement(expected[expected > 0], found[expected > 0], seed)
    return figures


def _agreement(expected: Ints, found: Ints, seed: int) -> Figure:
    return bootstrap(
        lambda rows: quadratic_weighted_kappa(expected[rows].tolist(), found[rows].tolist()),
        len(expected),
        seed,
        lambda rows: len(set(expected[rows].tolist())) > 1,
    )


def class_figures(records: Sequence[Record], predictions: Predictions, seed: int) -> dict[str, Figure]:
    """Stage and direction on positive records, whatever was flagged, beside the commonest class."""
    figures: dict[str, Figure] = {}
    positive = [at for at, record in enumerate(records) if record.positive]
    for kind, classes in (("stage", STAGES), ("direction", DIRECTIONS)):
        expected = np.array([getattr(records[at], kind) for at in positive])
        found = np.array([_best(predictions.assessments[at], kind) for at in positive])
        commonest = max(classes, key=lambda name: int((expected == name).sum()))
        for name, guess in ((kind, found), (f"{kind}_commonest_class", np.full(len(found), commonest))):
            figures |= _class_agreement(name, expected, guess, seed)
    return figures


def _class_agreement(name: str, expected: Names, found: Names, seed: int) -> dict[str, Figure]:
    def macro_f1(rows: Ints) -> float:
        return float(f1_score(expected[rows], found[rows], average="macro", zero_division=0))

    def accuracy(rows: Ints) -> float:
        return float(accuracy_score(expected[rows], found[rows]))

    return {
        f"{name}_accuracy": bootstrap(accuracy, len(expected), seed),
        f"{name}_macro_f1": bootstrap(macro_f1, len(expected), seed),
    }


def name_swap_change(
    assessor: Assessor, records: Sequence[Record], predictions: Predictions
) -> dict[str, dict[Regime, float]]:
    """Mean absolute change of a regime's probability when company names are swapped.

    In every record that names a company, each labelled company is renamed to each of `SWAPS` in
    turn (a second company to the next name, so that two firms stay two), and the record is scored
    again. ``all`` is the mean over all records, ``naming`` over those that name a company.
    """
    changes: dict[Regime, list[float]] = {regime: [] for regime in REGIMES}
    naming = 0
    for record, before in zip(records, predictions.assessments, strict=True):
        if not record.companies or before.abstained:
            continue
        naming += 1
        for shift in range(len(SWAPS)):
            rename = _renamer([name for name, _ in record.companies], shift)
            after = assessor.assess(Article(title=rename(record.title), text=rename(record.text)))
            if after.abstained:
                continue
            for regime in REGIMES:
                change = abs(after.regimes[regime].probability - before.regimes[regime].probability)
                changes[regime].append(change / len(SWAPS))
    totals = {regime: sum(values) for regime, values in changes.items()}
    return {
        "all": {regime: total / len(records) for regime, total in totals.items()},
        "naming": {regime: total / max(naming, 1) for regime, total in totals.items()},
    }


def mistakes(
    records: Sequence[Record], predictions: Predictions, thresholds: dict[Regime, float]
) -> dict[Regime, list[tuple[str, int, float]]]:
    """Per regime (record id, expected severity, probability) of wrong decisions, surest first."""
    found: dict[Regime, list[tuple[str, int, float]]] = {}
    for regime in REGIMES:
        rows = [
            (record.id, record.severity[regime], float(probability))
            for record, probability in zip(records, predictions.probability(regime), strict=True)
            if (probability >= thresholds[regime]) != (record.severity[regime] >= 1)
        ]
        found[regime] = sorted(rows, key=lambda row: -abs(row[2] - thresholds[regime]))
    return found


def evaluate(
    assessor: Assessor,
    records: Sequence[Record],
    data: str,
    baselines: dict[str, Floats],
    seed: int = 0,
) -> Evaluation:
    """All figures of the served model on some records.

    Parameters
    ----------
    data : str
        What to call the records in the report.
    baselines : dict of str to ndarray, shape (n_records, 3)
        Each baseline's probabilities on the same records.
    """
    predictions = predict(assessor, records, verify=True)
    thresholds = assessor.model.thresholds
    return {
        "data": data,
        "model_version": assessor.model.version,
        "items": len(records),
        "abstained": sum(one.abstained for one in predictions.assessments),
        "samples": BOOTSTRAP_SAMPLES,
        "seed": seed,
        "regimes": regime_figures(records, predictions, thresholds, seed),
        "baselines": {
            name: {
                regime: {
                    "average_precision": binary_figures(
                        labels(records, regime), theirs[:, column], 0.5, seed
                    )["average_precision"],
                    "difference": ap_difference(
                        labels(records, regime), predictions.probability(regime), theirs[:, column], seed
                    ),
                }
                for column, regime in enumerate(REGIMES)
            }
            for name, theirs in baselines.items()
        },
        "classes": class_figures(records, predictions, seed),
        "exposure": exposure_figures(assessor, records, predictions.assessments, seed),
        "evidence": evidence_figures(records, predictions.assessments, seed),
        "faithfulness": faithfulness_figures(predictions.assessments, seed),
        "name_swap": name_swap_change(assessor, records, predictions),
        "mistakes": mistakes(records, predictions, thresholds),
    }


def _renamer(names: Sequence[str], shift: int) -> Callable[[str], str]:
    # Longest first, so that "Sequoia China" is not left as "Huawei China".
    ordered = sorted(set(names), key=lambda name: (-len(name), name))
    to = {name: SWAPS[(at + shift) % len(SWAPS)] for at, name in enumerate(ordered)}
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in ordered))
    return lambda text: pattern.sub(lambda match: to[match[0]], text)


def _best(assessment: Assessment, kind: str) -> str:
    shares = assessment.stage_probabilities if kind == "stage" else assessment.direction_probabilities
    return max(shares, key=lambda name: shares[name]) if shares else ""
