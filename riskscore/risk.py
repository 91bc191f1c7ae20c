"""What flagged articles say of a company in, its risk at a moment out: pure arithmetic.

Each story counts once, by the copy that was published first. Its **weight** in a regime at moment ``t`` is

    w = exposure_probability x relevance x expected severity / 3 x relief x 2^(-age / half_life)

with ``relief`` 1 for tightening, 0.75 for mixed and 0.35 for easing news, and ``age`` in days since the
story was first published. A regime's **strength** is the root of the sum of squares, ``S = sqrt(sum w^2)``,
so that one grave story outweighs many slight ones; the overall strength is the same over the regimes.
The **score** is ``100 S / (S + 1/2)``: 0 without news, 50 at strength one half, below 100 whatever comes.

It follows (and is tested) that a score rises with every weight, so with severity and with recency; that
more reprints of a story change nothing; that between two news items it halves in strength, not in
score, per half-life; and that no two different strengths end in a tie. See docs/decisions/0003-risk.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from riskscore.types import REGIMES, Direction, Regime, Stage

HALF_LIFE_DAYS = 90.0
TREND_DAYS = (30, 90)
MIDPOINT = 0.5  # strength at which the score is 50: about one fresh, material story about the company
RELIEF: dict[Direction | None, float] = {"tightening": 1.0, None: 1.0, "mixed": 0.75, "easing": 0.35}

# Severity is that of the gravest story still fresh: after two half-lives a quarter of its weight is left.
_FRESH_HALF_LIVES = 2.0
_GAP_DAYS = 30.0
_STEADY_POINTS = 2.0
_DAY_S = 86_400.0

Trend = Literal["rising", "steady", "falling"]
Scope = Regime | Literal["overall"]


class Sighting(NamedTuple):
    """What one flagged article says of one company; scores and severities in the order of `REGIMES`."""

    company_id: str
    story_id: str
    article_id: str
    assessment_key: int
    observed_at: datetime  # when published, or received where that is unknown
    source: str | None
    relevance: float  # 0-1
    exposure_probability: float  # 0-1
    exposed: bool
    stage: Stage | None
    direction: Direction | None
    scores: Sequence[float]  # expected severity / 3 x 100
    severities: Sequence[int]  # 0 where the regime is not flagged
    instruments: str = ""  # ids, separated by blanks


@dataclass(frozen=True, slots=True)
class Measure:
    """The newest story about a measure that touches the company."""

    stage: Stage
    observed_at: datetime
    story_id: str


@dataclass(frozen=True, slots=True)
class ScopeRisk:
    """Risk in one regime, or over all of them."""

    score: float  # 0 to below 100
    strength: float
    severity: int  # 0-3: gravest fresh story that exposes the company
    changes: dict[int, float]  # days ago -> score now minus score then, of the same news and model
    trend: Trend  # against the first of TREND_DAYS
    stories: int  # independent ones
    latest_measure: Measure | None


@dataclass(frozen=True, slots=True)
class WeightedStory:
    """A story as it counts now: its first copy, and its weight by regime and over all."""

    sighting: Sighting
    weights: tuple[float, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class CompanyRisk:
    """A company's risk at a moment."""

    at: datetime
    half_life_days: float
    overall: ScopeRisk
    regimes: dict[Regime, ScopeRisk]
    stories: tuple[WeightedStory, ...]  # heaviest first


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much news stands behind an answer."""

    articles: int
    stories: int
    sources: dict[str, int]
    oldest: datetime | None
    newest: datetime | None
    gaps: tuple[tuple[datetime, datetime], ...]  # 30 days and more between two items, newest first

    @classmethod
    def of(
        cls,
        articles: int,
        stories: int,
        sources: dict[str, int],
        oldest: datetime | None,
        newest: datetime | None,
        moments: Iterable[datetime],
    ) -> Coverage:
        """`moments` are those of the items, in order."""
        least = timedelta(days=_GAP_DAYS)
        gaps = tuple((before, after) for before, after in pairwise(moments) if after - before >= least)
        return cls(articles, stories, sources, oldest, newest, gaps[::-1])


def first_copies(
    sightings: Iterable[Sighting], at: datetime, since: datetime | None = None
) -> list[Sighting]:
    """Of each story, the copy that was published first, in that order; nothing from after `at`.

    Where that copy names the company and one of its subsidiaries, the one that weighs more counts.
    """
    first: dict[str, Sighting] = {}
    for sighting in sightings:
        if sighting.observed_at > at or (since is not None and sighting.observed_at < since):
            continue
        known = first.get(sighting.story_id)
        if known is None or _rank(sighting) < _rank(known):
            first[sighting.story_id] = sighting
    return sorted(first.values(), key=lambda sighting: (sighting.observed_at, sighting.article_id))


def _rank(sighting: Sighting) -> tuple[datetime, str, float, str]:
    weight = sighting.exposure_probability * sighting.relevance
    return sighting.observed_at, sighting.article_id, -weight, sighting.company_id


def company_risk(
    sightings: Iterable[Sighting],
    at: datetime,
    *,
    half_life_days: float = HALF_LIFE_DAYS,
    since: datetime | None = None,
) -> CompanyRisk:
    """Aggregate.

    Parameters
    ----------
    sightings : iterable of Sighting
        Of one company (and its subsidiaries), in any order; those after `at` do not count.
    at : datetime
        The moment asked about, UTC-aware.
    half_life_days : float
        Days in which a story loses half of its weight; above 0.
    since : datetime or None
        Leave out what is older.
    """
    if not half_life_days > 0:
        raise ValueError("half_life_days must be above 0")
    stories = first_copies(sightings, at, since)
    undecayed = [_undecayed(story) for story in stories]
    ages = [(at - story.observed_at).total_seconds() / _DAY_S for story in stories]
    strengths = {days: _strengths(undecayed, ages, days, half_life_days) for days in (0, *TREND_DAYS)}
    weighted = []
    for story, weights, age in zip(stories, undecayed, ages, strict=True):
        decay = math.exp2(-age / half_life_days)
        decayed = tuple(weight * decay for weight in weights)
        weighted.append(WeightedStory(story, decayed, math.hypot(*decayed)))
    weighted.sort(key=lambda story: (-story.weight, story.sighting.observed_at, story.sighting.story_id))
    fresh_days = _FRESH_HALF_LIVES * half_life_days
    scopes: list[ScopeRisk] = []
    for index in (*range(len(REGIMES)), None):
        scores = {days: score_of(_of_scope(strength, index)) for days, strength in strengths.items()}
        changes = {days: scores[0] - scores[days] for days in TREND_DAYS}
        severities = [(_severity(story, index), age) for story, age in zip(stories, ages, strict=True)]
        scopes.append(
            ScopeRisk(
                score=scores[0],
                strength=_of_scope(strengths[0], index),
                severity=max(
                    (
                        severity
                        for story, (severity, age) in zip(stories, severities, strict=True)
                        if age <= fresh_days and story.exposed and story.direction != "easing"
                    ),
                    default=0,
                ),
                changes=changes,
                trend=_trend(changes[TREND_DAYS[0]]),
                stories=sum(severity > 0 for severity, _ in severities),
                latest_measure=_latest_measure(stories, index),
            )
        )
    return CompanyRisk(
        at=at,
        half_life_days=half_life_days,
        overall=scopes[-1],
        regimes=dict(zip(REGIMES, scopes, strict=False)),
        stories=tuple(weighted),
    )


def score_of(strength: float) -> float:
    """The score, 0 to below 100, of a strength of 0 or more."""
    return 100.0 * strength / (strength + MIDPOINT)


def _undecayed(story: Sighting) -> tuple[float, ...]:
    share = story.exposure_probability * story.relevance * RELIEF[story.direction] / 100.0
    return tuple(
        share * score if severity else 0.0
        for score, severity in zip(story.scores, story.severities, strict=True)
    )


def _strengths(
    undecayed: Sequence[tuple[float, ...]], ages: Sequence[float], days_ago: int, half_life_days: float
) -> tuple[float, ...]:
    """By regime, the strength `days_ago` of the stories that were there by then."""
    squares = [0.0] * len(REGIMES)
    for weights, age in zip(undecayed, ages, strict=True):
        if age >= days_ago:
            decay = math.exp2(-2.0 * (age - days_ago) / half_life_days)
            for index, weight in enumerate(weights):
                squares[index] += weight * weight * decay
    return tuple(math.sqrt(square) for square in squares)


def _of_scope(values: Sequence[float], index: int | None) -> float:
    return math.hypot(*values) if index is None else values[index]


def _severity(story: Sighting, index: int | None) -> int:
    return max(story.severities) if index is None else story.severities[index]


def _trend(change: float) -> Trend:
    if change > _STEADY_POINTS:
        return "rising"
    return "falling" if change < -_STEADY_POINTS else "steady"


def _latest_measure(stories: Sequence[Sighting], index: int | None) -> Measure | None:
    for story in reversed(stories):
        if story.stage is not None and story.exposed and _severity(story, index):
            return Measure(story.stage, story.observed_at, story.story_id)
    return None


def timeline(
    sightings: Iterable[Sighting], moments: Sequence[datetime], *, half_life_days: float = HALF_LIFE_DAYS
) -> list[tuple[float, ...]]:
    """Scores at each of some ascending moments: by regime in the order of `REGIMES`, then overall.

    The same numbers as `company_risk` gives, in one pass over the news.
    """
    if not moments:
        return []
    stories = first_copies(sightings, moments[-1])
    squares = [0.0] * len(REGIMES)
    scores: list[tuple[float, ...]] = []
    before, arrived = moments[0], 0
    for moment in moments:
        decay = math.exp2(-2.0 * (moment - before).total_seconds() / _DAY_S / half_life_days)
        squares = [square * decay for square in squares]
        while arrived < len(stories) and stories[arrived].observed_at <= moment:
            story = stories[arrived]
            age = (moment - story.observed_at).total_seconds() / _DAY_S
            for index, weight in enumerate(_undecayed(story)):
                squares[index] += weight * weight * math.exp2(-2.0 * age / half_life_days)
            arrived += 1
        before = moment
        scores.append(
            (
                *(score_of(math.sqrt(square)) for square in squares),
                score_of(math.sqrt(math.fsum(squares))),
            )
        )
    return scores
