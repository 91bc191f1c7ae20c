"""Corpus in, fitted model out; the same corpus, config and library versions give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskscore.features import FeatureReader
from riskscore.knowledge import Knowledge
from riskscore.types import REGIMES, Regime
from training.config import FitConfig
from training.corpus import Record, groups
from training.estimator import Progress, RiskClassifier
from training.exposure import ExposureModel, company_examples, fit_exposure, flags
from training.heads import threshold_for_f1


@dataclass(frozen=True)
class FittedModel:
    """All that one fit made, and what it was made from."""

    classifier: RiskClassifier
    exposure: ExposureModel
    thresholds: dict[Regime, float]
    records: Sequence[Record]
    groups: NDArray[np.int64]
    config: FitConfig


def feature_reader(knowledge: Knowledge) -> FeatureReader:
    """The reader that training and serving share."""
    return FeatureReader(knowledge.concepts.values(), knowledge.companies.values())


def fit(
    records: Sequence[Record],
    knowledge: Knowledge,
    config: FitConfig | None = None,
    progress: Progress = lambda step: None,
) -> FittedModel:
    """Fit document heads, thresholds and the exposure head.

    Parameters
    ----------
    records : sequence of Record
        English items.
    progress : callable
        Told the name of each step as it begins.
    """
    config = config or FitConfig()
    progress("grouping")
    group_of = groups(records)
    reader = feature_reader(knowledge)
    classifier = RiskClassifier(reader, config).fit(records, group_of, progress)
    regime_log_odds = classifier.out_of_fold_[:, : len(REGIMES)]
    thresholds = {
        regime: threshold_for_f1(
            np.array([record.severity[regime] >= 1 for record in records], dtype=np.int64),
            regime_log_odds[:, column],
        )
        for column, regime in enumerate(REGIMES)
    }
    progress("company exposure")
    examples = company_examples(records, flags(regime_log_odds, thresholds), reader)
    exposure = fit_exposure(examples, group_of, config)
    return FittedModel(classifier, exposure, thresholds, records, group_of, config)
