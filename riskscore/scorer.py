"""A reading in, decision values and exact contributions out: the same numbers as scikit-learn's, fast.

Where scikit-learn builds a matrix per family, this looks keys up in one table and remembers, per
distinct word and per distinct set of concepts, which features they stand for: news repeats both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskscore.errors import ArtifactMismatchError
from riskscore.features import (
    FAMILIES,
    WEIGHTED_FAMILIES,
    FeatureReader,
    Reading,
    subword_keys,
    word_keys,
)
from riskscore.model import Model

_MEMO_LIMIT = 100_000  # entries; a stream of junk words must not grow memory without bound

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FeatureVector:
    """The features of one text that the model knows, and where they occur.

    Attributes
    ----------
    features : ndarray of int64, shape (n,)
        Distinct feature indices, ascending.
    values : ndarray of float64, shape (n,)
    counts : ndarray of int64, shape (n,)
        Occurrences of each.
    occurrence_feature, occurrence_sentence : ndarray of int64, shape (n_occurrences,)
        Position in `features`, and index of the sentence, of each occurrence.
    """

    features: Ints
    values: Floats
    counts: Ints
    occurrence_feature: Ints
    occurrence_sentence: Ints


class Scorer:
    """The compiled form of the fitted estimator.

    Parameters
    ----------
    model : Model
    reader : FeatureReader
        Over the knowledge that the model was trained with.
    """

    def __init__(self, model: Model, reader: FeatureReader) -> None:
        self.heads = model.document.heads
        self.feature_names = model.document.features
        self.intercept = model.document.intercept
        self._coef = model.document.coef
        self._idf = model.idf
        self._reader = reader
        self._tables: dict[str, dict[str, int]] = {family: {} for family in FAMILIES}
        for index, name in enumerate(self.feature_names):
            family, _, key = name.partition(":")
            self._tables[family][key] = index
        bounds = np.cumsum([0] + [len(self._tables[family]) for family in FAMILIES])
        for family, first, end in zip(FAMILIES, bounds, bounds[1:], strict=False):
            held = self._tables[family].values()
            if held and (min(held), max(held)) != (first, end - 1):
                raise ArtifactMismatchError(f"features of the {family} family do not stand side by side")
        # Each of these is length-normed on its own; the families after them are flags.
        ends = bounds[1 : len(WEIGHTED_FAMILIES) + 1].tolist()
        self._normed = tuple(zip([0, *ends], ends, strict=False))
        self._subwords: dict[str, list[int]] = {}
        self._concepts: dict[tuple[int, ...], list[int]] = {}

    def vectorise(self, reading: Reading) -> FeatureVector:
        """Features of one reading; linear in its length."""
        found: list[int] = []
        lengths: list[int] = []
        word_index = self._tables["word"].get
        phrase_index = self._tables["phrase"].get
        order_index = self._tables["order"].get
        for sentence in reading.sentences:
            before = len(found)
            found.extend(index for key in word_keys(sentence.words) if (index := word_index(key)) is not None)
            for word in sentence.words:
                found.extend(self._subword_features(word))
            found.extend(
                index
                for key in self._reader.phrase_keys(sentence)
                if (index := phrase_index(key)) is not None
            )
            found.extend(self._concept_features(sentence.concepts))
            found.extend(
                index
                for key in self._reader.order_keys(sentence.concept_matches)
                if (index := order_index(key)) is not None
            )
            lengths.append(len(found) - before)
        occurrences = np.array(found, dtype=np.int64)
        features, inverse, counts = np.unique(occurrences, return_inverse=True, return_counts=True)
        values = np.ones(len(features))
        for first, end in self._normed:
            part = slice(*np.searchsorted(features, (first, end)))
            weights = (1.0 + np.log(counts[part])) * self._idf[features[part]]
            norm = np.sqrt(np.dot(weights, weights))
            values[part] = weights / norm if norm else weights
        sentence_of = np.repeat(np.arange(len(lengths)), lengths)
        return FeatureVector(features, values, counts, inverse, sentence_of)

    def contributions(self, vector: FeatureVector) -> Floats:
        """Weight × value of each feature for each head, shape (n, n_heads), in log-odds."""
        return np.asarray(self._coef[vector.features] * vector.values[:, None])

    def decide(self, vector: FeatureVector) -> Floats:
        """Calibrated log-odds of each head, shape (n_heads,): intercept plus all contributions."""
        return np.asarray(vector.values @ self._coef[vector.features].astype(np.float64) + self.intercept)

    def _subword_features(self, word: str) -> list[int]:
        known = self._subwords.get(word)
        if known is None:
            table = self._tables["subword"]
            known = [table[key] for key in subword_keys(word) if key in table]
            if len(self._subwords) >= _MEMO_LIMIT:
                self._subwords.clear()
            self._subwords[word] = known
        return known

    def _concept_features(self, concepts: tuple[int, ...]) -> list[int]:
        known = self._concepts.get(concepts)
        if known is None:
            table, roles = self._tables["concept"], self._tables["role"]
            known = [table[key] for key in self._reader.concept_keys(concepts) if key in table]
            known += [roles[key] for key in self._reader.role_keys(concepts) if key in roles]
            if len(self._concepts) >= _MEMO_LIMIT:
                self._concepts.clear()
            self._concepts[concepts] = known
        return known
