"""What the loops found of some texts in, an `Examined` for each document out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.examining import NOTHING, Found, Wanted
from riskscore.compiled.exposure import Companies, Contexts
from riskscore.compiled.layout import FIELDS
from riskscore.compiled.places import Spans
from riskscore.compiled.reasons import Reasons
from riskscore.compiled.terms import Phrases
from riskscore.compiled.tokens import Texts
from riskscore.contributions import Contributions, Pair, Places
from riskscore.examination import Examined, Examiner
from riskscore.features import Reading
from riskscore.instruments import InstrumentMatch
from riskscore.phrases import Occurrence
from riskscore.rationale import Explained, Explainer
from riskscore.scorer import Floats
from riskscore.text.han import HAN
from riskscore.types import Document, Evidence, Regime, SourceSpan

_occurrence: Callable[[Sequence[int]], Occurrence] = partial(tuple.__new__, Occurrence)  # at C's speed


class Findings:
    """What is found of a batch of texts, taken out of the working space that the next batch overwrites.

    Attributes
    ----------
    log_odds : ndarray, shape (n_texts, n_heads)
        The first is NaN of a text that is odd.
    """

    def __init__(
        self,
        found: Found,
        readings: Sequence[Reading],
        texts: Texts,
        companies: Companies,
        wanted: Wanted,
    ) -> None:
        self.log_odds: Floats = found.log_odds
        self._readings = readings
        self.words = found.words.tolist()
        self.reasons = _Reasons(found.reasons, texts) if wanted.contributions != NOTHING else None
        self.contexts = _Contexts(found.contexts, companies)
        self.phrases = _Phrases(found.phrases, found.phrase_end) if wanted.phrases else None

    def of_documents(self, reference: Examiner, documents: Sequence[Document]) -> Iterator[Examined | None]:
        """The part of each document; None for one that is odd."""
        odd = np.isnan(self.log_odds[:, 0]).tolist()
        for at, (document, reading) in enumerate(zip(documents, self._readings, strict=True)):
            if odd[at]:
                yield None
                continue
            yield _Examined(self, at, reference, document, reading)


class _Examined:
    """See `riskscore.examination.Examined`."""

    __slots__ = (
        *("_at", "_document", "_findings", "_reference"),
        *("known_words", "log_odds", "reading", "reasons", "words"),
    )

    def __init__(
        self, findings: Findings, at: int, reference: Examiner, document: Document, reading: Reading
    ) -> None:
        self._findings = findings
        self._at = at
        self._reference = reference
        self._document = document
        self.reading = reading
        self.log_odds = findings.log_odds[at]
        self.words, self.known_words = findings.words[at]
        reasons = findings.reasons
        self.reasons = None if reasons is None else reasons.of_text(at, document, reference.explainer)

    def exposures(self, flagged: Sequence[Regime]) -> list[float]:
        reading, exposure = self.reading, self._reference.exposure
        by_company = reading.by_company
        contexts = self._findings.contexts.of_text(self._at)
        return exposure.probabilities(
            [
                exposure.log_odds(
                    reading.text,
                    spans,
                    flagged,
                    len(by_company),
                    exposure.context(reading, spans) if context is None else context,
                )
                for spans, context in zip(by_company.values(), contexts, strict=True)
            ]
        )

    def instruments(self) -> list[InstrumentMatch]:
        text, phrases = self._document.text, self._findings.phrases
        # Chinese terms stand inside words, which the loops do not look into.
        known = None
        if phrases is not None and (text.isascii() or not HAN.search(text)):
            known = phrases.of_text(self._at, len(self.reading.bounds))
        return self._reference.matcher.find(self._document, known)


class _Reasons:
    """The reasons, as lists."""

    def __init__(self, reasons: Reasons, texts: Texts) -> None:
        self._n_heads = reasons.contribution_end.shape[1]
        self._ends = reasons.contribution_end.ravel().tolist()
        self._omitted = reasons.omitted.tolist()
        count = self._ends[-1]
        self._feature = reasons.feature[:count].tolist()
        self._value = reasons.value[:count].tolist()
        self._slot = reasons.slot[:count].tolist()
        self._slot_end = reasons.slot_end.tolist()
        self._title_end = reasons.title_end[: self._slot_end[-1]].tolist()
        self._span_end = reasons.span_end[: self._slot_end[-1]].tolist()
        self._text_span_end = reasons.text_span_end.tolist()
        self._pairs = _pairs(reasons.spans, self._text_span_end[-1])
        self._evidence_ends = reasons.evidence_end.ravel().tolist()
        count = self._evidence_ends[-1]
        self._sentence = reasons.sentence[:count].tolist()
        self._share = reasons.share[:count].tolist()
        self._evidence = _pairs(reasons.evidence, count)
        self._field = reasons.evidence.field[:count].tolist()
        self._by_sentence = reasons.by_sentence
        self._first_sentence = texts.first_sentence.tolist()

    def of_text(self, text: int, document: Document, explainer: Explainer) -> tuple[Explained, ...]:
        """The reasons for each head."""
        slots = slice(self._slot_end[text], self._slot_end[text + 1])
        spans = slice(self._text_span_end[text], self._text_span_end[text + 1])
        segments = document.segments
        places = Places(
            self._pairs[spans],
            self._title_end[slots],
            self._span_end[slots],
            segments[-1].field if segments else "text",
        )
        sentences = slice(self._first_sentence[text], self._first_sentence[text + 1])
        reasons = []
        for head, omitted in enumerate(self._omitted[text]):
            at = (text + 1) * self._n_heads + head
            kept = slice(self._ends[at - 1], self._ends[at])
            contributions = Contributions(
                explainer.meaning, self._feature[kept], self._value[kept], self._slot[kept], places
            )
            evidence = self._evidence_of(
                slice(self._evidence_ends[at - 1], self._evidence_ends[at]), document
            )
            reasons.append(Explained(contributions, omitted, evidence, self._by_sentence[sentences, head]))
        return tuple(reasons)

    def _evidence_of(self, part: slice, document: Document) -> tuple[Evidence, ...]:
        text, sentences = document.text, document.sentences
        return tuple(
            [
                Evidence(text[slice(*sentences[at])], SourceSpan(FIELDS[field], *pair), share)
                for at, share, pair, field in zip(
                    self._sentence[part],
                    self._share[part],
                    self._evidence[part],
                    self._field[part],
                    strict=True,
                )
            ]
        )


class _Contexts:
    """The features of companies, as lists."""

    def __init__(self, contexts: Contexts, companies: Companies) -> None:
        self._first = companies.first.tolist()
        ends = contexts.end
        self._clear = (ends >= 0).tolist()
        ends = np.where(ends < 0, ~ends, ends)
        self._end = ends.tolist()
        self._feature = contexts.feature[: self._end[-1] if self._end else 0].tolist()

    def of_text(self, text: int) -> list[list[int] | None]:
        """Those of each company of a text; None where its words do not tell."""
        return [
            self._feature[self._end[company - 1] if company else 0 : self._end[company]]
            if self._clear[company]
            else None
            for company in range(self._first[text], self._first[text + 1])
        ]


class _Phrases:
    """The instruments' terms, as lists."""

    def __init__(self, phrases: Phrases, end: NDArray[np.int64]) -> None:
        self._end = end.tolist()
        self._columns = [column[: self._end[-1]].tolist() for column in phrases]

    def of_text(self, text: int, n_sentences: int) -> list[list[Occurrence]]:
        """Those in each sentence of a text."""
        part = slice(self._end[text], self._end[text + 1])
        sentences, *columns = [column[part] for column in self._columns]
        every = list(map(_occurrence, zip(*columns, strict=True)))
        found: list[list[Occurrence]] = []
        low = 0
        for sentence in range(n_sentences):
            high = bisect_right(sentences, sentence, low)
            found.append(every[low:high])
            low = high
        return found


def _pairs(spans: Spans, count: int) -> list[Pair]:
    return list(zip(spans.start[:count].tolist(), spans.end[:count].tolist(), strict=True))
