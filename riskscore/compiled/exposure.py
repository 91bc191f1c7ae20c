"""The mentions of a company in one text in, the features of its exposure that lie in their context out.

The same as `riskscore.exposure.context_keys` names.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.concept_features import distinct_concepts, distinct_roles
from riskscore.compiled.machine import FULL, NO, ODD, compiled
from riskscore.compiled.occurrences import FeatureTrie, TextTerms
from riskscore.compiled.steps import Steps, step
from riskscore.compiled.tokens import Texts, Tokens
from riskscore.compiled.vocabulary import MASKED, Words
from riskscore.exposure import REACH_CHARS, WINDOW
from riskscore.quotation import REACH, source_kind

_source_kind = compiled(source_kind)
BEFORE, AFTER, JUST_BEFORE, JUST_AFTER = range(4)


class Companies(NamedTuple):
    """The companies of some texts, and their mentions, one company's behind the other's."""

    first: NDArray[np.int64]  # company of each text; one more entry than texts
    mention: NDArray[np.int64]  # of each company; one more entry than companies
    start: NDArray[np.int64]  # of each mention, in its text
    end: NDArray[np.int64]


class ContextTables(NamedTuple):
    """Features of the exposure model; NO where there is none."""

    concept: NDArray[np.int32]  # for each concept of the sentence
    steps: Steps  # sets of its roles as paths
    role_node: NDArray[np.int32]  # of each role
    role_feature: NDArray[np.int32]  # of each node
    quoted: NDArray[np.int32]  # for each kind of source; for no kind, that the company is nothing but one
    company: NDArray[np.int32]  # for another company beside it, by where that stands


class ContextSpace(NamedTuple):
    """Working space for one company."""

    seen: NDArray[np.uint8]  # of each feature of the exposure model; 0 between companies
    concepts: NDArray[np.int32]
    roles: NDArray[np.int32]
    near: NDArray[np.int32]  # words before a mention
    speech: NDArray[np.int32]  # parts in how opinions are quoted, of the words before it and behind it


class Contexts(NamedTuple):
    """Features of some companies, one company's behind the other's."""

    end: NDArray[np.int64]  # place behind the last of each company, its complement where words do not tell
    feature: NDArray[np.int32]


@compiled
def read_contexts(
    text: int,
    texts: Texts,
    tokens: Tokens,
    words: Words,
    terms: TextTerms,
    trie: FeatureTrie,
    most_concepts: int,
    companies: Companies,
    tables: ContextTables,
    space: ContextSpace,
    contexts: Contexts,
) -> int:
    """Write the features of all companies of a text; FULL where there is no room."""
    for company in range(companies.first[text], companies.first[text + 1]):
        end = contexts.end[company - 1] if company else 0
        first = count = end if end >= 0 else ~end
        if first + len(space.seen) > len(contexts.feature):
            return FULL
        sources, previous = 0, NO
        low, high = companies.mention[company], companies.mention[company + 1]
        clear = True
        for mention in range(low, high):
            sentence = _sentence_of(texts, text, companies.start[mention])
            if sentence != previous:
                previous = sentence
                count = _read_sentence(
                    sentence - texts.first_sentence[text],
                    tokens.masked[sentence, 0],
                    tokens.masked[sentence, 1],
                    tokens,
                    words,
                    terms,
                    trie,
                    most_concepts,
                    tables,
                    space,
                    contexts.feature,
                    count,
                )
            count, kind = _read_mention(
                texts,
                sentence,
                companies.start[mention],
                companies.end[mention],
                tokens,
                words,
                tables,
                space,
                contexts.feature,
                count,
            )
            clear = clear and kind != ODD
            if kind > 0:
                sources += 1
                count = _add(space, contexts.feature, count, tables.quoted[kind])
        if sources == high - low:
            count = _add(space, contexts.feature, count, tables.quoted[0])
        for at in range(first, count):
            space.seen[contexts.feature[at]] = 0
        contexts.end[company] = count if clear else ~count
    return 0


@compiled
def _add(space: ContextSpace, features: NDArray[np.int32], count: int, feature: int) -> int:
    """Append a feature if it is new of its company; there is room for every one."""
    if feature == NO or space.seen[feature]:
        return count
    space.seen[feature] = 1
    features[count] = feature
    return count + 1


@compiled
def _sentence_of(texts: Texts, text: int, start: int) -> int:
    """The last sentence of the text that begins at `start` or before, else its first."""
    low: int = texts.first_sentence[text]
    high = texts.first_sentence[text + 1]
    start += texts.bounds[text]
    while high - low > 1:
        middle = (low + high) >> 1
        if texts.starts[middle] <= start:
            low = middle
        else:
            high = middle
    return low


@compiled
def _read_sentence(
    sentence: int,
    low: int,
    high: int,
    tokens: Tokens,
    words: Words,
    terms: TextTerms,
    trie: FeatureTrie,
    most_concepts: int,
    tables: ContextTables,
    space: ContextSpace,
    features: NDArray[np.int32],
    count: int,
) -> int:
    """Features of a sentence that names the company: its concepts, sets of their roles, its words."""
    concepts, roles = space.concepts, space.roles
    from_term, to_term = terms.concepts[terms.first[sentence]], terms.concepts[terms.first[sentence + 1]]
    n_concepts = distinct_concepts(terms.concept, from_term, to_term, most_concepts, concepts)
    n_roles = distinct_roles(trie, concepts, n_concepts, roles)
    for at in range(n_concepts):
        count = _add(space, features, count, tables.concept[concepts[at]])
    for first in range(n_roles):
        node = tables.role_node[roles[first]]
        for second in range(first + 1, n_roles if node != NO else 0):
            pair = step(tables.steps, node, roles[second])
            if pair == NO:
                continue
            count = _add(space, features, count, tables.role_feature[pair])
            for third in range(second + 1, n_roles):
                triple = step(tables.steps, pair, roles[third])
                if triple == NO:
                    continue
                count = _add(space, features, count, tables.role_feature[triple])
                for fourth in range(third + 1, n_roles):
                    four = step(tables.steps, triple, roles[fourth])
                    if four != NO:
                        count = _add(space, features, count, tables.role_feature[four])
    for at in range(low, high):
        word = words.record[tokens.word[at]]
        if not word.flags & MASKED:
            count = _add(space, features, count, word.inside)
    return count


@compiled
def _read_mention(
    texts: Texts,
    sentence: int,
    start: int,
    end: int,
    tokens: Tokens,
    words: Words,
    tables: ContextTables,
    space: ContextSpace,
    features: NDArray[np.int32],
    count: int,
) -> tuple[int, int]:
    """Features of the words on either side of a mention; how many features there are then, and the kind of
    source that the words make of it (`quotation.source_kind`), or ODD where a word is cut off
    or lies outside the sentences.
    """
    offset = texts.offsets[sentence]
    if not texts.starts[sentence] <= start + offset < texts.ends[sentence]:
        return count, ODD
    least = max(texts.starts[sentence] - offset, start - REACH_CHARS)
    most = min(texts.ends[sentence] - offset, end + REACH_CHARS)
    low, high = tokens.masked[sentence, 0], tokens.masked[sentence, 1]
    near, speech = space.near, space.speech
    n_before = n_after = 0
    first = low
    while first < high and tokens.start[first] < start:
        first += 1
    at = first - 1
    while at >= low and n_before < REACH and tokens.end[at] > least:
        if tokens.start[at] < least or tokens.end[at] > start:
            return count, ODD
        near[n_before] = tokens.word[at]  # the nearest first, as yet
        n_before += 1
        at -= 1
    for place in range(n_before):
        speech[0, place] = words.record[near[n_before - 1 - place]].speech
    if n_before:
        count = _add_near(words, near[0], tables.company, JUST_BEFORE, space, features, count)
    for place in range(min(n_before, WINDOW)):
        count = _add_near(words, near[place], tables.company, BEFORE, space, features, count)
    at = first
    while at < high and tokens.start[at] < end:
        if tokens.end[at] > end:
            return count, ODD
        at += 1
    while at < high and n_after < REACH and tokens.start[at] < most:
        if tokens.end[at] > most:
            return count, ODD
        if n_after == 0:
            count = _add_near(words, tokens.word[at], tables.company, JUST_AFTER, space, features, count)
        if n_after < WINDOW:
            count = _add_near(words, tokens.word[at], tables.company, AFTER, space, features, count)
        speech[1, n_after] = words.record[tokens.word[at]].speech
        n_after += 1
        at += 1
    return count, _source_kind(speech[0], n_before, speech[1], n_after)


@compiled
def _add_near(
    words: Words,
    word: int,
    company: NDArray[np.int32],
    place: int,
    space: ContextSpace,
    features: NDArray[np.int32],
    count: int,
) -> int:
    """Add the feature of a word, or of a masked name, at one of the places beside a mention."""
    known = words.record[word]
    if known.flags & MASKED:
        return _add(space, features, count, company[place])
    if place == BEFORE:
        return _add(space, features, count, known.before)
    if place == AFTER:
        return _add(space, features, count, known.after)
    if place == JUST_BEFORE:
        return _add(space, features, count, known.just_before)
    return _add(space, features, count, known.just_after)
