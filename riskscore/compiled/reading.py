"""The words of one text in, every occurrence of a feature of the model out, and the lexicon's terms."""

from __future__ import annotations

from riskscore.compiled.concept_features import read_concepts
from riskscore.compiled.machine import FULL, ODD, compiled
from riskscore.compiled.occurrences import MAX_SENTENCE_TOKENS, FeatureTrie, ReadingSpace, TextTerms
from riskscore.compiled.terms import MAX_CONCEPTS_HERE, Matches, TermTrie, match_terms
from riskscore.compiled.tokens import Tokens
from riskscore.compiled.vocabulary import ODD_WORD, Words
from riskscore.compiled.word_features import read_phrases, read_words

_MOST_SETS = 8_000  # features that the concepts (at most 20) and roles of one sentence can make together


@compiled
def _keep_terms(tokens: Tokens, n_matches: int, matches: Matches, terms: TextTerms, count: int) -> int:
    """Copy the matches of a sentence behind the terms of the text; how many there are then."""
    for match in range(n_matches):
        terms.start[count] = tokens.start[matches.first[match]]
        terms.end[count] = tokens.end[matches.end[match] - 1]
        held = terms.concepts[count]
        for index in range(matches.concepts[match], matches.concepts[match + 1]):
            terms.concept[held] = matches.concept[index]
            held += 1
        count += 1
        terms.concepts[count] = held
    return count


@compiled
def read_text(
    tokens: Tokens,
    first: int,
    last: int,
    words: Words,
    lexicon: TermTrie,
    trie: FeatureTrie,
    most_concepts: int,
    space: ReadingSpace,
) -> int:
    """Occurrences of the features in sentences [first, last), and the terms, into the working space.

    How many occurrences there are; or ODD, or FULL if the space is too small.
    """
    found, terms = space.occurrences, space.terms
    if last - first >= len(terms.first):
        return FULL
    count = n_terms = 0
    for at in range(first, last):
        sentence = at - first
        terms.first[sentence] = n_terms
        low, high = tokens.masked[at, 0], tokens.masked[at, 1]
        c_low, c_high = tokens.concept[at, 0], tokens.concept[at, 1]
        if max(high - low, c_high - c_low) >= MAX_SENTENCE_TOKENS:
            return ODD
        room = 2 * (high - low) + 6 * (c_high - c_low) + _MOST_SETS
        odd = 0
        for token in range(low, high):
            word = words.record[tokens.word[token]]
            odd |= word.flags & ODD_WORD
            room += word.n_subwords
        for token in range(c_low, c_high):
            odd |= words.record[tokens.word[token]].flags & ODD_WORD
        if odd:
            return ODD
        most = max(count + room, n_terms + MAX_SENTENCE_TOKENS, terms.concepts[n_terms] + MAX_CONCEPTS_HERE)
        if most > len(found):
            return FULL
        count = read_words(tokens, low, high, words, trie, found, count, sentence)
        n_matches = match_terms(lexicon, words, tokens, c_low, c_high, space.frontier, space.matches)
        if n_matches == ODD:
            return ODD
        if n_matches:
            count = read_phrases(tokens, c_low, c_high, words, trie, space, n_matches, count, sentence)
            count = read_concepts(trie, space, n_matches, most_concepts, count, sentence)
            n_terms = _keep_terms(tokens, n_matches, space.matches, terms, n_terms)
    terms.first[last - first] = n_terms
    return count
