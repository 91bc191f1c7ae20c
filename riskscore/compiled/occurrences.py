"""Features and their places in one text in, a list of them out; the working space in which it is made."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.machine import NO, compiled
from riskscore.compiled.steps import Steps
from riskscore.compiled.terms import Frontier, Matches
from riskscore.sentences import MAX_SENTENCE_CHARS

MAX_SENTENCE_TOKENS = MAX_SENTENCE_CHARS + 1


class FeatureTrie(NamedTuple):
    """The features as paths, and the roles of concepts."""

    steps: Steps
    feature: NDArray[np.int32]  # of each node; NO where no feature ends
    concept_node: NDArray[np.int32]  # of each concept, from the root of its family
    order_node: NDArray[np.int32]
    unit_symbol: NDArray[np.int32]  # of each concept as a unit of a phrase
    unit_node: NDArray[np.int32]
    role: NDArray[np.int32]  # of each concept; NO when left out
    role_node: NDArray[np.int32]  # of each role, from the root of its family


# Of a feature in a text; the places of those made of concepts are empty. The feature is unsigned, or numba
# would test for a negative index.
OCCURRENCE = np.dtype([("feature", "u4"), ("sentence", "i4"), ("start", "i4"), ("end", "i4")])


class Units(NamedTuple):
    """Of one sentence, as the phrases see it: lexicon terms, and the words beside them."""

    symbol: NDArray[np.int32]
    node: NDArray[np.int32]
    concept: NDArray[np.uint8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]


class TextTerms(NamedTuple):
    """Lexicon terms of one text."""

    first: NDArray[np.int32]  # of each sentence; one more entry than sentences
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    concepts: NDArray[np.int32]  # where the concepts of each begin; one more entry than terms
    concept: NDArray[np.int32]


class ReadingSpace(NamedTuple):
    """Working space for one text."""

    occurrences: NDArray[Any]  # of OCCURRENCE
    terms: TextTerms
    frontier: Frontier
    matches: Matches
    units: Units
    concepts: NDArray[np.int32]  # distinct ones of a sentence
    roles: NDArray[np.int32]


@compiled
def emit(found: NDArray[Any], count: int, feature: int, sentence: int, start: int, end: int) -> int:
    if feature == NO:
        return count
    place = found[count]
    place.feature = feature
    place.sentence = sentence
    place.start = start
    place.end = end
    return count + 1
