"""Code points and tables in, features and decision values out: the loops, compiled with numba.

Nothing here knows what a letter or a word means; that stands in the tables. Arrays are written in place.
Every array that a text could overflow has a bound that is checked: a text that passes one is reported
as `ODD` and left to the reference in `riskscore.scorer`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """numba's compiler, with its result kept on disk; typed, as numba's decorator is not.

    Nothing here allocates, so the counting of references to arrays is left out (`_nrt`): numba would
    count, atomically, at every use of an array of a tuple, which took half of the time.
    """
    made: Function = numba.njit(cache=True, error_model="numpy", _nrt=False)(function)
    return made


MAX_SENTENCE_TOKENS = 1_001  # a sentence has at most 1,000 characters
MAX_TOKEN_CHARS = 200
MAX_FRONTIER = 64
MAX_CONCEPTS_HERE = 256  # of one sentence's terms, repeats included
_MOST_SETS = 8_000  # features that the concepts (at most 20) and roles of one sentence can make together
ODD, FULL = -1, -2  # in place of a count
NO = -1
FLAG = 3  # a family whose values are 1; those before it are length-normed
ONE_WORD, TICKER, SEVERAL_WORDS, SECOND_WORD = 1, 2, 4, 8
_SPACE, _DOLLAR, _STOP, _COLON, _WIDE_COLON = 0x20, 0x24, 0x2E, 0x3A, 0xFF1A
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_SEED = np.uint64(0xCBF29CE484222325)


class Steps(NamedTuple):
    """A hash table of (node, symbol) → node; its length is a power of two.

    Most look-ups find nothing. A byte of each key's hash, 0 where a place is free, tells that from a
    table that stays in the cache.
    """

    tags: NDArray[np.uint8]
    keys: NDArray[np.int64]
    nodes: NDArray[np.int32]


class Trie(NamedTuple):
    """The features as paths, and the roles of concepts."""

    steps: Steps
    feature: NDArray[np.int32]  # of each node; NO where no feature ends
    concept_node: NDArray[np.int32]  # of each concept, from the root of its family
    order_node: NDArray[np.int32]
    unit_symbol: NDArray[np.int32]  # of each concept as a unit of a phrase
    unit_node: NDArray[np.int32]
    role: NDArray[np.int32]  # of each concept; NO when left out
    role_node: NDArray[np.int32]  # of each role, from the root of its family


class Lexicon(NamedTuple):
    """The concept matcher's trie over word patterns."""

    steps: Steps
    start: NDArray[np.int32]  # of each node's concepts; one more entry than nodes
    concepts: NDArray[np.int32]


class Book(NamedTuple):
    """Distinct words by their exact code points; `size` is (words, code points in the pool)."""

    slots: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    start: NDArray[np.int64]
    pool: NDArray[np.uint32]
    size: NDArray[np.int64]


class Words(NamedTuple):
    """What each word of the book stands for."""

    symbol: NDArray[np.int32]
    word_node: NDArray[np.int32]
    phrase_node: NDArray[np.int32]
    masked: NDArray[np.uint8]
    odd: NDArray[np.uint8]
    begins_term: NDArray[np.uint8]  # of the lexicon
    name_kind: NDArray[np.uint8]  # as part of a company's name, in the bits below
    subword_start: NDArray[np.int64]  # one more entry than words
    subwords: NDArray[np.int32]
    pattern_start: NDArray[np.int64]
    patterns: NDArray[np.int32]


class Tokens(NamedTuple):
    """Words of some texts in order; those of sentence s are first[s] to first[s + 1]."""

    word: NDArray[np.int32]
    start: NDArray[np.int64]  # in its text
    end: NDArray[np.int64]
    first: NDArray[np.int64]


class Scratch(NamedTuple):
    """Working space for one text."""

    feature: NDArray[np.uint32]  # of each occurrence; unsigned, or numba would test for a negative index
    sentence: NDArray[np.int32]
    start: NDArray[np.int32]  # its characters, among the code points
    end: NDArray[np.int32]
    seen: NDArray[np.uint32]  # of each feature of the model; 0 between texts
    present: NDArray[np.uint32]  # distinct features of the text
    times: NDArray[np.int32]  # of each
    value: NDArray[np.float64]
    squares: NDArray[np.float64]  # of each family's values, summed
    frontier: NDArray[np.int32]
    following: NDArray[np.int32]
    concepts: NDArray[np.int32]  # distinct ones of a sentence
    roles: NDArray[np.int32]
    term_sentence: NDArray[np.int32]  # of each match of the texts that are kept
    term_start: NDArray[np.int32]
    term_end: NDArray[np.int32]
    term_concepts: NDArray[np.int64]  # one more entry than terms
    term_concept: NDArray[np.int32]
    match_first: NDArray[np.int64]
    match_end: NDArray[np.int64]
    match_concepts: NDArray[np.int64]  # one more entry than matches
    match_concept: NDArray[np.int32]
    unit_symbol: NDArray[np.int32]
    unit_node: NDArray[np.int32]
    unit_concept: NDArray[np.uint8]
    unit_start: NDArray[np.int64]
    unit_end: NDArray[np.int64]


class Weights(NamedTuple):
    """The linear heads."""

    coef: NDArray[np.float32]
    intercept: NDArray[np.float64]
    idf: NDArray[np.float64]
    family: NDArray[np.uint8]  # of each feature; each is length-normed on its own, but for FLAG
    log_count: NDArray[np.float64]  # 1 + log(count) of small counts


@compiled
def fill_steps(
    steps: Steps, nodes: NDArray[np.int64], symbols: NDArray[np.int64], targets: NDArray[np.int64]
) -> None:
    """Enter distinct steps into a table that has room for them."""
    mask = len(steps.keys) - 1
    for at in range(len(nodes)):
        key = (nodes[at] << 32) | symbols[at]
        code = np.uint64(key) * _MULTIPLIER
        place = np.int64(code >> np.uint64(20)) & mask
        while steps.tags[place]:
            place = (place + 1) & mask
        steps.tags[place] = np.uint8((code >> np.uint64(56)) | np.uint64(1))
        steps.keys[place] = key
        steps.nodes[place] = targets[at]


@compiled
def step(steps: Steps, node: int, symbol: int) -> int:
    """The node that `symbol` leads to, or NO."""
    mask = len(steps.keys) - 1
    key = (np.int64(node) << 32) | np.int64(symbol)
    code = np.uint64(key) * _MULTIPLIER
    tag = np.uint8((code >> np.uint64(56)) | np.uint64(1))
    place = np.int64(code >> np.uint64(20)) & mask
    while steps.tags[place]:
        if steps.tags[place] == tag and steps.keys[place] == key:
            found: int = steps.nodes[place]
            return found
        place = (place + 1) & mask
    return NO


@compiled
def _intern(book: Book, points: NDArray[np.uint32], start: int, end: int) -> int:
    """Number of the word at [start, end), entered if it is new; 0 for one that is too long."""
    if end - start > MAX_TOKEN_CHARS:
        return 0
    code = _SEED
    for at in range(start, end):
        code = (code ^ np.uint64(points[at])) * _PRIME
    mask = len(book.slots) - 1
    place = np.int64((code * _MULTIPLIER) >> np.uint64(20)) & mask
    while True:
        word: int = book.slots[place]
        if word == NO:
            break
        if book.hashes[word] == code and book.start[word + 1] - book.start[word] == end - start:
            same = True
            for at in range(end - start):
                if book.pool[book.start[word] + at] != points[start + at]:
                    same = False
                    break
            if same:
                return word
        place = (place + 1) & mask
    word = book.size[0]
    used = book.size[1]
    book.slots[place] = word
    book.hashes[word] = code
    for at in range(end - start):
        book.pool[used + at] = points[start + at]
    book.start[word + 1] = used + end - start
    book.size[0] += 1
    book.size[1] += end - start
    return word


@compiled
def rehash(book: Book) -> None:
    """Enter all words into the slots, which are new and empty."""
    mask = len(book.slots) - 1
    for word in range(1, book.size[0]):
        place = np.int64((book.hashes[word] * _MULTIPLIER) >> np.uint64(20)) & mask
        while book.slots[place] != NO:
            place = (place + 1) & mask
        book.slots[place] = word


@compiled
def tokenise(
    points: NDArray[np.uint32],
    classes: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    offsets: NDArray[np.int64],
    book: Book,
    tokens: Tokens,
) -> None:
    """Split sentences [starts, ends) of the code points into words: runs of class 1 or higher.

    `offsets` are where the text of each sentence begins among the code points.
    """
    count = 0
    for sentence in range(len(starts)):
        tokens.first[sentence] = count
        at, end = starts[sentence], ends[sentence]
        while at < end:
            if classes[points[at]] == 0:
                at += 1
                continue
            first = at
            while at < end and classes[points[at]] != 0:
                at += 1
            tokens.word[count] = _intern(book, points, first, at)
            tokens.start[count] = first - offsets[sentence]
            tokens.end[count] = at - offsets[sentence]
            count += 1
    tokens.first[len(starts)] = count


@compiled
def find_name_starts(
    points: NDArray[np.uint32],
    bounds: NDArray[np.int64],
    classes: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    tokens: Tokens,
    first_sentence: NDArray[np.int64],
    words: Words,
    found: NDArray[np.int64],
    found_end: NDArray[np.int64],
) -> int:
    """Words with which a company's name may begin: their ranges in their text, one text's after the other's.

    `found_end[text]` is the place behind the last of a text; below zero (its complement) where the words
    do not tell, as the text has a character of class 2 (CJK, where words run on), words outside its
    sentences or a sentence so long that it may have been cut inside a word. Returns how many there are.
    """
    count = 0
    for text in range(len(first_sentence) - 1):
        plain = True
        for sentence in range(first_sentence[text], first_sentence[text + 1]):
            if ends[sentence] - starts[sentence] >= MAX_SENTENCE_TOKENS - 1:
                plain = False
        low, high = tokens.first[first_sentence[text]], tokens.first[first_sentence[text + 1]]
        for at in range(low, high):
            kind = words.name_kind[tokens.word[at]]
            if kind and (
                kind & ONE_WORD
                or (
                    kind & SEVERAL_WORDS
                    and at + 1 < high
                    and words.name_kind[tokens.word[at + 1]] & SECOND_WORD
                )
                or (
                    kind & TICKER
                    and _like_ticker(points, bounds[text] + tokens.start[at], bounds[text] + tokens.end[at])
                )
            ):
                found[count, 0] = tokens.start[at]
                found[count, 1] = tokens.end[at]
                count += 1
        at, sentence = bounds[text], first_sentence[text]
        while at < bounds[text + 1] and plain:
            if sentence < first_sentence[text + 1] and at == starts[sentence]:
                while at < ends[sentence]:
                    plain = plain and classes[points[at]] != 2
                    at += 1
                sentence += 1
            else:
                plain = classes[points[at]] == 0
                at += 1
        found_end[text] = count if plain else ~count
    return count


@compiled
def _like_ticker(points: NDArray[np.uint32], start: int, end: int) -> bool:
    """Whether a full stop follows, or "$", ":" or ": " stands before; see `tickers.market_in_context`."""
    if end < len(points) and points[end] == _STOP:
        return True
    if start and points[start - 1] == _SPACE:
        start -= 1
    return start > 0 and (
        points[start - 1] == _DOLLAR or points[start - 1] == _COLON or points[start - 1] == _WIDE_COLON
    )


@compiled
def _match(lexicon: Lexicon, words: Words, tokens: Tokens, low: int, high: int, scratch: Scratch) -> int:
    """Concept matches among tokens [low, high), longest first from the left; see ConceptMatcher.match."""
    matches = 0
    held = 0
    scratch.match_concepts[0] = 0
    frontier, following = scratch.frontier, scratch.following
    at = low
    while at < high:
        if not words.begins_term[tokens.word[at]]:
            at += 1
            continue
        frontier[0] = 0
        size, end, length, found = 1, at, 0, held
        while size and end < high:
            reached = tokens.word[end]
            grown = 0
            for place in range(size):
                for index in range(words.pattern_start[reached], words.pattern_start[reached + 1]):
                    node = step(lexicon.steps, frontier[place], words.patterns[index])
                    if node != NO:
                        if grown == MAX_FRONTIER:
                            return ODD
                        following[grown] = node
                        grown += 1
            frontier, following = following, frontier
            size = grown
            end += 1
            fresh = True
            for place in range(size):
                for index in range(lexicon.start[frontier[place]], lexicon.start[frontier[place] + 1]):
                    if fresh:  # a longer term takes the place of the shorter
                        found, length, fresh = held, end - at, False
                    if found >= MAX_CONCEPTS_HERE:
                        return ODD
                    found = _insert(scratch.match_concept, held, found, lexicon.concepts[index])
        if length:
            scratch.match_first[matches] = at
            scratch.match_end[matches] = at + length
            held = found
            matches += 1
            scratch.match_concepts[matches] = held
            at += length
        else:
            at += 1
    return matches


@compiled
def _insert(values: NDArray[np.int32], low: int, high: int, value: int) -> int:
    """Insert into the ascending, distinct values[low:high]; returns the new end."""
    place = high
    while place > low and values[place - 1] > value:
        place -= 1
    if place > low and values[place - 1] == value:
        return high
    for at in range(high, place, -1):
        values[at] = values[at - 1]
    values[place] = value
    return high + 1


@compiled
def _emit(scratch: Scratch, count: int, feature: int, sentence: int, start: int, end: int) -> int:
    if feature == NO:
        return count
    scratch.feature[count] = feature
    scratch.sentence[count] = sentence
    scratch.start[count] = start
    scratch.end[count] = end
    return count + 1


@compiled
def _read_words(
    tokens: Tokens, low: int, high: int, words: Words, trie: Trie, scratch: Scratch, count: int, sentence: int
) -> int:
    """Occurrences of the word and subword families."""
    node, previous, broken = NO, 0, True
    for at in range(low, high):
        word = tokens.word[at]
        if words.masked[word]:
            broken = True
            continue
        start, end = tokens.start[at], tokens.end[at]
        if not broken and node != NO and words.symbol[word] != NO:
            pair = step(trie.steps, node, words.symbol[word])
            if pair != NO:
                count = _emit(scratch, count, trie.feature[pair], sentence, previous, end)
        node, previous, broken = words.word_node[word], start, False
        if node != NO:
            count = _emit(scratch, count, trie.feature[node], sentence, start, end)
        for index in range(words.subword_start[word], words.subword_start[word + 1]):
            count = _emit(scratch, count, words.subwords[index], sentence, start, end)
    return count


@compiled
def _read_phrases(
    tokens: Tokens,
    low: int,
    high: int,
    words: Words,
    trie: Trie,
    scratch: Scratch,
    matches: int,
    count: int,
    sentence: int,
) -> int:
    """Occurrences of the phrase family: runs of two or three units with a concept among them."""
    units = 0
    at, match = low, 0
    while at < high:
        if match < matches and scratch.match_first[match] == at:
            concept = scratch.match_concept[scratch.match_concepts[match]]
            last = scratch.match_end[match]
            scratch.unit_symbol[units] = trie.unit_symbol[concept]
            scratch.unit_node[units] = trie.unit_node[concept]
            scratch.unit_concept[units] = 1
            match += 1
        else:
            word = tokens.word[at]
            last = at + 1
            scratch.unit_symbol[units] = words.symbol[word]
            scratch.unit_node[units] = words.phrase_node[word]
            scratch.unit_concept[units] = 0
        scratch.unit_start[units] = tokens.start[at]
        scratch.unit_end[units] = tokens.end[last - 1]
        at = last
        units += 1
    for unit in range(units - 1):
        node = scratch.unit_node[unit]
        if node == NO or scratch.unit_symbol[unit + 1] == NO:
            continue
        node = step(trie.steps, node, scratch.unit_symbol[unit + 1])
        if node == NO:
            continue
        has_concept = scratch.unit_concept[unit] or scratch.unit_concept[unit + 1]
        start = scratch.unit_start[unit]
        if has_concept:
            count = _emit(scratch, count, trie.feature[node], sentence, start, scratch.unit_end[unit + 1])
        if unit + 2 < units and scratch.unit_symbol[unit + 2] != NO:
            node = step(trie.steps, node, scratch.unit_symbol[unit + 2])
            if node != NO and (has_concept or scratch.unit_concept[unit + 2]):
                count = _emit(scratch, count, trie.feature[node], sentence, start, scratch.unit_end[unit + 2])
    return count


@compiled
def _read_sets(
    trie: Trie,
    root: NDArray[np.int32],
    members: NDArray[np.int32],
    size: int,
    largest: int,
    scratch: Scratch,
    count: int,
    sentence: int,
) -> int:
    """Occurrences of features that are sets of up to `largest` (3 or 4) of the members, which ascend."""
    for first in range(size):
        node = root[members[first]]
        if node == NO:
            continue
        count = _emit(scratch, count, trie.feature[node], sentence, 0, 0)
        for second in range(first + 1, size):
            pair = step(trie.steps, node, members[second])
            if pair == NO:
                continue
            count = _emit(scratch, count, trie.feature[pair], sentence, 0, 0)
            for third in range(second + 1, size):
                triple = step(trie.steps, pair, members[third])
                if triple == NO:
                    continue
                count = _emit(scratch, count, trie.feature[triple], sentence, 0, 0)
                for fourth in range(third + 1, size if largest == 4 else 0):
                    four = step(trie.steps, triple, members[fourth])
                    if four != NO:
                        count = _emit(scratch, count, trie.feature[four], sentence, 0, 0)
    return count


@compiled
def _read_concepts(trie: Trie, scratch: Scratch, matches: int, most: int, count: int, sentence: int) -> int:
    """Occurrences of the concept, role and order families."""
    concepts, roles = scratch.concepts, scratch.roles
    distinct = n_roles = 0
    for index in range(scratch.match_concepts[matches]):
        if distinct == most:
            break
        distinct = _insert(concepts, 0, distinct, scratch.match_concept[index])
    for first in range(distinct):
        if trie.role[concepts[first]] != NO:
            n_roles = _insert(roles, 0, n_roles, trie.role[concepts[first]])
    count = _read_sets(trie, trie.concept_node, concepts, distinct, 3, scratch, count, sentence)
    count = _read_sets(trie, trie.role_node, roles, n_roles, 4, scratch, count, sentence)
    for first in range(matches):
        node = trie.order_node[scratch.match_concept[scratch.match_concepts[first]]]
        if node == NO:
            continue
        for second in range(first + 1, min(first + 4, matches)):
            pair = step(trie.steps, node, scratch.match_concept[scratch.match_concepts[second]])
            if pair == NO:
                continue
            count = _emit(scratch, count, trie.feature[pair], sentence, 0, 0)
            if second == first + 1 and second + 1 < matches:
                triple = step(trie.steps, pair, scratch.match_concept[scratch.match_concepts[second + 1]])
                if triple != NO:
                    count = _emit(scratch, count, trie.feature[triple], sentence, 0, 0)
    return count


@compiled
def _keep_terms(tokens: Tokens, matches: int, scratch: Scratch, terms: int, sentence: int) -> int:
    """Copy the matches of a sentence behind the terms that are kept; returns the place behind them."""
    for match in range(matches):
        scratch.term_sentence[terms] = sentence
        scratch.term_start[terms] = tokens.start[scratch.match_first[match]]
        scratch.term_end[terms] = tokens.end[scratch.match_end[match] - 1]
        held = scratch.term_concepts[terms]
        for index in range(scratch.match_concepts[match], scratch.match_concepts[match + 1]):
            scratch.term_concept[held] = scratch.match_concept[index]
            held += 1
        terms += 1
        scratch.term_concepts[terms] = held
    return terms


@compiled
def read_text(
    tokens: Tokens,
    word_low: int,
    concept_low: int,
    sentences: int,
    words: Words,
    lexicon: Lexicon,
    trie: Trie,
    most_concepts: int,
    scratch: Scratch,
    base: int,
    terms: int,
    keep: bool,
) -> tuple[int, int]:
    """All occurrences of known features in one text, from place `base` on, and if `keep`, its terms.

    Returns the places behind the last of both; the first is ODD, or FULL if the scratch is too small.

    The words are those of sentences `word_low` and on, the concepts' words those of `concept_low` and on;
    they differ where a masked company name is a lexicon term.
    """
    count = base
    for sentence in range(sentences):
        low, high = tokens.first[word_low + sentence], tokens.first[word_low + sentence + 1]
        c_low = tokens.first[concept_low + sentence]
        c_high = tokens.first[concept_low + sentence + 1]
        if max(high - low, c_high - c_low) >= MAX_SENTENCE_TOKENS:
            return ODD, terms
        room = 2 * (high - low) + 6 * (c_high - c_low) + _MOST_SETS
        for at in range(low, high):
            word = tokens.word[at]
            if words.odd[word]:
                return ODD, terms
            room += words.subword_start[word + 1] - words.subword_start[word]
        for at in range(c_low, c_high):
            if words.odd[tokens.word[at]]:
                return ODD, terms
        if max(count + room, terms + MAX_SENTENCE_TOKENS + MAX_CONCEPTS_HERE) > len(scratch.feature):
            return FULL, terms
        count = _read_words(tokens, low, high, words, trie, scratch, count, sentence)
        matches = _match(lexicon, words, tokens, c_low, c_high, scratch)
        if matches == ODD:
            return ODD, terms
        if matches:
            count = _read_phrases(tokens, c_low, c_high, words, trie, scratch, matches, count, sentence)
            count = _read_concepts(trie, scratch, matches, most_concepts, count, sentence)
            if keep:
                terms = _keep_terms(tokens, matches, scratch, terms, sentence)
    return count, terms


@compiled
def decide(
    weights: Weights,
    scratch: Scratch,
    base: int,
    end: int,
    first: int,
    keep: bool,
    log_odds: NDArray[np.float64],
) -> int:
    """Distinct features of occurrences [base, end) from place `first` on, decision values in `log_odds`.

    Returns the place behind the last distinct feature. With `keep`, `scratch.feature` then holds such
    places, and the counts are left.
    """
    found, seen, present, counts, values = (
        scratch.feature,
        scratch.seen,
        scratch.present,
        scratch.times,
        scratch.value,
    )
    idf, families, coef, log_count = weights.idf, weights.family, weights.coef, weights.log_count
    squares = scratch.squares
    last = first
    for at in range(base, end):
        feature = found[at]
        count = seen[feature]
        present[last] = feature  # stays if it is new; without a branch, which no processor could foresee
        last += count == 0
        seen[feature] = count + 1
    for family in range(len(squares)):
        squares[family] = 0.0
    for place in range(first, last):
        feature = present[place]
        count = seen[feature]
        weight = log_count[count] if count < len(log_count) else 1.0 + np.log(count)
        weight *= idf[feature]
        values[place] = weight
        squares[families[feature]] += weight * weight
        if keep:
            counts[place] = count
            seen[feature] = place
        else:
            seen[feature] = 0
    for family in range(len(squares)):
        squares[family] = 1.0 / np.sqrt(squares[family]) if squares[family] else 1.0
    for head in range(len(log_odds)):
        log_odds[head] = weights.intercept[head]
    for place in range(first, last):
        feature = present[place]
        family = families[feature]
        value = 1.0 if family == FLAG else values[place] * squares[family]
        values[place] = value
        for head in range(len(log_odds)):
            log_odds[head] += value * coef[feature, head]
    if keep:
        for at in range(base, end):
            found[at] = seen[found[at]]
        for place in range(first, last):
            seen[present[place]] = 0
    return last


@compiled
def score_texts(
    first: int,
    keep: bool,
    tokens: Tokens,
    word_sentence: NDArray[np.int64],
    concept_sentence: NDArray[np.int64],
    sentences: NDArray[np.int64],
    words: Words,
    lexicon: Lexicon,
    trie: Trie,
    most_concepts: int,
    weights: Weights,
    scratch: Scratch,
    ends: NDArray[np.int64],
    log_odds: NDArray[np.float64],
) -> int:
    """Decision values of texts `first` and on; returns the first that needs a larger scratch, or the end.

    Parameters
    ----------
    keep : bool
        Leave the occurrences and features of all texts in the scratch, one text's behind the other's.
    word_sentence, concept_sentence, sentences : ndarray, shape (n_texts,)
        First sentence of each text as the words see it and as the concepts do, and how many it has.
    ends : ndarray, shape (n_texts + 1, 3)
        Places behind the last occurrence, feature and term of each text, after a first row of zeros.
        The first decision value of a text that is odd is NaN.
    """
    for text in range(first, len(sentences)):
        base, low, known = (ends[text, 0], ends[text, 1], ends[text, 2]) if keep else (0, 0, 0)
        found, terms = read_text(
            tokens,
            word_sentence[text],
            concept_sentence[text],
            sentences[text],
            words,
            lexicon,
            trie,
            most_concepts,
            scratch,
            base,
            known,
            keep,
        )
        if found == FULL:
            return text
        if found == ODD:
            ends[text + 1, 0], ends[text + 1, 1], ends[text + 1, 2] = base, low, known
            log_odds[text, 0] = np.nan
            continue
        ends[text + 1, 0], ends[text + 1, 2] = found, terms
        ends[text + 1, 1] = decide(weights, scratch, base, found, low, keep, log_odds[text])
    return len(sentences)
