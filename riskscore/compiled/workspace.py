"""Sizes in, the arrays that the loops work in out; larger ones where a text needs them."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskscore.compiled.decision import FLAG, PRESENT, Features
from riskscore.compiled.examining import RANGES, READING, Found, Space
from riskscore.compiled.exposure import Contexts, ContextSpace
from riskscore.compiled.machine import NO
from riskscore.compiled.occurrences import (
    MAX_SENTENCE_TOKENS,
    OCCURRENCE,
    ReadingSpace,
    TextTerms,
    Units,
)
from riskscore.compiled.places import Spans
from riskscore.compiled.reasons import N_HEADS, Reasons, ReasonSpace
from riskscore.compiled.summing import MAX_DEPTH, SumSpace
from riskscore.compiled.terms import MAX_CONCEPTS_HERE, MAX_FRONTIER, Frontier, Matches, Phrases
from riskscore.features import MAX_CONCEPTS_A_SENTENCE
from riskscore.quotation import REACH

_OCCURRENCES = 1 << 16
_TERMS = 1 << 14
_RANGES = 1 << 13
_RESULTS = 1 << 15
_MOST_KEPT = 1 << 20  # occurrences; what a text of a megabyte needed is given back


class Workspace:
    """The arrays of one scorer; not for two threads at once.

    Parameters
    ----------
    n_features, n_contexts : int
        Features of the model, and of the exposure model.
    """

    def __init__(self, n_features: int, n_contexts: int) -> None:
        tokens = MAX_SENTENCE_TOKENS
        reading = ReadingSpace(
            occurrences=np.empty(_OCCURRENCES, OCCURRENCE),
            terms=_terms(_TERMS),
            frontier=Frontier(np.empty(MAX_FRONTIER, np.int32), np.empty(MAX_FRONTIER, np.int32)),
            matches=Matches(
                first=np.empty(tokens, np.int32),
                end=np.empty(tokens, np.int32),
                concepts=np.empty(tokens + 1, np.int32),
                concept=np.empty(MAX_CONCEPTS_HERE, np.int32),
            ),
            units=Units(
                symbol=np.empty(tokens, np.int32),
                node=np.empty(tokens, np.int32),
                concept=np.empty(tokens, np.uint8),
                start=np.empty(tokens, np.int32),
                end=np.empty(tokens, np.int32),
            ),
            concepts=np.empty(MAX_CONCEPTS_A_SENTENCE, np.int32),
            roles=np.empty(MAX_CONCEPTS_A_SENTENCE, np.int32),
        )
        self.space = Space(
            reading=reading,
            features=Features(
                seen=np.zeros(n_features, np.uint32),
                # One more than there can be: a feature is written before it is known to be new.
                present=np.empty(n_features + 1, PRESENT),
                squares=np.empty(FLAG + 1, np.float64),
            ),
            reasons=ReasonSpace(
                contribution=np.empty((n_features, N_HEADS), np.float64),
                share=np.empty((n_features, N_HEADS), np.float64),
                column=np.empty(n_features, np.float64),
                size=np.empty(n_features, np.float64),
                rank=np.empty(n_features, np.int64),
                places=np.empty(n_features, np.int32),
                slot=np.full(n_features, NO, np.int32),
                owner=np.empty(n_features, np.int32),
                first=np.empty(n_features, np.int32),
                last=np.empty(n_features, np.int32),
                held=np.empty(n_features, np.int32),
                start=np.empty(_RANGES, np.int32),
                end=np.empty(_RANGES, np.int32),
                following=np.empty(_RANGES, np.int32),
                sums=SumSpace(
                    np.empty(MAX_DEPTH, np.int64), np.empty(MAX_DEPTH, np.int64), np.empty(MAX_DEPTH)
                ),
            ),
            contexts=ContextSpace(
                seen=np.zeros(n_contexts, np.uint8),
                concepts=np.empty(MAX_CONCEPTS_A_SENTENCE, np.int32),
                roles=np.empty(MAX_CONCEPTS_A_SENTENCE, np.int32),
                near=np.empty(REACH, np.int32),
                speech=np.empty((2, REACH), np.int32),
            ),
            shortage=np.zeros(1, np.int64),
        )
        self._results = _results(_RESULTS)

    def found(self, n_texts: int, n_sentences: int, n_companies: int, n_heads: int) -> Found:
        """Room for what is found of some texts; what was found before is overwritten."""
        room = self._results
        return room._replace(
            log_odds=np.empty((n_texts, n_heads)),
            words=np.empty((n_texts, 2), np.int64),
            reasons=room.reasons._replace(
                contribution_end=np.zeros((n_texts + 1, N_HEADS), np.int64),
                omitted=np.empty((n_texts, N_HEADS)),
                slot_end=np.zeros(n_texts + 1, np.int64),
                text_span_end=np.zeros(n_texts + 1, np.int64),
                evidence_end=np.zeros((n_texts + 1, N_HEADS), np.int64),
                by_sentence=np.empty((n_sentences, N_HEADS)),
                sentence_size=np.empty(n_sentences),
                sentence_rank=np.empty(n_sentences, np.int64),
                sentence_place=np.empty(n_sentences, np.int32),
            ),
            contexts=room.contexts._replace(end=np.empty(n_companies, np.int64)),
            phrase_end=np.zeros(n_texts + 1, np.int64),
        )

    def enlarge(self, found: Found) -> Found:
        """Twice the room of whatever was too small; what is found already is kept."""
        space, shortage = self.space, int(self.space.shortage[0])
        if shortage == READING:
            reading = space.reading
            occurrences = np.empty(2 * len(reading.occurrences), OCCURRENCE)
            terms = _terms(2 * len(reading.terms.start))
            self.space = space._replace(reading=reading._replace(occurrences=occurrences, terms=terms))
        elif shortage == RANGES:
            reasons = space.reasons
            start, end, following = np.empty((3, 2 * len(reasons.start)), np.int32)
            self.space = space._replace(reasons=reasons._replace(start=start, end=end, following=following))
        else:
            self._results = _results(2 * len(found.phrases.term))
            found = _filled(found, self._results)
        return found

    def give_back(self) -> None:
        """Let go of what only an uncommonly long text needed."""
        if len(self.space.reading.occurrences) > _MOST_KEPT:
            self.space = self.space._replace(
                reading=self.space.reading._replace(
                    occurrences=np.empty(_OCCURRENCES, OCCURRENCE), terms=_terms(_TERMS)
                )
            )
        if len(self._results.phrases.term) > _MOST_KEPT:
            self._results = _results(_RESULTS)


def _terms(room: int) -> TextTerms:
    return TextTerms(
        first=np.empty(room + 1, np.int32),
        start=np.empty(room, np.int32),
        end=np.empty(room, np.int32),
        concepts=np.zeros(room + 1, np.int32),
        concept=np.empty(room, np.int32),
    )


def _results(room: int) -> Found:
    """Room for the lists of what is found; what there is one of for each text has none yet."""
    return Found(
        log_odds=np.empty((0, 0)),
        words=np.empty((0, 2), np.int64),
        reasons=Reasons(
            contribution_end=np.empty((0, N_HEADS), np.int64),
            feature=np.empty(room, np.int32),
            value=np.empty(room),
            slot=np.empty(room, np.int32),
            omitted=np.empty((0, N_HEADS)),
            slot_end=np.empty(0, np.int64),
            title_end=np.empty(room, np.int32),
            span_end=np.empty(room, np.int32),
            text_span_end=np.empty(0, np.int64),
            spans=_spans(room),
            evidence_end=np.empty((0, N_HEADS), np.int64),
            sentence=np.empty(room, np.int32),
            share=np.empty(room),
            evidence=_spans(room),
            by_sentence=np.empty((0, N_HEADS)),
            sentence_size=np.empty(0),
            sentence_rank=np.empty(0, np.int64),
            sentence_place=np.empty(0, np.int32),
        ),
        contexts=Contexts(end=np.empty(0, np.int64), feature=np.empty(room, np.int32)),
        phrases=Phrases(*np.empty((4, room), np.int32)),
        phrase_end=np.empty(0, np.int64),
    )


def _spans(room: int) -> Spans:
    return Spans(*np.empty((3, room), np.int32))


def _filled(old: Any, larger: Any) -> Any:
    """The larger arrays with what is in the old ones; the old one where there is no larger."""
    if isinstance(old, tuple):
        return type(old)(*map(_filled, old, larger))
    if len(larger) <= len(old):
        return old
    larger[: len(old)] = old
    return larger
