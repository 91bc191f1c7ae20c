"""Corpus in, fitted model out; the same corpus, config and library versions give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskscore.artifact.capacity import OperatingCurve
from riskscore.features import FeatureReader
from riskscore.knowledge import Knowledge
from riskscore.languages import CHINESE, ENGLISH, Language
from riskscore.types import REGIMES, Regime
from training.config import CONFIGS, FitConfig
from training.corpus import Record, groups
from training.estimator import Progress, RiskClassifier, stream_rows
from training.exposure import ExposureModel, company_examples, fit_exposure, flags
from training.heads import best_threshold, calibrated_threshold
from training.operating_points import operating_points
from training.teacher import fit_teacher


@dataclass(frozen=True)
class FittedModel:
    """All that one fit made, and what it was made from."""

    classifier: RiskClassifier
    exposure: ExposureModel
    thresholds: dict[Regime, float]
    curves: dict[Regime, OperatingCurve]
    records: Sequence[Record]
    groups: NDArray[np.int64]
    config: FitConfig


def feature_reader(knowledge: Knowledge, language: Language = ENGLISH) -> FeatureReader:
    """The reader that training and serving share."""
    concepts = knowledge.chinese_concepts if language.code == CHINESE.code else knowledge.concepts
    return FeatureReader(concepts.values(), knowledge.companies.values(), language)


def fit(
    records: Sequence[Record],
    knowledge: Knowledge,
    config: FitConfig | None = None,
    progress: Progress = lambda step: None,
    language: Language = ENGLISH,
    taught_by: Sequence[Record] = (),
) -> FittedModel:
    """Fit document heads, thresholds and the exposure head.

    Parameters
    ----------
    records : sequence of Record
        All in `language`.
    config : FitConfig, optional
        By default the language's own.
    progress : callable
        Told the name of each step as it begins.
    taught_by : sequence of Record
        English items that teach what the concepts mean, for another language with few items.
    """
    config = config or CONFIGS[language.code]
    progress("grouping")
    group_of = groups(records)
    reader = feature_reader(knowledge, language)
    teacher = None
    if taught_by:
        progress("concepts in English")
        teacher = fit_teacher(taught_by, feature_reader(knowledge), config)
    classifier = RiskClassifier(reader, config, teacher).fit(records, group_of, progress)
    regime_log_odds = classifier.out_of_fold_[:, : len(REGIMES)]
    thresholds, even, curves = {}, {}, {}
    stream = stream_rows(records, config)
    for column, regime in enumerate(REGIMES):
        y = np.array([record.severity[regime] >= 1 for record in records], dtype=np.int64)
        even[regime] = best_threshold(y, regime_log_odds[:, column])
        of_stream = y[stream], regime_log_odds[stream, column]
        thresholds[regime] = calibrated_threshold(*of_stream, config.recall_weight)
        curves[regime] = operating_points(*of_stream)
    progress("company exposure")
    examples = company_examples(records, flags(regime_log_odds, even), reader)
    exposure = fit_exposure(examples, group_of, config)
    return FittedModel(classifier, exposure, thresholds, curves, records, group_of, config)
