"""Occurrences of features in a text in, its distinct features, their values and the decision values out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.compiled.machine import compiled

FLAG = 3  # a family whose values are 1; those before it are length-normed


class Weights(NamedTuple):
    """The linear heads."""

    coef: NDArray[np.float32]
    intercept: NDArray[np.float64]
    feature: NDArray[Any]  # of WEIGHED
    log_count: NDArray[np.float64]  # 1 + log(count) of small counts


# A feature of the model: its inverse document frequency, its family, which is length-normed on its own but
# for FLAG, and whether it stands for a single word.
WEIGHED = np.dtype([("idf", "f8"), ("family", "u1"), ("is_word", "u1")], align=True)
PRESENT = np.dtype([("value", "f8"), ("feature", "u4"), ("times", "i4")], align=True)


class Features(NamedTuple):
    """Distinct features of one text, in the order in which they come."""

    seen: NDArray[np.uint32]  # of each feature of the model; 0 between texts
    present: NDArray[Any]  # of PRESENT
    squares: NDArray[np.float64]  # of each family's values, summed


@compiled
def decide(
    weights: Weights,
    found: NDArray[Any],
    count: int,
    features: Features,
    log_odds: NDArray[np.float64],
) -> tuple[int, int]:
    """Write the distinct features of occurrences found[:count] and the decision values.

    The occurrences then hold, in place of each feature, its place among the distinct ones. Returns how many
    these are, and how many occurrences are of single words.
    """
    seen, present = features.seen, features.present
    known, coef, log_count, squares = weights.feature, weights.coef, weights.log_count, features.squares
    distinct = words = 0
    for at in range(count):
        feature = found[at].feature
        times = seen[feature]
        present[distinct].feature = feature  # stays if it is new; no branch, which no processor could foresee
        distinct += times == 0
        seen[feature] = times + 1
    for family in range(len(squares)):
        squares[family] = 0.0
    for place in range(distinct):
        here = present[place]
        times = seen[here.feature]
        weighed = known[here.feature]
        weight = log_count[times] if times < len(log_count) else 1.0 + np.log(times)
        weight *= weighed.idf
        here.value = weight
        here.times = times
        squares[weighed.family] += weight * weight
        words += weighed.is_word * np.int64(times)
        seen[here.feature] = place
    for at in range(count):
        found[at].feature = seen[found[at].feature]
    for family in range(len(squares)):
        squares[family] = 1.0 / np.sqrt(squares[family]) if squares[family] else 1.0
    for head in range(len(log_odds)):
        log_odds[head] = weights.intercept[head]
    for place in range(distinct):
        here = present[place]
        feature = here.feature
        seen[feature] = 0
        family = known[feature].family
        value = 1.0 if family == FLAG else here.value * squares[family]
        here.value = value
        for head in range(len(log_odds)):
            log_odds[head] += value * coef[feature, head]
    return distinct, words
