"""Texts and labels in, a fitted scikit-learn estimator out: named features and calibrated linear heads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from riskscore.features import WEIGHTED_FAMILIES, FeatureReader, Reading
from riskscore.types import DIRECTIONS, REGIMES, STAGES, Regime
from training.config import FamilyScales, FitConfig
from training.corpus import Record
from training.heads import Bools, Extra, Floats, fit_calibrated
from training.mixing import mixed_items

Progress = Callable[[str], None]
FLAG_FAMILIES = ("concept", "role", "order")


@dataclass(frozen=True)
class Teacher:
    """Weights of the concept-based features, learnt in another language.

    Attributes
    ----------
    keys : dict of str to tuple of str
        Keys of each of `FLAG_FAMILIES`, sorted.
    weights : dict of str to ndarray, shape (n_keys_of_all_families,)
        Of each head.
    """

    keys: dict[str, tuple[str, ...]]
    weights: dict[str, Floats]


class TextReader(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns texts into readings, once, for all families."""

    def __init__(self, reader: FeatureReader) -> None:
        self.reader = reader

    def fit(self, X: Sequence[str], y: object = None) -> TextReader:
        return self

    def transform(self, X: Iterable[str]) -> list[Reading]:
        return [self.reader.read(text) for text in X]

    def __sklearn_is_fitted__(self) -> bool:
        return True


@dataclass(frozen=True)
class FamilyKeys:
    """A vectorizer's analyzer: the keys of one family."""

    reader: FeatureReader
    family: str

    def __call__(self, reading: Reading) -> list[str]:
        return list(self.reader.keys(self.family, reading))


def feature_pipeline(reader: FeatureReader, config: FitConfig, teacher: Teacher | None = None) -> Pipeline:
    """Texts → unscaled feature matrix, the language's families side by side in their order."""
    families = []
    for family in reader.language.families:
        options: dict[str, Any] = {"analyzer": FamilyKeys(reader, family)}
        if teacher is not None and family in teacher.keys:
            options["vocabulary"] = teacher.keys[family]
        else:
            options["min_df"] = config.min_df[family]
        if family in WEIGHTED_FAMILIES:
            families.append((family, TfidfVectorizer(sublinear_tf=True, dtype=np.float64, **options)))
        else:
            families.append((family, CountVectorizer(binary=True, dtype=np.float64, **options)))
    return Pipeline([("read", TextReader(reader)), ("families", FeatureUnion(families))])


@dataclass(frozen=True)
class HeadTask:
    """One binary question: which records it is asked of, and which of them say yes."""

    name: str
    rows: NDArray[np.int64]
    y: NDArray[np.int64]
    scales: FamilyScales
    C: float
    regime: Regime | None = None  # of a head that asks for a regime of all items


def head_tasks(records: Sequence[Record], config: FitConfig) -> list[HeadTask]:
    """The heads in their fixed order.

    ``regime:R`` severity ≥ 1, asked of all; ``severity2:R`` and ``severity3:R`` severity ≥ 2 among
    those ≥ 1 and ≥ 3 among those ≥ 2, so that the product of the chain can never rise with the
    level; ``stage:S`` and ``direction:D`` one class against the rest, among the positive.
    """
    tasks = []
    everyone = np.arange(len(records))
    for regime in REGIMES:
        level = np.array([record.severity[regime] for record in records])
        scales = config.regime_scales[regime]
        tasks.append(
            HeadTask(
                f"regime:{regime}",
                everyone,
                (level >= 1).astype(np.int64),
                scales,
                config.regime_C,
                regime,
            )
        )
    for least in (2, 3):
        for regime in REGIMES:
            level = np.array([record.severity[regime] for record in records])
            rows = np.flatnonzero(level >= least - 1)
            y = (level[rows] >= least).astype(np.int64)
            tasks.append(
                HeadTask(f"severity{least}:{regime}", rows, y, config.other_scales, config.severity_C)
            )
    positive = np.flatnonzero([record.positive for record in records])
    for kind, classes in (("stage", STAGES), ("direction", DIRECTIONS)):
        for name in classes:
            of_class = np.array([getattr(record, kind) == name for record in records], dtype=np.int64)
            tasks.append(
                HeadTask(f"{kind}:{name}", positive, of_class[positive], config.other_scales, config.other_C)
            )
    return tasks


def stream_rows(records: Sequence[Record], config: FitConfig) -> Bools:
    """Which records calibrate, shape (n_records,); all where the config names no files.

    Raises
    ------
    ValueError
        A regime has no positive or no negative item among them.
    """
    if not config.stream:
        return np.ones(len(records), dtype=np.bool_)
    rows = np.array([record.file in config.stream for record in records], dtype=np.bool_)
    for regime in REGIMES:
        found = {records[at].severity[regime] > 0 for at in np.flatnonzero(rows).tolist()}
        if len(found) < 2:
            raise ValueError(
                f"the files {', '.join(config.stream)} calibrate (FitConfig.stream) and hold no item with, "
                f"or none without, {regime}"
            )
    return rows


class RiskClassifier(BaseEstimator):  # type: ignore[misc]
    """The model that riskscore serves, as scikit-learn parts.

    Attributes
    ----------
    features_ : Pipeline
        Texts → feature matrix, shape (n_texts, n_features).
    heads_ : dict of str to LogisticRegression
        In the order of `head_tasks`. Family scales and the sigmoid calibration (Platt, fitted on
        out-of-fold decision values) are folded into ``coef_`` and ``intercept_``, so
        ``decision_function`` is the calibrated log-odds and its terms are the contributions.
        Coefficients are rounded to float32 values, in which the artifact stores them.
    out_of_fold_ : ndarray, shape (n_texts, n_heads)
        Calibrated log-odds of each training text from a fold that left out its group; NaN where
        a head is not asked. Thresholds and the corpus's own report come from here.
    """

    def __init__(self, reader: FeatureReader, config: FitConfig, teacher: Teacher | None = None) -> None:
        self.reader = reader
        self.config = config
        self.teacher = teacher

    def fit(
        self,
        records: Sequence[Record],
        groups: NDArray[np.int64],
        progress: Progress = lambda step: None,
    ) -> RiskClassifier:
        """Fit all heads; `groups` keeps near-duplicates and one event on one side of each fold.

        Records count by their `weight`.
        """
        self.features_ = feature_pipeline(self.reader, self.config, self.teacher)
        progress("features")
        X = self.features_.fit_transform([record.document for record in records]).tocsr()
        names = self.feature_names()
        mixed = mixed_items(records, self.config.mixed_items, self.config.seed)
        X_mixed = self.features_.transform([item.document for item in mixed]).tocsr() if mixed else None
        made_of = [frozenset(groups[list(item.parts)].tolist()) for item in mixed]
        stream = stream_rows(records, self.config)
        weights = np.array([record.weight for record in records])
        weighted = bool((weights != 1.0).any())
        self.heads_: dict[str, LogisticRegression] = {}
        tasks = head_tasks(records, self.config)
        self.out_of_fold_ = np.full((len(records), len(tasks)), np.nan)
        for column, task in enumerate(tasks):
            progress(task.name)
            scale = np.array([task.scales[name.partition(":")[0]] for name in names])
            extra = None
            if X_mixed is not None and task.regime is not None:
                y = np.array([item.severity[task.regime] >= 1 for item in mixed], dtype=np.int64)
                extra = Extra(X_mixed, y, made_of, self.config.mixed_weight)
            head, out_of_fold = fit_calibrated(
                X[task.rows],
                task.y,
                groups[task.rows],
                task.C,
                self.config,
                scale,
                self._taught(task.name, len(names)),
                extra,
                stream[task.rows] if task.regime is not None else None,
                weights[task.rows] if weighted else None,
            )
            self.out_of_fold_[task.rows, column] = out_of_fold
            self.heads_[task.name] = head
        return self

    def _taught(self, head: str, n_features: int) -> Floats | None:
        """The teacher's weights, scaled, of all features; the concept-based ones stand last."""
        if self.teacher is None:
            return None
        weights = self.teacher.weights[head] * self.config.teacher_weight
        return np.concatenate([np.zeros(n_features - len(weights)), weights])

    def feature_names(self) -> list[str]:
        """Names ``family:key`` in column order."""
        union = self.features_.named_steps["families"]
        return [
            f"{family}:{key}"
            for family, vectorizer in union.transformer_list
            for key in vectorizer.get_feature_names_out()
        ]

    def decision_function(self, texts: Sequence[str]) -> Floats:
        """Calibrated log-odds, shape (n_texts, n_heads), heads in the order of `heads_`."""
        X = self.features_.transform(texts)
        coef = np.vstack([head.coef_ for head in self.heads_.values()])
        intercept = np.concatenate([head.intercept_ for head in self.heads_.values()])
        return np.asarray(X @ coef.T + intercept)

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Sigmoid of `decision_function`, same shape."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.decision_function(texts))))
