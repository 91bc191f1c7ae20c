"""The words of one sentence in, the terms of the lexicon or of the instruments that stand in it out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.machine import FULL, NO, ODD, compiled
from riskscore.compiled.steps import Steps, step
from riskscore.compiled.tokens import Tokens
from riskscore.compiled.vocabulary import BEGINS_PHRASE, BEGINS_TERM, Words

MAX_FRONTIER = 64
MAX_CONCEPTS_HERE = 256  # of one sentence's terms, repeats included


class TermTrie(NamedTuple):
    """Terms as paths of word patterns."""

    steps: Steps
    start: NDArray[np.int32]  # of what ends at each node; one more entry than nodes
    held: NDArray[np.int32]  # concepts, or numbers of terms


class Frontier(NamedTuple):
    """Nodes reached by the words so far, and by the next."""

    here: NDArray[np.int32]
    following: NDArray[np.int32]


class Matches(NamedTuple):
    """Lexicon terms of a sentence, in order: their words, and the concepts of each, ascending."""

    first: NDArray[np.int32]
    end: NDArray[np.int32]
    concepts: NDArray[np.int32]  # where those of each begin; one more entry than matches
    concept: NDArray[np.int32]


class Phrases(NamedTuple):
    """Occurrences of the instruments' terms."""

    sentence: NDArray[np.int32]  # in its text
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    term: NDArray[np.int32]


@compiled
def _advance(
    trie: TermTrie,
    here: NDArray[np.int32],
    size: int,
    patterns: NDArray[np.int32],
    first: int,
    count: int,
    following: NDArray[np.int32],
) -> int:
    """Write the nodes that patterns lead to from those here; how many there are, or ODD."""
    grown = 0
    for place in range(size):
        for index in range(first, first + count):
            node = step(trie.steps, here[place], patterns[index])
            if node != NO:
                if grown == MAX_FRONTIER:
                    return ODD
                following[grown] = node
                grown += 1
    return grown


@compiled
def match_terms(
    lexicon: TermTrie,
    words: Words,
    tokens: Tokens,
    low: int,
    high: int,
    frontier: Frontier,
    matches: Matches,
) -> int:
    """Concept matches among tokens [low, high), longest first from the left; see ConceptMatcher.match.

    How many there are, or ODD.
    """
    count = held = 0
    matches.concepts[0] = 0
    here, following = frontier.here, frontier.following
    at = low
    while at < high:
        if not words.record[tokens.word[at]].flags & BEGINS_TERM:
            at += 1
            continue
        here[0] = 0
        size, end, length, found = 1, at, 0, held
        while size and end < high:
            word = words.record[tokens.word[end]]
            size = _advance(lexicon, here, size, words.patterns, word.patterns, word.n_patterns, following)
            if size == ODD:
                return ODD
            here, following = following, here
            end += 1
            fresh = True
            for place in range(size):
                for index in range(lexicon.start[here[place]], lexicon.start[here[place] + 1]):
                    if fresh:  # a longer term takes the place of the shorter
                        found, length, fresh = held, end - at, False
                    if found >= MAX_CONCEPTS_HERE:
                        return ODD
                    found = insert(matches.concept, held, found, lexicon.held[index])
        if length:
            matches.first[count] = at
            matches.end[count] = at + length
            held = found
            count += 1
            matches.concepts[count] = held
            at += length
        else:
            at += 1
    return count


@compiled
def insert(values: NDArray[np.int32], low: int, high: int, value: int) -> int:
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
def find_phrases(
    trie: TermTrie,
    words: Words,
    tokens: Tokens,
    low: int,
    high: int,
    frontier: Frontier,
    found: Phrases,
    count: int,
    sentence: int,
) -> int:
    """Append all terms among tokens [low, high), overlapping ones too, in the order of PhraseFinder.find.

    How many there are then, or ODD, or FULL.
    """
    here, following = frontier.here, frontier.following
    for at in range(low, high):
        if not words.record[tokens.word[at]].flags & BEGINS_PHRASE:
            continue
        here[0] = 0
        size, end = 1, at
        while size and end < high:
            word = words.record[tokens.word[end]]
            size = _advance(trie, here, size, words.phrases, word.phrases, word.n_phrases, following)
            if size == ODD:
                return ODD
            here, following = following, here
            end += 1
            for place in range(size):
                for index in range(trie.start[here[place]], trie.start[here[place] + 1]):
                    if count == len(found.term):
                        return FULL
                    found.sentence[count] = sentence
                    found.start[count] = tokens.start[at]
                    found.end[count] = tokens.end[end - 1]
                    found.term[count] = trie.held[index]
                    count += 1
    return count
