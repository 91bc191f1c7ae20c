"""Stored articles in, those that are best worth an analyst's reading out: active learning (pure).

Four reasons take turns, so that none fills the queue:

=================  ====  =================================================================================
reason             part  which articles, those first with the highest
=================  ====  =================================================================================
``uncertain``      0.4   exp(-|log-odds of the probability - log-odds of the threshold|) of any regime: 1 at
                         the threshold, 0.37 one unit of log-odds from it
``disputed``       0.3   difference of model and challenger: 1 where one flags a regime and the other does
                         not, else that of the probabilities, from `LEAST_DISPUTE` on; none without challenger
``second_reading`` 0.2   drawn from what another analyst has labelled: agreement is measured on these
``spread``         0.1   drawn from all: what the model is sure of, and wrong, is found by nothing else
=================  ====  =================================================================================

"Drawn" is by a hash of the article's id, so that a queue which is asked for again is the same. A value is
multiplied by 1 less the estimated similarity with what is in the queue already, and of a story, or of
articles as similar as those of a story, only one is ever taken: the queue never shows ten copies. Where a
reason has no more articles, the others take its turns, in proportion to their parts.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from riskscore.stories import SIMILARITY, Signature
from riskscore.types import REGIMES, Regime

Reason = Literal["uncertain", "disputed", "second_reading", "spread"]
REASONS: tuple[Reason, ...] = get_args(Reason)
PARTS: Mapping[Reason, float] = {"uncertain": 0.4, "disputed": 0.3, "second_reading": 0.2, "spread": 0.1}
REASON_WORDS: Mapping[Reason, str] = {
    "uncertain": "near the threshold",
    "disputed": "the models differ",
    "second_reading": "second reading",
    "spread": "drawn by lot",
}
LEAST_DISPUTE = 0.1
_LEAST_PROBABILITY = 1e-9


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model says of an article and a regime."""

    probability: float  # 0-1, of severity >= 1
    threshold: float  # from which it flags

    @property
    def flagged(self) -> bool:
        return self.probability >= self.threshold


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that might be reviewed.

    Attributes
    ----------
    signature : bytes
        Of its story; see `riskscore.stories`.
    challenger : mapping of Regime to Opinion or None
        None where there is no challenger, or it was not asked.
    labelled : bool
        Whether another analyst has labelled it.
    """

    article_id: str
    story_id: str
    signature: Signature
    opinions: Mapping[Regime, Opinion]
    challenger: Mapping[Regime, Opinion] | None = None
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """An article of the queue, and why it is there."""

    candidate: Candidate
    reason: Reason
    regime: Regime  # the one most in question
    value: float  # 0-1, by the reason's measure


def choose(
    candidates: Sequence[Candidate], limit: int, parts: Mapping[Reason, float] = PARTS
) -> list[Chosen]:
    """The queue, at most `limit` articles, in the order in which to review them.

    Parameters
    ----------
    parts : mapping of Reason to float
        Share of the turns of each reason.
    """
    if not candidates:
        return []
    measured = {reason: [_measure(reason, one) for one in candidates] for reason in REASONS}
    signatures = np.array([np.frombuffer(one.signature, "<u4") for one in candidates])
    likeness = np.zeros(len(candidates))
    free = np.ones(len(candidates), dtype=np.bool_)
    taken = dict.fromkeys(REASONS, 0)
    chosen: list[Chosen] = []
    while len(chosen) < limit:
        owed = sorted(REASONS, key=lambda reason: _next_turn(taken[reason], parts[reason]))
        found = next((pair for reason in owed if (pair := _best(reason, measured, likeness, free))), None)
        if found is None:
            break
        reason, at = found
        taken[reason] += 1
        value, regime = measured[reason][at]
        chosen.append(Chosen(candidates[at], reason, regime, value))
        # As `riskscore.stories.similarity` reckons it, of all at once.
        likeness = np.maximum(likeness, (signatures == signatures[at]).mean(axis=1))
        story = candidates[at].story_id
        free &= likeness < SIMILARITY
        free &= [one.story_id != story for one in candidates]
    return chosen


def uncertainty(opinion: Opinion) -> float:
    """How near to the threshold, 0-1."""
    return math.exp(-abs(_log_odds(opinion.probability) - _log_odds(opinion.threshold)))


def dispute(ours: Opinion, theirs: Opinion) -> float:
    """How far two models differ, 0-1."""
    return 1.0 if ours.flagged != theirs.flagged else abs(ours.probability - theirs.probability)


def drawn(article_id: str) -> float:
    """A number within 0-1 that stands for the article: evenly spread, and always the same."""
    return int.from_bytes(hashlib.sha256(article_id.encode()).digest()[:8], "big") / 2**64


def _measure(reason: Reason, one: Candidate) -> tuple[float, Regime]:
    """The value by a reason, and the regime that is most in question; below 0: not for this reason."""
    near = max((uncertainty(one.opinions[regime]), regime) for regime in REGIMES)
    if one.labelled != (reason == "second_reading"):
        return -1.0, near[1]
    if reason == "uncertain":
        return near
    if reason == "disputed":
        if one.challenger is None:
            return -1.0, near[1]
        most = max((dispute(one.opinions[regime], one.challenger[regime]), regime) for regime in REGIMES)
        return most if most[0] >= LEAST_DISPUTE else (-1.0, most[1])
    return drawn(one.article_id), near[1]


def _next_turn(taken: int, part: float) -> float:
    """When a reason's turn comes, on a clock that its part sets (D'Hondt)."""
    return (taken + 1) / part if part else math.inf


def _best(
    reason: Reason,
    measured: Mapping[Reason, Sequence[tuple[float, Regime]]],
    likeness: NDArray[np.float64],
    free: NDArray[np.bool_],
) -> tuple[Reason, int] | None:
    values = np.array([value for value, _ in measured[reason]])
    ranked = np.where(free & (values >= 0), values * (1.0 - likeness), -1.0)
    at = int(ranked.argmax())
    return (reason, at) if ranked[at] >= 0 else None


def _log_odds(probability: float) -> float:
    kept = min(max(probability, _LEAST_PROBABILITY), 1 - _LEAST_PROBABILITY)
    return math.log(kept / (1 - kept))
