"""The Chinese head set: corpus in, fitted heads with their out-of-fold report and the gate's verdict out.

There is no development set in Chinese. Every figure comes from predictions on corpus items whose group
was held out, so it says how the heads do on text written as the corpus is, not on real news.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline

from riskscore.knowledge import Knowledge
from riskscore.languages import CHINESE
from riskscore.text.han import simplify
from riskscore.types import REGIMES, Regime
from training.corpus import Record
from training.estimator import Progress
from training.fit import FittedModel, fit
from training.metrics import (
    Figure,
    Floats,
    Ints,
    ap_difference,
    binary_figures,
    bootstrap,
    quadratic_weighted_kappa,
)
from training.publish import OtherHeads
from training.report import as_json, table

LEAST_AVERAGE_PRECISION = 0.85  # in every regime, out of fold; below it Chinese articles are abstained on
_FIGURES = ("average_precision", "roc_auc", "f1", "precision", "recall", "ece", "severity_qwk")
_KEYWORDS: dict[Regime, str] = {
    "chips": (
        r"出口管制|实体清单|(芯片|半导体|晶片|光刻机|稀土|镓|锗).{0,20}(禁|限制|管制|许可|制裁)"
        r"|(禁|限制|管制).{0,20}(芯片|半导体|晶片)"
    ),
    "cloud_data": r"数据出境|数据安全法|网络安全审查|跨境数据"
    r"|(TikTok|抖音|微信|DeepSeek|华为|无人机|摄像头).{0,20}(禁|限制|剥离|审查)",
    "outbound_investment": r"对外投资|境外投资|对华投资|中国军事企业|涉军|退市"
    r"|(投资|基金).{0,20}(禁|限制|审查)",
}


def fit_chinese(
    records: Sequence[Record],
    english: Sequence[Record],
    knowledge: Knowledge,
    progress: Progress = lambda step: None,
) -> OtherHeads:
    """Fit the Chinese heads, measure them out of fold and decide whether they are served."""
    fitted = fit(records, knowledge, progress=progress, language=CHINESE, taught_by=english)
    progress("report")
    figures = out_of_fold_figures(fitted)
    values = [figures["regimes"][regime]["average_precision"].value for regime in REGIMES]
    return OtherHeads(fitted, min(values) >= LEAST_AVERAGE_PRECISION, figures)


def out_of_fold_figures(fitted: FittedModel, seed: int = 0) -> dict[str, Any]:
    """Figures per regime, with those of a keyword and a TF-IDF baseline on the same folds."""
    rivals = {"keyword": _keyword(fitted.records), "tfidf": _tfidf(fitted)}
    regimes: dict[Regime, Any] = {}
    baselines: dict[str, Any] = {name: {} for name in rivals}
    probability = 1.0 / (1.0 + np.exp(-np.nan_to_num(fitted.classifier.out_of_fold_[:, :9])))
    for column, regime in enumerate(REGIMES):
        level = np.array([record.severity[regime] for record in fitted.records])
        y: Ints = (level >= 1).astype(np.int64)
        own = probability[:, column]
        figures = binary_figures(y, own, fitted.thresholds[regime], seed)
        # Severity where truly positive. A head that was not asked of an item stands at one half.
        second = probability[:, 3 + column]
        third = second * probability[:, 6 + column]
        found = np.where(own >= fitted.thresholds[regime], 1 + (second >= 0.5) + (third >= 0.5), 0)
        expected, guess = level[y == 1].tolist(), found[y == 1].tolist()
        figures["severity_qwk"] = _agreement(expected, guess, seed)
        regimes[regime] = figures
        for name, theirs in rivals.items():
            baselines[name][regime] = {
                "average_precision": _average_precision(y, theirs[:, column], seed),
                "difference": ap_difference(y, own, theirs[:, column], seed),
            }
    return {"items": len(fitted.records), "regimes": regimes, "baselines": baselines}


def _average_precision(y: Ints, probability: Floats, seed: int) -> Figure:
    return bootstrap(
        lambda rows: float(average_precision_score(y[rows], probability[rows])),
        len(y),
        seed,
        lambda rows: bool(y[rows].any()),
    )


def _agreement(expected: list[int], found: list[int], seed: int) -> Figure:
    return bootstrap(
        lambda rows: quadratic_weighted_kappa([expected[i] for i in rows], [found[i] for i in rows]),
        len(expected),
        seed,
        lambda rows: len({expected[i] for i in rows}) > 1,
    )


def _keyword(records: Sequence[Record]) -> Floats:
    def score(regime: Regime, text: str) -> float:
        hits = len(re.findall(_KEYWORDS[regime], text, re.IGNORECASE))
        return hits / (hits + 1.0)

    return np.array([[score(regime, simplify(each.document)) for regime in REGIMES] for each in records])


def _tfidf(fitted: FittedModel) -> Floats:
    texts = np.array([simplify(record.document) for record in fitted.records], dtype=object)
    found = np.zeros((len(texts), len(REGIMES)))
    for column, regime in enumerate(REGIMES):
        y = np.array([record.severity[regime] >= 1 for record in fitted.records], dtype=np.int64)
        folds = StratifiedGroupKFold(fitted.config.folds, shuffle=True, random_state=fitted.config.seed)
        for train, test in folds.split(texts, y, fitted.groups):
            model = make_pipeline(
                TfidfVectorizer(analyzer="char", ngram_range=(1, 2), min_df=2, sublinear_tf=True),
                LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear", random_state=0),
            ).fit(texts[train], y[train])
            found[test, column] = model.predict_proba(texts[test])[:, 1]
    return found


def card_section(heads: OtherHeads) -> str:
    """The model card's words and tables on Chinese."""
    figures = heads.metrics
    rows = [[name, *(str(figures["regimes"][r][name]) for r in REGIMES)] for name in _FIGURES]
    rivals = [
        [f"{name}: {figure}", *(str(of[r][key]) for r in REGIMES)]
        for name, of in figures["baselines"].items()
        for figure, key in (("average precision", "average_precision"), ("ours less theirs", "difference"))
    ]
    state = "served" if heads.published else "not served: articles in Chinese are abstained on"
    lines = [
        "## Chinese",
        "",
        f"Heads of their own, {state} (gate: average precision at least {LEAST_AVERAGE_PRECISION}",
        f"in each regime). {figures['items']} items written for this project. There is no development set",
        "in Chinese: the figures are out-of-fold predictions on the corpus, with thresholds chosen on the",
        "same predictions, which flatters F1. Intervals: 95 % bootstrap.",
        "",
        *table(["", *REGIMES], rows),
        "",
        *table(["baseline", *REGIMES], rivals),
    ]
    return "\n".join(lines) + "\n"


def for_manifest(heads: OtherHeads) -> OtherHeads:
    """The same with its figures as plain numbers."""
    return OtherHeads(heads.fitted, heads.published, as_json(heads.metrics))
