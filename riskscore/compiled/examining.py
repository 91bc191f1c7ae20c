"""Tokenised texts in; their decision values, reasons, company contexts and instruments' terms out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.decision import Features, Weights, decide
from riskscore.compiled.exposure import Companies, Contexts, ContextSpace, ContextTables, read_contexts
from riskscore.compiled.machine import FULL, ODD, Entry, compiled
from riskscore.compiled.occurrences import FeatureTrie, ReadingSpace
from riskscore.compiled.places import Segments
from riskscore.compiled.reading import read_text
from riskscore.compiled.reasons import (
    N_HEADS,
    Meanings,
    Reasons,
    ReasonSpace,
    find_places,
    forget_slots,
    keep_evidence,
    keep_largest,
    weigh,
    write_places,
)
from riskscore.compiled.terms import Phrases, TermTrie, find_phrases
from riskscore.compiled.tokens import Texts, Tokens
from riskscore.compiled.vocabulary import Words

NOTHING = -2  # of the reasons
READING, RANGES, RESULTS = range(3)  # of which arrays there was a shortage


class Tables(NamedTuple):
    """The model, the lexicon and the instruments' terms."""

    lexicon: TermTrie
    trie: FeatureTrie
    weights: Weights
    meanings: Meanings
    contexts: ContextTables
    phrases: TermTrie
    most_concepts: int  # of a sentence


class Space(NamedTuple):
    """Working space for one text."""

    reading: ReadingSpace
    features: Features
    reasons: ReasonSpace
    contexts: ContextSpace
    shortage: NDArray[np.int64]  # the one of the last FULL


class Wanted(NamedTuple):
    """What is asked of all texts besides their decision values."""

    contributions: int  # most of each head; ALL, or NOTHING where no reasons are wanted at all
    evidence: int  # most of each head
    contexts: bool
    phrases: bool


class Found(NamedTuple):
    """What is found of some texts, one behind the other."""

    log_odds: NDArray[np.float64]  # of each text and head; the first is NaN of a text that is odd
    words: NDArray[np.int64]  # of each text: how many, and how many that the model has a weight for
    reasons: Reasons
    contexts: Contexts
    phrases: Phrases
    phrase_end: NDArray[np.int64]  # of each text; a first 0


@Entry
def examine(
    first: int,
    wanted: Wanted,
    texts: Texts,
    tokens: Tokens,
    words: Words,
    segments: Segments,
    first_segment: NDArray[np.int64],
    companies: Companies,
    tables: Tables,
    space: Space,
    found: Found,
) -> int:
    """Examine texts `first` and on; the first that needs more working space or room, or the end."""
    n_texts = len(texts.bounds) - 1
    for text in range(first, n_texts):
        done = _examine_text(
            text, wanted, texts, tokens, words, segments, first_segment, companies, tables, space, found
        )
        if done == FULL:
            return text
        if done == ODD:
            _leave_out(text, companies, found)
    return n_texts


@compiled
def _examine_text(
    text: int,
    wanted: Wanted,
    texts: Texts,
    tokens: Tokens,
    words: Words,
    segments: Segments,
    first_segment: NDArray[np.int64],
    companies: Companies,
    tables: Tables,
    space: Space,
    found: Found,
) -> int:
    first, last = texts.first_sentence[text], texts.first_sentence[text + 1]
    occurrences, terms = space.reading.occurrences, space.reading.terms
    count = read_text(
        tokens, first, last, words, tables.lexicon, tables.trie, tables.most_concepts, space.reading
    )
    space.shortage[0] = READING
    if count < 0:
        return count
    space.shortage[0] = RESULTS
    distinct, known = decide(tables.weights, occurrences, count, space.features, found.log_odds[text])
    found.words[text, 0], found.words[text, 1] = 0, known
    n_phrases = found.phrase_end[text]
    for sentence in range(first, last):
        found.words[text, 0] += tokens.masked[sentence, 1] - tokens.masked[sentence, 0]
        if wanted.phrases:
            n_phrases = find_phrases(
                tables.phrases,
                words,
                tokens,
                tokens.written[sentence, 0],
                tokens.written[sentence, 1],
                space.reading.frontier,
                found.phrases,
                n_phrases,
                sentence - first,
            )
            if n_phrases < 0:
                return n_phrases
    found.phrase_end[text + 1] = n_phrases
    if wanted.contexts and companies.first[text] < companies.first[text + 1]:
        done = read_contexts(
            text,
            texts,
            tokens,
            words,
            terms,
            tables.trie,
            tables.most_concepts,
            companies,
            tables.contexts,
            space.contexts,
            found.contexts,
        )
        if done == FULL:
            return FULL
    if wanted.contributions == NOTHING:
        return 0
    return _explain_text(
        text, wanted, texts, segments, first_segment, tables, count, distinct, space, found.reasons
    )


@compiled
def _explain_text(
    text: int,
    wanted: Wanted,
    texts: Texts,
    segments: Segments,
    first_segment: NDArray[np.int64],
    tables: Tables,
    n_occurrences: int,
    n_features: int,
    space: Space,
    reasons: Reasons,
) -> int:
    meanings, occurrences, features = tables.meanings, space.reading.occurrences, space.features
    first = texts.first_sentence[text]
    weigh(
        tables.weights,
        meanings,
        features,
        n_features,
        occurrences,
        n_occurrences,
        first,
        texts.first_sentence[text + 1] - first,
        space.reasons,
        reasons.by_sentence,
    )
    n_slots = keep_largest(text, n_features, wanted.contributions, space.reasons, reasons)
    if n_slots == FULL:
        return FULL
    done = 0
    reasons.text_span_end[text + 1] = reasons.text_span_end[text]
    if n_slots:
        done = find_places(meanings, features, occurrences, n_occurrences, space.reading.terms, space.reasons)
        space.shortage[0] = RANGES if done == FULL else RESULTS
        if done != FULL:
            done = write_places(text, n_slots, segments, first_segment, space.reasons, reasons)
        forget_slots(n_slots, space.reasons)
    if done != FULL:
        done = keep_evidence(text, texts, wanted.evidence, segments, first_segment, reasons)
    return done


@compiled
def _leave_out(text: int, companies: Companies, found: Found) -> None:
    """Say nothing of a text that is odd."""
    found.log_odds[text, 0] = np.nan
    found.phrase_end[text + 1] = found.phrase_end[text]
    for company in range(companies.first[text], companies.first[text + 1]):
        end = found.contexts.end[company - 1] if company else 0
        found.contexts.end[company] = end if end < 0 else ~end
    reasons = found.reasons
    reasons.slot_end[text + 1] = reasons.slot_end[text]
    reasons.text_span_end[text + 1] = reasons.text_span_end[text]
    for head in range(N_HEADS):
        reasons.contribution_end[text + 1, head] = reasons.contribution_end[text, N_HEADS - 1]
        reasons.evidence_end[text + 1, head] = reasons.evidence_end[text, N_HEADS - 1]
