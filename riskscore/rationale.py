"""Scores in, reasons out: exact additive contributions with their spans, and evidence sentences.

For each regime, ``intercept + sum(contributions) = decision_value`` to floating-point accuracy: a
contribution is weight × value of one named feature. A sentence's contribution is the part of that
sum that falls to it, a feature's contribution being shared equally among its occurrences, so the
sentences' contributions add up to the same total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from riskscore.contributions import Meaning
from riskscore.features import FeatureReader
from riskscore.scorer import FeatureVector, Floats, Ints, Term
from riskscore.types import Contribution, Document, Evidence, SourceSpan

MIN_EVIDENCE_SHARE = 0.1  # of the strongest sentence's contribution; what adds less convinces nobody
MAX_SPANS = 50  # of one contribution; a word repeated a thousand times needs no thousand spans


@dataclass(frozen=True, slots=True)
class Explained:
    """The reasons for one head's decision value on one text."""

    contributions: Sequence[Contribution]
    omitted: float  # sum of the contributions left out
    evidence: tuple[Evidence, ...]
    by_sentence: Floats  # what each sentence adds, shape (n_sentences,)


def sentence_contributions(vector: FeatureVector, contributions: Floats, n_sentences: int) -> Floats:
    """What each sentence adds to the decision value.

    Parameters
    ----------
    vector : FeatureVector
    contributions : ndarray of float64, shape (n_features_present,)
        Of one head, in the order of ``vector.features``.
    n_sentences : int

    Returns
    -------
    ndarray of float64, shape (n_sentences,)
        Sums to ``contributions.sum()``.
    """
    shares = (contributions / vector.counts)[vector.occurrence_feature]
    by_sentence = np.bincount(vector.occurrence_sentence, weights=shares, minlength=n_sentences)
    return by_sentence.astype(np.float64)


class Explainer:
    """Says what the features of a model mean and where they stand.

    Parameters
    ----------
    names : sequence of str
        All feature names of the model.
    reader : FeatureReader
    """

    def __init__(self, names: Sequence[str], reader: FeatureReader) -> None:
        self._names = names
        self._reader = reader
        self._known: dict[int, Meaning] = {}  # bounded by the number of features

    def explain(
        self,
        document: Document,
        bounds: Sequence[tuple[int, int]],
        vector: FeatureVector,
        contributions: Floats,
        *,
        max_contributions: int | None,
        max_evidence: int,
    ) -> tuple[Explained, ...]:
        """Reasons for some heads.

        Parameters
        ----------
        bounds : sequence of (int, int)
            Sentences of ``document.text``.
        vector : FeatureVector
            With places.
        contributions : ndarray of float64, shape (n_features_present, n_heads)
        max_contributions : int or None
            The largest by absolute value are kept; None keeps all.
        max_evidence : int
            Sentences that raise the value, strongest first.

        Returns
        -------
        tuple of Explained, of length n_heads
        """
        kept = [_largest(head, vector.features, max_contributions) for head in contributions.T]
        spans = self._spans(document, vector, sorted(set().union(*kept)))
        found = []
        for head, places in zip(contributions.T, kept, strict=True):
            made = tuple(
                [
                    Contribution(known.name, known.description, value, spans[place])
                    for place, known, value in zip(
                        places,
                        map(self.meaning, vector.features[places].tolist()),
                        head[places].tolist(),
                        strict=True,
                    )
                ]
            )
            omitted = 0.0
            if max_contributions is not None:
                omitted = float(head.sum() - sum(contribution.value for contribution in made))
            by_sentence = sentence_contributions(vector, head, len(bounds))
            evidence = _evidence(document, bounds, by_sentence, max_evidence) if max_evidence else ()
            found.append(Explained(made, omitted, evidence, by_sentence))
        return tuple(found)

    def _spans(
        self, document: Document, vector: FeatureVector, places: Sequence[int]
    ) -> dict[int, tuple[SourceSpan, ...]]:
        """Where the features at these places of the vector stand in what was sent."""
        wanted = np.zeros(len(vector.features), dtype=bool)
        wanted[list(places)] = True
        at = np.flatnonzero(wanted[vector.occurrence_feature])
        ranges: dict[int, dict[tuple[int, int], None]] = {place: {} for place in places}
        terms_of: dict[int, list[Term]] = {}
        for term in vector.terms:
            terms_of.setdefault(term.sentence, []).append(term)
        for place, sentence, start, end in zip(
            vector.occurrence_feature[at].tolist(),
            vector.occurrence_sentence[at].tolist(),
            vector.occurrence_start[at].tolist(),
            vector.occurrence_end[at].tolist(),
            strict=True,
        ):
            if len(ranges[place]) >= MAX_SPANS:
                continue
            if start < end:
                ranges[place][start, end] = None
            else:
                concepts = self.meaning(int(vector.features[place])).concepts
                for term in terms_of.get(sentence, ()):
                    if not concepts.isdisjoint(term.concepts):
                        ranges[place][term.start, term.end] = None
        # Subwords stand where their word does, so most ranges come several times.
        every = set().union(*ranges.values())
        located = {place: span for place in every if (span := document.locate(*place)) is not None}
        return {
            place: tuple([located[one] for one in islice(distinct, MAX_SPANS) if one in located])
            for place, distinct in ranges.items()
        }

    def meaning(self, index: int) -> Meaning:
        """Of the feature of that index."""
        known = self._known.get(index)
        if known is None:
            name = self._names[index]
            known = Meaning(name, self._reader.describe(name), self._reader.concepts_behind(name))
            self._known[index] = known
        return known


def _largest(contributions: Floats, features: Ints, count: int | None) -> list[int]:
    """Places of the largest contributions by absolute value, the lower feature first among equals."""
    sizes = np.abs(contributions)
    if count == 0:
        return []
    if count is None or count >= len(sizes):
        places = np.arange(len(sizes))
    else:  # all as large as the last that is kept; sorting them all would take five times as long
        places = np.flatnonzero(sizes >= np.partition(sizes, -count)[-count])
    ranked = sorted(zip((-sizes[places]).tolist(), features[places].tolist(), places.tolist(), strict=True))
    return [place for _, _, place in ranked[:count]]


def _evidence(
    document: Document,
    bounds: Sequence[tuple[int, int]],
    by_sentence: Floats,
    limit: int,
) -> tuple[Evidence, ...]:
    order = strongest_sentences(by_sentence).tolist()
    least = max(0.0, MIN_EVIDENCE_SHARE * by_sentence[order[0]]) if order else 0.0
    found: list[Evidence] = []
    for at in order:
        if len(found) == limit or by_sentence[at] <= least:
            break
        start, end = bounds[at]
        span = document.locate(start, end)
        if span is not None:
            found.append(Evidence(document.text[start:end], span, float(by_sentence[at])))
    return tuple(found)


def strongest_sentences(values: Floats) -> Ints:
    """Indices by falling contribution, earlier sentences first among equals."""
    return np.argsort(-values, kind="stable").astype(np.int64)
