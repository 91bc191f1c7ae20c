"""What the loops know of each word by its number."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# `flags` of a word
MASKED, ODD_WORD, BEGINS_TERM, BEGINS_PHRASE = 1, 2, 4, 8
# `names`: its part in the names of companies
ONE_WORD, TICKER, SEVERAL_WORDS, SECOND_WORD = 1, 2, 4, 8

# One record a word, in one line of the cache: texts hop from word to word.
WORD_RECORD = np.dtype(
    {
        "names": [
            *("flags", "names", "n_patterns", "n_phrases", "n_subwords", "speech"),
            *("symbol", "word_node", "phrase_node", "subwords", "patterns", "phrases"),
            *("inside", "before", "after", "just_before", "just_after"),
        ],
        "formats": ["u1", "u1", "u1", "u1", "u2", "u2", *["i4"] * 11],
        "offsets": [0, 1, 2, 3, 4, 6, *range(8, 52, 4)],
        "itemsize": 64,
    }
)


class Words(NamedTuple):
    """Records of words, and the lists that they point into.

    A record's `symbol`, `word_node` and `phrase_node` are those of the features' trie; `subwords`,
    `patterns` and `phrases` are where its subword features, its patterns of the lexicon and its patterns
    of the instruments' terms begin, `n_…` how many there are; `inside` to `just_after` are features of a
    company's exposure: the word in its sentence, near before or behind it, and right beside it; `speech` is
    its part in how opinions are quoted (`quotation`).
    """

    record: NDArray[Any]
    subwords: NDArray[np.int32]
    patterns: NDArray[np.int32]
    phrases: NDArray[np.int32]
