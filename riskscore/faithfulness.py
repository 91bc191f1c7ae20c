"""A scored text in, a test of its evidence out: the probability without it, and with it alone.

Comprehensiveness and sufficiency as in ERASER (DeYoung et al. 2020,
https://aclanthology.org/2020.acl-main.408), on sentences. The strongest fifth of the sentences is
tested, at least one: a test of every sentence that speaks for a regime would leave nothing of a
short news item to compare with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb

import numpy as np

from riskscore.examination import TextExaminer
from riskscore.rationale import strongest_sentences
from riskscore.scorer import Floats, sigmoid
from riskscore.types import Document, Regime, Verification

TESTED_SHARE = 0.2  # of a text's sentences
RANDOM_DRAWS = 10
_SEED = 0

Bounds = tuple[tuple[int, int], ...]  # of the sentences of a text


def verify(
    document: Document,
    bounds: Bounds,
    by_sentence: Mapping[Regime, Floats],
    probabilities: Mapping[Regime, float],
    shifts: Mapping[Regime, float],
    scorer: TextExaminer,
) -> dict[Regime, Verification]:
    """Score the text without its evidence, with it alone, and without as many random sentences.

    Parameters
    ----------
    bounds : tuple of (int, int)
        Sentences of ``document.text``.
    by_sentence : mapping of regime to ndarray, shape (n_sentences,)
        What each sentence adds to the regime's decision value; the regimes to verify.
    probabilities : mapping of regime to float
        Of the whole text.
    shifts : mapping of regime to float
        Log-odds to add to what the scorer says, for another base rate.

    Returns
    -------
    dict of regime to Verification
        Exact and the same for the same text; random deletions are drawn with a fixed seed.
    """
    tested = {regime: strongest(values) for regime, values in by_sentence.items()}
    draws = {
        size: random_deletions(len(bounds), size) for size in sorted({len(at) for at in tested.values()})
    }
    variants: dict[Bounds, Floats | None] = {}
    for chosen in tested.values():
        variants[_without(bounds, chosen)] = None
        variants[_only(bounds, chosen)] = None
    for deletions in draws.values():
        variants |= {_without(bounds, deleted): None for deleted in deletions}
    scored = scorer.score([document.text] * len(variants), list(variants))
    column = {head: at for at, head in enumerate(scorer.heads)}
    log_odds = dict(zip(variants, scored, strict=True))

    def drop(regime: Regime, kept: Bounds) -> float:
        value = float(log_odds[kept][column[f"regime:{regime}"]]) + shifts[regime]
        return probabilities[regime] - float(sigmoid(np.asarray(value)))

    found = {}
    for regime, chosen in tested.items():
        located = (document.locate(*bounds[at]) for at in chosen)
        found[regime] = Verification(
            comprehensiveness=drop(regime, _without(bounds, chosen)),
            sufficiency=drop(regime, _only(bounds, chosen)),
            random_comprehensiveness=float(
                np.mean([drop(regime, _without(bounds, deleted)) for deleted in draws[len(chosen)]])
            ),
            sentences=len(bounds),
            deleted=tuple(span for span in located if span is not None),
        )
    return found


def strongest(by_sentence: Floats) -> tuple[int, ...]:
    """Indices of the sentences to test, in reading order: the strongest fifth, of those that add anything.

    At least one, even where every sentence speaks against.
    """
    order = strongest_sentences(by_sentence)
    most = max(1, round(TESTED_SHARE * len(by_sentence)))
    speaking = [int(at) for at in order[:most] if by_sentence[at] > 0]
    return tuple(sorted(speaking or [int(order[0])]))


def random_deletions(n_sentences: int, size: int) -> list[tuple[int, ...]]:
    """Sets of sentences to delete for comparison: ten drawn at random, or all there are, if fewer."""
    if comb(n_sentences, size) <= RANDOM_DRAWS:
        return list(combinations(range(n_sentences), size))
    generator = np.random.default_rng(_SEED)
    return [
        tuple(sorted(generator.choice(n_sentences, size, replace=False).tolist()))
        for _ in range(RANDOM_DRAWS)
    ]


def _without(bounds: Bounds, deleted: Sequence[int]) -> Bounds:
    gone = frozenset(deleted)
    return tuple(bound for at, bound in enumerate(bounds) if at not in gone)


def _only(bounds: Bounds, kept: Sequence[int]) -> Bounds:
    return tuple(bounds[at] for at in kept)
