"""One binary head: a logistic regression, calibrated on held-out groups, its calibration folded in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve
from sklearn.model_selection import StratifiedGroupKFold

from training.config import FitConfig

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Extra:
    """Samples that help to fit and are never measured on: mixed items.

    Attributes
    ----------
    groups : sequence of frozenset of int
        All groups of which a sample is made; it helps no fold that holds one of them out.
    weight : float
        Of each, beside 1 of an ordinary sample.
    """

    X: sparse.csr_matrix
    y: Ints
    groups: Sequence[frozenset[int]]
    weight: float


def fit_calibrated(
    X: sparse.csr_matrix,
    y: NDArray[np.int64],
    groups: NDArray[np.int64],
    C: float,
    config: FitConfig,
    scale: Floats | None = None,
    taught: Floats | None = None,
    extra: Extra | None = None,
    stream: Bools | None = None,
    weights: Floats | None = None,
) -> tuple[LogisticRegression, Floats]:
    """Fit a head whose ``decision_function`` on unscaled features is calibrated log-odds.

    Parameters
    ----------
    X : csr_matrix, shape (n_samples, n_features)
    y : ndarray of int64, shape (n_samples,)
        0 or 1.
    groups : ndarray of int64, shape (n_samples,)
        No group stands on both sides of a calibration fold.
    scale : ndarray of float64, shape (n_features,), optional
        Multiplies the features while fitting; folded into ``coef_``.
    taught : ndarray of float64, shape (n_features,), optional
        Weights from elsewhere, whose decision value is one more feature; folded into ``coef_`` too.
    extra : Extra, optional
        More samples to fit on.
    stream : ndarray of bool, shape (n_samples,), optional
        The samples that the calibration is fitted on, because they come as news does: by default all.
    weights : ndarray of float64, shape (n_samples,), optional
        Of each sample while fitting, by default 1; calibration weighs all alike.

    Returns
    -------
    head : LogisticRegression
        Coefficients are rounded to float32 values, in which the artifact stores them.
    out_of_fold : ndarray of float64, shape (n_samples,)
        Calibrated log-odds of each sample from the fold that held it out.
    """

    def prepared(rows: sparse.csr_matrix) -> sparse.csr_matrix:
        scaled = rows if scale is None else (rows @ sparse.diags(scale)).tocsr()
        if taught is None:
            return scaled
        return sparse.hstack([scaled, sparse.csr_matrix((rows @ taught).reshape(-1, 1))]).tocsr()

    scaled = prepared(X)
    more = None if extra is None else Extra(prepared(extra.X), extra.y, extra.groups, extra.weight)

    def fitted(train: Ints, held: frozenset[int]) -> LogisticRegression:
        own = None if weights is None else weights[train]
        return _fitted(scaled[train], y[train], own, more, held, C, config.seed)

    splitter = StratifiedGroupKFold(config.folds, shuffle=True, random_state=config.seed)
    folds = list(splitter.split(scaled, y, groups))
    everything = np.arange(len(y))
    # liblinear lets go of the interpreter while it fits; threads change no result.
    *fold_heads, head = Parallel(n_jobs=-1, prefer="threads")(
        [
            *(delayed(fitted)(train, frozenset(groups[test].tolist())) for train, test in folds),
            delayed(fitted)(everything, frozenset()),
        ]
    )
    held_out = np.zeros(len(y))
    for (_, test), fold_head in zip(folds, fold_heads, strict=True):
        held_out[test] = fold_head.decision_function(scaled[test])
    calibrating = slice(None) if stream is None else stream
    slope, offset = _sigmoid_calibration(held_out[calibrating], y[calibrating])
    own = head.coef_[:, : X.shape[1]]
    coef = slope * (own if scale is None else own * scale)
    if taught is not None:
        coef = coef + slope * head.coef_[:, -1] * taught
    head.coef_ = coef.astype(np.float32).astype(np.float64)
    head.intercept_ = slope * head.intercept_ + offset
    return head, slope * held_out + offset


def best_threshold(y: Ints, log_odds: Floats, recall_weight: float = 1.0) -> float:
    """Probability threshold with the highest F-beta on held-out values.

    Parameters
    ----------
    recall_weight : float
        Beta: how many times as important recall is as precision; 1 gives F1.
    """
    return float(1.0 / (1.0 + np.exp(-_best_f(y, log_odds, recall_weight**2)[1])))


def calibrated_threshold(y: Ints, log_odds: Floats, recall_weight: float = 1.0) -> float:
    """Probability threshold with the highest expected F-beta where probabilities are calibrated.

    That is the best F-beta itself over ``1 + beta**2`` (half of the best F1: Lipton, Elkan and Naryanaswamy
    2014). A best F is known far better from a few hundred positives than the place where it is reached, which
    moves by half of the scale from sample to sample.

    Parameters
    ----------
    y : ndarray of int64, shape (n_samples,)
    log_odds : ndarray of float64, shape (n_samples,)
        Calibrated, held out.
    recall_weight : float
        Beta, as for `best_threshold`.
    """
    squared = recall_weight**2
    return _best_f(y, log_odds, squared)[0] / (1 + squared)


def _best_f(y: Ints, log_odds: Floats, squared: float) -> tuple[float, float]:
    """The highest F-beta, and the log-odds from which it is reached."""
    precision, recall, thresholds = precision_recall_curve(y, log_odds)
    score = (1 + squared) * precision * recall / np.maximum(squared * precision + recall, 1e-12)
    best = int(np.argmax(score[:-1]))
    return float(score[best]), float(thresholds[best])


def _fitted(
    X: sparse.csr_matrix,
    y: Ints,
    weights: Floats | None,
    extra: Extra | None,
    held: frozenset[int],
    C: float,
    seed: int,
) -> LogisticRegression:
    if extra is None:
        return _logistic(C, seed).fit(X, y, sample_weight=weights)
    rows = [at for at, made_of in enumerate(extra.groups) if held.isdisjoint(made_of)]
    own = np.ones(len(y)) if weights is None else weights
    all_weights = np.concatenate([own, np.full(len(rows), extra.weight)])
    all_y = np.concatenate([y, extra.y[rows]])
    stacked = sparse.vstack([X, extra.X[rows]]).tocsr()
    return _logistic(C, seed).fit(stacked, all_y, sample_weight=all_weights)


def _logistic(C: float, seed: int) -> LogisticRegression:
    return LogisticRegression(
        C=C, solver="liblinear", class_weight="balanced", max_iter=1000, random_state=seed
    )


def _sigmoid_calibration(decision: Floats, y: NDArray[np.int64]) -> tuple[float, float]:
    """Slope and offset that make ``sigmoid(slope * decision + offset)`` a probability (Platt 1999)."""
    # C large: two parameters on thousands of points need no penalty.
    platt = LogisticRegression(C=1e6).fit(decision.reshape(-1, 1), y)
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])
