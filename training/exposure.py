"""Labelled companies in, the fitted exposure head out (features: riskscore/exposure.py)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from riskscore.exposure import exposure_keys
from riskscore.features import FeatureReader, Reading
from riskscore.text.han import CJK
from riskscore.types import REGIMES, Mention, Regime
from training.config import FitConfig
from training.corpus import Record
from training.heads import Floats, best_threshold, fit_calibrated

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
    out_of_fold: Floats  # log-odds of each example from the fold that held its record's group out
    exposed: NDArray[np.int64]  # 0 or 1, of each example
    records: NDArray[np.int64]  # the record of each example, by index


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
        if not record.companies:
            continue
        reading, spans_of = _reading_with_names_masked(record, reader)
        for name, exposed in record.companies:
            spans = spans_of[name]
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
    of_records = np.array([example.record for example in examples], dtype=np.int64)
    features = tuple(vectorizer.get_feature_names_out())
    scale = np.array([config.exposure_scales.get(name.partition(":")[0], 1.0) for name in features])
    head, out_of_fold = fit_calibrated(X, y, groups[of_records], config.exposure_C, config, scale)
    return ExposureModel(
        features=features,
        head=head,
        threshold=best_threshold(y, out_of_fold),
        out_of_fold=out_of_fold,
        exposed=y,
        records=of_records,
    )


def flags(log_odds: Floats, thresholds: dict[Regime, float]) -> list[list[Regime]]:
    """Regimes flagged for each row of the regime heads' log-odds, shape (n, 3)."""
    probability = 1.0 / (1.0 + np.exp(-log_odds))
    return [
        [regime for regime, value in zip(REGIMES, row, strict=True) if value >= thresholds[regime]]
        for row in probability
    ]


def _reading_with_names_masked(
    record: Record, reader: FeatureReader
) -> tuple[Reading, dict[str, list[tuple[int, int]]]]:
    """As in serving, where every company is known and masked: no weight can attach to an invented name."""
    text = record.document
    spans_of = {name: _occurrences(name, text) for name, _ in record.companies}
    mentions = list(reader.companies.find(text))
    # Longest first, as the matcher does: "Sequoia China" is not left as a mask and "China".
    for start, end in sorted(chain.from_iterable(spans_of.values()), key=lambda span: span[0] - span[1]):
        if not any(start < mention.end and mention.start < end for mention in mentions):
            mentions.append(Mention("", text[start:end], start, end, "name"))
    return reader.read(text, mentions=sorted(mentions, key=lambda mention: mention.start)), spans_of


def _occurrences(name: str, text: str) -> list[tuple[int, int]]:
    # Not within a word; Chinese is written without spaces, so it bounds a word as they do.
    pattern = rf"(?<![^\W{CJK}]){re.escape(name)}(?![^\W{CJK}])"
    return [match.span() for match in re.finditer(pattern, text)]
