"""One binary head: a logistic regression, calibrated on held-out groups, its calibration folded in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve
from sklearn.model_selection import StratifiedGroupKFold

from training.config import FitConfig

Floats = NDArray[np.float64]


def fit_calibrated(
    X: sparse.csr_matrix,
    y: NDArray[np.int64],
    groups: NDArray[np.int64],
    C: float,
    config: FitConfig,
    scale: Floats | None = None,
    taught: Floats | None = None,
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

    Returns
    -------
    head : LogisticRegression
        Coefficients are rounded to float32 values, in which the artifact stores them.
    out_of_fold : ndarray of float64, shape (n_samples,)
        Calibrated log-odds of each sample from the fold that held it out.
    """
    scaled = X if scale is None else (X @ sparse.diags(scale)).tocsr()
    if taught is not None:
        scaled = sparse.hstack([scaled, sparse.csr_matrix((X @ taught).reshape(-1, 1))]).tocsr()
    held_out = np.zeros(len(y))
    splitter = StratifiedGroupKFold(config.folds, shuffle=True, random_state=config.seed)
    for train, test in splitter.split(scaled, y, groups):
        held_out[test] = (
            _logistic(C, config.seed).fit(scaled[train], y[train]).decision_function(scaled[test])
        )
    slope, offset = _sigmoid_calibration(held_out, y)
    head = _logistic(C, config.seed).fit(scaled, y)
    own = head.coef_[:, : X.shape[1]]
    coef = slope * (own if scale is None else own * scale)
    if taught is not None:
        coef = coef + slope * head.coef_[:, -1] * taught
    head.coef_ = coef.astype(np.float32).astype(np.float64)
    head.intercept_ = slope * head.intercept_ + offset
    return head, slope * held_out + offset


def threshold_for_f1(y: NDArray[np.int64], log_odds: Floats) -> float:
    """Probability threshold with the highest F1 on held-out values."""
    precision, recall, thresholds = precision_recall_curve(y, log_odds)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(1.0 / (1.0 + np.exp(-thresholds[int(np.argmax(f1[:-1]))])))


def _logistic(C: float, seed: int) -> LogisticRegression:
    return LogisticRegression(
        C=C, solver="liblinear", class_weight="balanced", max_iter=1000, random_state=seed
    )


def _sigmoid_calibration(decision: Floats, y: NDArray[np.int64]) -> tuple[float, float]:
    """Slope and offset that make ``sigmoid(slope * decision + offset)`` a probability (Platt 1999)."""
    # C large: two parameters on thousands of points need no penalty.
    platt = LogisticRegression(C=1e6).fit(decision.reshape(-1, 1), y)
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])
