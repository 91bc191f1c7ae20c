"""Scores in, reasons out: exact additive contributions with their spans, and evidence sentences.

For each regime, ``intercept + sum(contributions) = decision_value`` to floating-point accuracy: a
contribution is weight × value of one named feature. A sentence's contribution is the part of that
sum that falls to it, a feature's contribution being shared equally among its occurrences, so the
sentences' contributions add up to the same total.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskscore.companies import MASK
from riskscore.concepts import WORD, fold
from riskscore.features import FeatureReader, Reading
from riskscore.scorer import FeatureVector, Floats
from riskscore.types import Contribution, Document, Evidence, SourceSpan

MAX_SPANS = 50  # of one contribution; a word repeated a thousand times needs no thousand spans


@dataclass(frozen=True, slots=True)
class Explained:
    """The reasons for one head's decision value on one text."""

    contributions: tuple[Contribution, ...]
    omitted: float  # sum of the contributions left out
    evidence: tuple[Evidence, ...]


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


def explain(
    document: Document,
    reading: Reading,
    vector: FeatureVector,
    contributions: Floats,
    names: Sequence[str],
    reader: FeatureReader,
    *,
    max_contributions: int | None,
    max_evidence: int,
) -> Explained:
    """Reasons for one head.

    Parameters
    ----------
    contributions : ndarray of float64, shape (n_features_present,)
    names : sequence of str
        All feature names of the model.
    max_contributions : int or None
        The largest by absolute value are kept; None keeps all.
    max_evidence : int
        Sentences that raise the value, strongest first.
    """
    order = np.lexsort((vector.features, -np.abs(contributions)))
    kept = order if max_contributions is None else order[:max_contributions]
    wanted = {names[vector.features[at]]: int(at) for at in kept}
    spans = _spans_of(set(wanted), reading, reader)
    made = tuple(
        Contribution(
            feature=name,
            description=reader.describe(name),
            value=float(contributions[at]),
            spans=_located(spans.get(name, []), document),
        )
        for name, at in wanted.items()
    )
    omitted = float(contributions.sum() - sum(contribution.value for contribution in made))
    return Explained(
        contributions=made,
        omitted=0.0 if max_contributions is None else omitted,
        evidence=_evidence(document, reading, vector, contributions, max_evidence),
    )


def _evidence(
    document: Document, reading: Reading, vector: FeatureVector, contributions: Floats, limit: int
) -> tuple[Evidence, ...]:
    by_sentence = sentence_contributions(vector, contributions, len(reading.sentences))
    found: list[Evidence] = []
    for at in _strongest_first(by_sentence):
        if len(found) == limit or by_sentence[at] <= 0:
            break
        sentence = reading.sentences[at]
        span = document.locate(sentence.start, sentence.end)
        if span is not None:
            text = reading.text[sentence.start : sentence.end]
            found.append(Evidence(text, span, float(by_sentence[at])))
    return tuple(found)


def _strongest_first(values: Floats) -> NDArray[np.int64]:
    return np.argsort(-values, kind="stable").astype(np.int64)


def _located(spans: Sequence[tuple[int, int]], document: Document) -> tuple[SourceSpan, ...]:
    located = (document.locate(start, end) for start, end in spans[:MAX_SPANS])
    return tuple(dict.fromkeys(span for span in located if span is not None))


def _spans_of(wanted: set[str], reading: Reading, reader: FeatureReader) -> dict[str, list[tuple[int, int]]]:
    """Document ranges of every occurrence of the wanted features."""
    spans: dict[str, list[tuple[int, int]]] = {}
    subwords = [name.partition(":")[2] for name in wanted if name.startswith("subword:")]
    combinations = [name for name in wanted if name.startswith(("concept:", "role:", "order:", "phrase:"))]
    for sentence in reading.sentences:
        words = [match.span() for match in WORD.finditer(reading.word_text, sentence.start, sentence.end)]
        for name, start, end in _word_spans(reading.word_text, words):
            if name in wanted:
                spans.setdefault(name, []).append((start, end))
        for start, end in words if subwords else ():
            bounded = f"<{fold(reading.word_text[start:end])}>"
            for key in subwords:
                if key in bounded and bounded[1] != MASK:
                    spans.setdefault(f"subword:{key}", []).append((start, end))
        if combinations and sentence.concepts:
            terms = [
                match.span() for match in WORD.finditer(reading.concept_text, sentence.start, sentence.end)
            ]
            for name in combinations:
                spans.setdefault(name, []).extend(
                    (terms[first][0], terms[end - 1][1]) for first, end in reader.occurrences(name, sentence)
                )
    return spans


def _word_spans(text: str, words: Sequence[tuple[int, int]]) -> Iterator[tuple[str, int, int]]:
    previous, previous_start = "", 0
    for start, end in words:
        if text[start] == MASK:
            previous = ""
            continue
        folded = fold(text[start:end])
        yield f"word:{folded}", start, end
        if previous:
            yield f"word:{previous} {folded}", previous_start, end
        previous, previous_start = folded, start
