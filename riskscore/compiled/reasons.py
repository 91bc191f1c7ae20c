"""The features of one text in; its largest contributions with their places, and its evidence, out.

The same as `riskscore.rationale` says of a text, for the heads of the regimes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.decision import Features, Weights
from riskscore.compiled.machine import FULL, NO, compiled
from riskscore.compiled.occurrences import TextTerms
from riskscore.compiled.places import Segments, Spans, locate
from riskscore.compiled.ranking import largest
from riskscore.compiled.summing import SumSpace, pairwise_sum
from riskscore.compiled.tokens import Texts
from riskscore.rationale import MAX_SPANS, MIN_EVIDENCE_SHARE
from riskscore.types import REGIMES

N_HEADS = len(REGIMES)  # that are explained; a constant, so that loops over them are unrolled
ALL = -1  # contributions to keep
TITLE = 0  # among the fields


class Meanings(NamedTuple):
    """What the reasons have to know of the model's features."""

    number: NDArray[np.int64]  # of each feature, as the model numbers them
    columns: NDArray[np.int64]  # heads to explain
    row: NDArray[np.int32]  # of each feature made of concepts, in the next; else NO
    concepts: NDArray[np.uint64]  # bits of the concepts behind it, shape (n_rows, n_concepts / 64)


class Reasons(NamedTuple):
    """What is said of some texts, one behind the other; `…_end` are places behind the last of something."""

    contribution_end: NDArray[np.int64]  # of each text and head; a first row of zeros
    feature: NDArray[np.int32]  # of each contribution, as the model numbers them
    value: NDArray[np.float64]
    slot: NDArray[np.int32]  # of its spans, among those of its text; several heads may share them
    omitted: NDArray[np.float64]  # of each text and head: sum of the contributions left out
    slot_end: NDArray[np.int64]  # of each text; a first 0
    title_end: NDArray[np.int32]  # of each slot's spans in the title, which come first; counted in its text
    span_end: NDArray[np.int32]  # of all of them
    text_span_end: NDArray[np.int64]  # of each text; a first 0
    spans: Spans
    evidence_end: NDArray[np.int64]  # of each text and head; a first row of zeros
    sentence: NDArray[np.int32]  # of each piece of evidence, in its text
    share: NDArray[np.float64]  # what it adds
    evidence: Spans
    by_sentence: NDArray[np.float64]  # what each sentence adds to each head
    sentence_size: NDArray[np.float64]  # working space for one text's sentences
    sentence_rank: NDArray[np.int64]
    sentence_place: NDArray[np.int32]


class ReasonSpace(NamedTuple):
    """Working space for one text."""

    contribution: NDArray[np.float64]  # of each distinct feature and head
    share: NDArray[np.float64]  # of each of its occurrences
    column: NDArray[np.float64]
    size: NDArray[np.float64]
    rank: NDArray[np.int64]
    places: NDArray[np.int32]
    slot: NDArray[np.int32]  # of each distinct feature whose places are wanted; else NO, between texts too
    owner: NDArray[np.int32]  # feature of each slot, among the distinct ones
    first: NDArray[np.int32]  # of each slot: its first range, its last, and how many there are
    last: NDArray[np.int32]
    held: NDArray[np.int32]
    start: NDArray[np.int32]  # ranges, each with the next of its slot
    end: NDArray[np.int32]
    following: NDArray[np.int32]
    sums: SumSpace


@compiled
def weigh(
    weights: Weights,
    meanings: Meanings,
    features: Features,
    n_features: int,
    occurrences: NDArray[Any],
    n_occurrences: int,
    first_sentence: int,
    n_sentences: int,
    space: ReasonSpace,
    by_sentence: NDArray[np.float64],
) -> None:
    """Contributions of the features of a text, and what each sentence adds."""
    columns = meanings.columns
    for place in range(n_features):
        here = features.present[place]
        space.rank[place] = meanings.number[here.feature]
        for head in range(N_HEADS):
            contribution = weights.coef[here.feature, columns[head]] * here.value
            space.contribution[place, head] = contribution
            space.share[place, head] = contribution / here.times
    for at in range(first_sentence, first_sentence + n_sentences):
        for head in range(N_HEADS):
            by_sentence[at, head] = 0.0
    for at in range(n_occurrences):
        place, sentence = occurrences[at].feature, first_sentence + occurrences[at].sentence
        for head in range(N_HEADS):
            by_sentence[sentence, head] += space.share[place, head]


@compiled
def keep_largest(text: int, n_features: int, most: int, space: ReasonSpace, reasons: Reasons) -> int:
    """Write the largest contributions of each head; how many distinct features they are of, or FULL."""
    n_slots = 0
    end = reasons.contribution_end[text, N_HEADS - 1]
    wanted = n_features if most == ALL else min(most, n_features)
    if end + N_HEADS * wanted > len(reasons.feature):
        return FULL
    for head in range(N_HEADS):
        for place in range(n_features):
            space.column[place] = space.contribution[place, head]
            space.size[place] = abs(space.contribution[place, head])
        kept = largest(space.size, space.rank, n_features, wanted, space.places)
        total = 0.0
        for at in range(kept):
            place = space.places[at]
            if space.slot[place] == NO:
                space.slot[place] = n_slots
                space.owner[n_slots] = place
                space.first[n_slots] = NO
                space.held[n_slots] = 0
                n_slots += 1
            reasons.feature[end + at] = space.rank[place]
            reasons.value[end + at] = space.column[place]
            reasons.slot[end + at] = space.slot[place]
            total += space.column[place]
        end += kept
        reasons.contribution_end[text + 1, head] = end
        reasons.omitted[text, head] = (
            0.0 if most == ALL else pairwise_sum(space.column, n_features, space.sums) - total
        )
    reasons.slot_end[text + 1] = reasons.slot_end[text] + n_slots
    return n_slots


@compiled
def find_places(
    meanings: Meanings,
    features: Features,
    occurrences: NDArray[Any],
    n_occurrences: int,
    terms: TextTerms,
    space: ReasonSpace,
) -> int:
    """List the distinct ranges of each slot's feature, in order; FULL where there is no room for them."""
    used = 0
    for at in range(n_occurrences):
        occurrence = occurrences[at]
        slot = space.slot[occurrence.feature]
        if slot == NO or space.held[slot] == MAX_SPANS:
            continue
        if occurrence.start < occurrence.end:
            used = _add_range(space, slot, occurrence.start, occurrence.end, used)
        else:  # it is made of concepts, and stands where the sentence's terms of them do
            row = meanings.row[features.present[occurrence.feature].feature]
            sentence = occurrence.sentence
            for term in range(terms.first[sentence], terms.first[sentence + 1]):
                if used != FULL and _speaks_for(meanings, row, terms, term):
                    used = _add_range(space, slot, terms.start[term], terms.end[term], used)
        if used == FULL:
            return FULL
    return used


@compiled
def _speaks_for(meanings: Meanings, row: int, terms: TextTerms, term: int) -> bool:
    """Whether one of the concepts behind a feature is among those of a term."""
    for at in range(terms.concepts[term], terms.concepts[term + 1]):
        concept = terms.concept[at]
        if meanings.concepts[row, concept >> 6] >> np.uint64(concept & 63) & np.uint64(1):
            return True
    return False


@compiled
def _add_range(space: ReasonSpace, slot: int, start: int, end: int, used: int) -> int:
    """Add a range to those of a slot, if it is new there; how many ranges are in use then, or FULL."""
    if space.held[slot] == MAX_SPANS:
        return used
    at = space.first[slot]
    while at != NO:
        if space.start[at] == start and space.end[at] == end:
            return used
        at = space.following[at]
    if used == len(space.start):
        return FULL
    if space.first[slot] == NO:
        space.first[slot] = used
    else:
        space.following[space.last[slot]] = used
    space.last[slot] = used
    space.held[slot] += 1
    space.start[used], space.end[used], space.following[used] = start, end, NO
    return used + 1


@compiled
def write_places(
    text: int,
    n_slots: int,
    segments: Segments,
    first_segment: NDArray[np.int64],
    space: ReasonSpace,
    reasons: Reasons,
) -> int:
    """Write where the ranges of all slots of a text were sent; FULL where there is no room."""
    base, first = reasons.slot_end[text], reasons.text_span_end[text]
    low, high = first_segment[text], first_segment[text + 1]
    count: int = first
    for slot in range(n_slots):
        if count + space.held[slot] > len(reasons.spans.start):
            return FULL
        title_end = count
        at = space.first[slot]
        while at != NO:
            count = locate(segments, low, high, space.start[at], space.end[at], reasons.spans, count)
            if count > title_end and reasons.spans.field[count - 1] == TITLE:
                title_end = count
            at = space.following[at]
        reasons.title_end[base + slot] = title_end - first
        reasons.span_end[base + slot] = count - first
    reasons.text_span_end[text + 1] = count
    return count


@compiled
def forget_slots(n_slots: int, space: ReasonSpace) -> None:
    """Make the working space ready for the next text."""
    for slot in range(n_slots):
        space.slot[space.owner[slot]] = NO


@compiled
def keep_evidence(
    text: int,
    texts: Texts,
    most: int,
    segments: Segments,
    first_segment: NDArray[np.int64],
    reasons: Reasons,
) -> int:
    """Write the sentences that raise each head, strongest first; FULL where there is no room."""
    first = texts.first_sentence[text]
    n_sentences = texts.first_sentence[text + 1] - first
    low, high = first_segment[text], first_segment[text + 1]
    end: int = reasons.evidence_end[text, N_HEADS - 1]
    size, order, places = reasons.sentence_size, reasons.sentence_rank, reasons.sentence_place
    if end + N_HEADS * min(most, n_sentences) + 1 > len(reasons.sentence):
        return FULL
    for head in range(N_HEADS):
        for at in range(n_sentences):
            size[at] = reasons.by_sentence[first + at, head]
            order[at] = at
        ranked = largest(size, order, n_sentences, n_sentences if most else 0, places)
        least = max(0.0, MIN_EVIDENCE_SHARE * size[places[0]]) if ranked else 0.0
        stop = end + most
        for rank in range(ranked):
            at = places[rank]
            if end == stop or size[at] <= least:
                break
            start = texts.starts[first + at] - texts.bounds[text]
            finish = texts.ends[first + at] - texts.bounds[text]
            reasons.sentence[end] = at
            reasons.share[end] = size[at]
            end = locate(segments, low, high, start, finish, reasons.evidence, end)
        reasons.evidence_end[text + 1, head] = end
    return end
