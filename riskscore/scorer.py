"""A reading in, decision values and exact contributions out: the same numbers as scikit-learn's, fast.

Where scikit-learn builds a matrix per family, this looks keys up in one table and remembers, per
distinct word and per distinct set of concepts, which features they stand for: news repeats both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.artifact.model import Model
from riskscore.companies.mentions import MASK
from riskscore.concepts import fold
from riskscore.errors import ArtifactMismatchError
from riskscore.features import (
    FAMILIES,
    WEIGHTED_FAMILIES,
    FeatureReader,
    Reading,
    subword_keys,
)

_NOWHERE = (0, 0)
_MEMO_LIMIT = 100_000  # entries; a stream of junk words must not grow memory without bound

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def sigmoid(log_odds: Floats) -> Floats:
    """Probabilities, 0-1, of log-odds; never exactly 0, and without overflow however large they are."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -500.0, 500.0))))


class Term(NamedTuple):
    """A lexicon term in a text."""

    sentence: int
    start: int
    end: int
    concepts: tuple[int, ...]  # indices into `FeatureReader.matcher.names`


@dataclass(frozen=True, slots=True)
class FeatureVector:
    """The features of one text that the model knows, and where they occur.

    Attributes
    ----------
    features : ndarray of int64, shape (n,)
        Distinct feature indices.
    values : ndarray of float64, shape (n,)
    counts : ndarray of int64, shape (n,)
        Occurrences of each.
    occurrence_feature, occurrence_sentence : ndarray of int64, shape (n_occurrences,)
        Position in `features`, and index of the sentence, of each occurrence.
    occurrence_start, occurrence_end : ndarray of int64, shape (n_occurrences,)
        Range in the text of a word, subword or phrase; empty for the families made of concepts, which
        stand where the sentence's terms do. All empty when places were not asked for.
    terms : tuple of Term
        In order.
    """

    features: Ints
    values: Floats
    counts: Ints
    occurrence_feature: Ints
    occurrence_sentence: Ints
    occurrence_start: Ints
    occurrence_end: Ints
    terms: tuple[Term, ...]


class Scorer:
    """The compiled form of the fitted estimator, in NumPy alone.

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
        self.coef = model.document.coef
        self.idf = model.idf
        self.reader = reader
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
        self._words: dict[str, tuple[str, int | None, list[int]]] = {}
        self._concepts: dict[tuple[int, ...], list[int]] = {}
        self._of_columns: dict[tuple[int, ...], NDArray[np.float32]] = {}

    @property
    def normed(self) -> tuple[int, ...]:
        """Ends of the ranges of features that are length-normed on their own."""
        return tuple(end for _, end in self._normed)

    def score(
        self, texts: Sequence[str], bounds: Sequence[Sequence[tuple[int, int]]] | None = None
    ) -> Floats:
        """Calibrated log-odds of many texts, shape (n_texts, n_heads).

        Parameters
        ----------
        texts : sequence of str
            Clean text.
        bounds : sequence, optional
            The sentences of each that count, where not all do.
        """
        found = np.empty((len(texts), len(self.heads)))
        for at, text in enumerate(texts):
            reading = self.reader.read(text, bounds=None if bounds is None else bounds[at])
            found[at] = self.decide(self.vectorise(reading))
        return found

    def vectorise(self, reading: Reading, *, places: bool = False) -> FeatureVector:
        """Features of one reading; linear in its length.

        Parameters
        ----------
        places : bool
            Also say where each occurrence stands.
        """
        found: list[int] = []
        ranges: list[tuple[int, int]] = []
        lengths: list[int] = []
        terms: list[Term] = []
        for at in range(len(reading.bounds)):
            before = len(found)
            self._add_sentence(reading, at, found, ranges if places else None, terms)
            lengths.append(len(found) - before)
        occurrences = np.array(found, dtype=np.int64)
        features, inverse, counts = np.unique(occurrences, return_inverse=True, return_counts=True)
        values = np.ones(len(features))
        for first, end in self._normed:
            part = slice(*np.searchsorted(features, (first, end)))
            weights = (1.0 + np.log(counts[part])) * self.idf[features[part]]
            norm = np.sqrt(np.dot(weights, weights))
            values[part] = weights / norm if norm else weights
        sentence_of = np.repeat(np.arange(len(lengths)), lengths)
        if not places:
            ranges = [_NOWHERE] * len(found)
        place = np.array(ranges, dtype=np.int64).reshape(-1, 2)
        return FeatureVector(
            features, values, counts, inverse, sentence_of, place[:, 0], place[:, 1], tuple(terms)
        )

    def _add_sentence(
        self,
        reading: Reading,
        at: int,
        found: list[int],
        ranges: list[tuple[int, int]] | None,
        terms: list[Term],
    ) -> None:
        """Append the occurrences of one sentence, and their places where they are asked for."""
        sentence = reading.sentence(at)
        bounds = reading.bounds[at]
        word_index = self._tables["word"].get
        token = self.reader.language.token
        spans = [] if ranges is None else [word.span() for word in token.finditer(reading.word_text, *bounds)]
        previous = ""
        for position, word in enumerate(sentence.words):
            if word[0] == MASK:
                previous = ""
                continue
            folded, single, inside = self._word_features(word)
            pair = word_index(f"{previous} {folded}") if previous else None
            if pair is not None:
                found.append(pair)
            if single is not None:
                found.append(single)
            found += inside
            if ranges is not None:
                span = spans[position]
                if pair is not None:
                    ranges.append((spans[position - 1][0], span[1]))
                ranges += [span] * (len(inside) + (single is not None))
            previous = folded
        if not sentence.concept_matches:
            return
        spans = (
            [] if ranges is None else [word.span() for word in token.finditer(reading.concept_text, *bounds)]
        )
        for key, first, end in self.reader.phrases(sentence):
            index = self._tables["phrase"].get(key)
            if index is not None:
                found.append(index)
                if ranges is not None:
                    ranges.append((spans[first][0], spans[end - 1][1]))
        before = len(found)
        found += self._concept_features(sentence.concepts)
        order_index = self._tables["order"].get
        found += [
            index
            for key in self.reader.order_keys(sentence.concept_matches)
            if (index := order_index(key)) is not None
        ]
        if ranges is not None:
            ranges += [_NOWHERE] * (len(found) - before)
            terms += [
                Term(at, spans[match.first][0], spans[match.first + match.length - 1][1], match.concepts)
                for match in sentence.concept_matches
            ]

    def contributions(self, vector: FeatureVector, columns: Sequence[int] | None = None) -> Floats:
        """Weight × value of each feature, in log-odds, shape (n, n_columns); all heads by default."""
        coef = self.coef if columns is None else self._columns(tuple(columns))
        return np.asarray(coef[vector.features] * vector.values[:, None])

    def _columns(self, columns: tuple[int, ...]) -> NDArray[np.float32]:
        """The weights of some heads side by side: a fifth of the memory that a look at all would touch."""
        known = self._of_columns.get(columns)
        if known is None:
            known = np.ascontiguousarray(self.coef[:, columns])
            self._of_columns = (
                {**self._of_columns, columns: known} if len(self._of_columns) < 8 else {columns: known}
            )
        return known

    def decide(self, vector: FeatureVector) -> Floats:
        """Calibrated log-odds of each head, shape (n_heads,): intercept plus all contributions."""
        return np.asarray(vector.values @ self.coef[vector.features].astype(np.float64) + self.intercept)

    def _word_features(self, word: str) -> tuple[str, int | None, list[int]]:
        """A word folded, its feature of the word family, and its subword features."""
        known = self._words.get(word)
        if known is None:
            table, folded = self._tables["subword"], fold(word)
            inside = [table[key] for key in subword_keys(word) if key in table]
            known = (folded, self._tables["word"].get(folded), inside)
            if len(self._words) >= _MEMO_LIMIT:
                self._words.clear()
            self._words[word] = known
        return known

    def _concept_features(self, concepts: tuple[int, ...]) -> list[int]:
        known = self._concepts.get(concepts)
        if known is None:
            table, roles = self._tables["concept"], self._tables["role"]
            known = [table[key] for key in self.reader.concept_keys(concepts) if key in table]
            known += [roles[key] for key in self.reader.role_keys(concepts) if key in roles]
            if len(self._concepts) >= _MEMO_LIMIT:
                self._concepts.clear()
            self._concepts[concepts] = known
        return known
