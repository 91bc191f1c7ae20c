"""The words of one sentence in, the occurrences of the word, subword and phrase families out."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from riskscore.compiled.machine import NO, compiled
from riskscore.compiled.occurrences import FeatureTrie, ReadingSpace, emit
from riskscore.compiled.steps import step
from riskscore.compiled.tokens import Tokens
from riskscore.compiled.vocabulary import MASKED, Words


@compiled
def read_words(
    tokens: Tokens,
    low: int,
    high: int,
    words: Words,
    trie: FeatureTrie,
    found: NDArray[Any],
    count: int,
    sentence: int,
) -> int:
    """Occurrences of the word and subword families."""
    node, previous, broken = NO, 0, True
    for at in range(low, high):
        word = words.record[tokens.word[at]]
        if word.flags & MASKED:
            broken = True
            continue
        start, end = tokens.start[at], tokens.end[at]
        if not broken and node != NO and word.symbol != NO:
            pair = step(trie.steps, node, word.symbol)
            if pair != NO:
                count = emit(found, count, trie.feature[pair], sentence, previous, end)
        node, previous, broken = word.word_node, start, False
        if node != NO:
            count = emit(found, count, trie.feature[node], sentence, start, end)
        for at_subword in range(word.subwords, word.subwords + word.n_subwords):
            place = found[count]
            place.feature = words.subwords[at_subword]
            place.sentence = sentence
            place.start = start
            place.end = end
            count += 1
    return count


@compiled
def read_phrases(
    tokens: Tokens,
    low: int,
    high: int,
    words: Words,
    trie: FeatureTrie,
    space: ReadingSpace,
    n_matches: int,
    count: int,
    sentence: int,
) -> int:
    """Occurrences of the phrase family: runs of two or three units with a concept among them."""
    units, matches, found = space.units, space.matches, space.occurrences
    n_units = 0
    at, match = low, 0
    while at < high:
        if match < n_matches and matches.first[match] == at:
            concept = matches.concept[matches.concepts[match]]
            last = matches.end[match]
            units.symbol[n_units] = trie.unit_symbol[concept]
            units.node[n_units] = trie.unit_node[concept]
            units.concept[n_units] = 1
            match += 1
        else:
            word = words.record[tokens.word[at]]
            last = at + 1
            units.symbol[n_units] = word.symbol
            units.node[n_units] = word.phrase_node
            units.concept[n_units] = 0
        units.start[n_units] = tokens.start[at]
        units.end[n_units] = tokens.end[last - 1]
        at = last
        n_units += 1
    for unit in range(n_units - 1):
        node = units.node[unit]
        if node == NO or units.symbol[unit + 1] == NO:
            continue
        node = step(trie.steps, node, units.symbol[unit + 1])
        if node == NO:
            continue
        has_concept = units.concept[unit] or units.concept[unit + 1]
        start = units.start[unit]
        if has_concept:
            count = emit(found, count, trie.feature[node], sentence, start, units.end[unit + 1])
        if unit + 2 < n_units and units.symbol[unit + 2] != NO:
            node = step(trie.steps, node, units.symbol[unit + 2])
            if node != NO and (has_concept or units.concept[unit + 2]):
                count = emit(found, count, trie.feature[node], sentence, start, units.end[unit + 2])
    return count
