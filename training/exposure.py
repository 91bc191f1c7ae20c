"""Labelled companies in, the fitted exposure head out (features: riskscore/exposure.py)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from riskscore.exposure import exposure_keys
from riskscore.features import FeatureReader
from riskscore.types import REGIMES, Regime
from training.config import FitConfig
from training.corpus import Record
from training.heads import Floats, fit_calibrated, threshold_for_f1

MIN_DF = 4


@dataclass(frozen=True)
class CompanyExample:
    """One named company of one record."""

    record: int  # index
    name: str
    keys: tuple[str, ...]
    exposed: bool


@dataclass(frozen=True)
class ExposureModel:
    """The fitted head; ``head.decision_function`` is calibrated log-odds, like the document heads'."""

    features: tuple[str, ...]
    head: LogisticRegression
    threshold: float
    out_of_fold: Floats  # shape (n_examples,)


def company_examples(
    records: Sequence[Record], flagged: Sequence[Sequence[Regime]], reader: FeatureReader
) -> list[CompanyExample]:
    """One example per company that a record's labels name.

    Parameters
    ----------
    flagged : sequence of sequence of Regime
        What the document heads say of each record when its group is held out: the exposure head
        must learn from flags as good as those it will see.
    """
    examples = []
    for index, record in enumerate(records):
        reading = reader.read(record.document)
        for name, exposed in record.companies:
            spans = _occurrences(name, reading.text)
            if spans:
                keys = exposure_keys(reader, reading, spans, flagged[index], len(record.companies))
                examples.append(CompanyExample(index, name, tuple(keys), exposed))
    return examples


def fit_exposure(
    examples: Sequence[CompanyExample], groups: NDArray[np.int64], config: FitConfig
) -> ExposureModel:
    """Fit the head on company examples; `groups` are the records' group numbers."""
    vectorizer = CountVectorizer(analyzer=list, binary=True, min_df=MIN_DF, dtype=np.float64)
    X = vectorizer.fit_transform([example.keys for example in examples]).tocsr()
    y = np.array([example.exposed for example in examples], dtype=np.int64)
    of_example = groups[[example.record for example in examples]]
    head, out_of_fold = fit_calibrated(X, y, of_example, config.exposure_C, config)
    return ExposureModel(
        features=tuple(vectorizer.get_feature_names_out()),
        head=head,
        threshold=threshold_for_f1(y, out_of_fold),
        out_of_fold=out_of_fold,
    )


def flags(log_odds: Floats, thresholds: dict[Regime, float]) -> list[list[Regime]]:
    """Regimes flagged for each row of the regime heads' log-odds, shape (n, 3)."""
    probability = 1.0 / (1.0 + np.exp(-log_odds))
    return [
        [regime for regime, value in zip(REGIMES, row, strict=True) if value >= thresholds[regime]]
        for row in probability
    ]


def _occurrences(name: str, text: str) -> list[tuple[int, int]]:
    pattern = rf"(?<!\w){re.escape(name)}(?!\w)"
    return [match.span() for match in re.finditer(pattern, text)]
