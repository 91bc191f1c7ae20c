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
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.types import REGIMES, Direction, Regime, Stage

HALF_LIFE_DAYS = 90.0
TREND_DAYS = (30, 90)
MIDPOINT = 0.5  # strength at which the score is 50: about one fresh, material story about the company
RELIEF: dict[Direction | None, float] = {"tightening": 1.0, None: 1.0, "mixed": 0.75, "easing": 0.35}

# Severity is that of the gravest story still felt: after four half-lives a sixteenth of its weight is left.
_FELT_HALF_LIVES = 4.0
GAP = timedelta(days=30)
_STEADY_POINTS = 2.0
_DAY_S = 86_400.0

# A score sinks only as news grows old, which says nothing about the measures themselves: hence "fading".
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Trend = Literal["rising", "steady", "fading"]
Scope = Regime | Literal["overall"]


class Sighting(NamedTuple):
    """What one flagged article says of one company; flat, since thousands of them are read for an answer."""

    company_id: str
    story_id: str
    article_id: str
    assessment_key: int
    observed_at: datetime  # when published, or received where that is unknown
    relevance: float  # 0-1
    exposure_probability: float  # 0-1
    exposed: bool
    stage: Stage | None
    direction: Direction | None
    instruments: str  # ids, separated by blanks
    chips_score: float  # expected severity / 3 x 100
    cloud_data_score: float
    outbound_investment_score: float
    chips_severity: int  # 0 where the regime is not flagged
    cloud_data_severity: int
    outbound_investment_severity: int

    @property
    def scores(self) -> tuple[float, ...]:
        """In the order of `REGIMES`."""
        return self[11:14]

    @property
    def severities(self) -> tuple[int, ...]:
        """In the order of `REGIMES`."""
        return self[14:17]


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
    severity: int  # 0-3: gravest story still felt that exposes the company
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
    stories: tuple[Sighting, ...]  # first copies, oldest first
    weights: tuple[tuple[float, ...], ...]  # of each story: by regime, then over all

    def weighing(self, regime: Regime | None = None) -> list[int]:
        """Places in `stories` of those that weigh anything, in a regime or over all, heaviest first."""
        column = len(REGIMES) if regime is None else REGIMES.index(regime)
        places = [place for place, weights in enumerate(self.weights) if weights[column] > 0]
        return sorted(places, key=lambda place: -self.weights[place][column])

    def story(self, place: int) -> WeightedStory:
        """The story at a place."""
        *weights, weight = self.weights[place]
        return WeightedStory(self.stories[place], tuple(weights), weight)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much news stands behind an answer."""

    articles: int
    stories: int
    sources: dict[str, int]
    oldest: datetime | None
    newest: datetime | None
    gaps: tuple[tuple[datetime, datetime], ...]  # 30 days and more between two items, newest first


def first_copies(
    sightings: Iterable[Sighting], at: datetime, since: datetime | None = None
) -> list[Sighting]:
    """Of each story, the copy that was published first, in that order; nothing from after `at`.

    Where that copy names the company and one of its subsidiaries, the one that weighs more counts.
    """
    first: dict[str, Sighting] = {}
    for sighting in sightings:
        observed_at = sighting.observed_at
        if observed_at > at or (since is not None and observed_at < since):
            continue
        known = first.setdefault(sighting.story_id, sighting)
        if known is not sighting and observed_at <= known.observed_at and _rank(sighting) < _rank(known):
            first[sighting.story_id] = sighting
    return sorted(first.values(), key=_IN_TIME)


_IN_TIME = operator.attrgetter("observed_at", "assessment_key")


def _rank(sighting: Sighting) -> tuple[datetime, int, float, str]:
    weight = sighting.exposure_probability * sighting.relevance
    # Of one moment (feeds often give a date alone), the copy that was stored first.
    return sighting.observed_at, sighting.assessment_key, -weight, sighting.company_id


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
    columns = _columns(stories)
    ages = np.array([(at - moment).total_seconds() / _DAY_S for moment in columns.observed_at])
    severities = _matrix(columns[14:17], np.int64)
    undecayed = _undecayed(columns, severities)
    weights = undecayed * np.exp2(-ages / half_life_days)[:, None]
    strengths = {days: _strengths(undecayed, ages, days, half_life_days) for days in (0, *TREND_DAYS)}
    felt = (
        (ages <= _FELT_HALF_LIVES * half_life_days)
        & np.array(columns.exposed, dtype=bool)
        & np.array([direction != "easing" for direction in columns.direction], dtype=bool)
    )
    by_scope = np.column_stack([severities, severities.max(axis=1, initial=0)])
    scopes = []
    for index in range(len(REGIMES) + 1):
        scores = {days: score_of(strength[index]) for days, strength in strengths.items()}
        changes = {days: scores[0] - scores[days] for days in TREND_DAYS}
        scopes.append(
            ScopeRisk(
                score=scores[0],
                strength=strengths[0][index],
                severity=int(by_scope[felt, index].max(initial=0)),
                changes=changes,
                trend=_trend(changes[TREND_DAYS[0]]),
                stories=int(np.count_nonzero(by_scope[:, index])),
                latest_measure=_latest_measure(stories, by_scope[:, index]),
            )
        )
    overall = np.sqrt((weights * weights).sum(axis=1))
    return CompanyRisk(
        at=at,
        half_life_days=half_life_days,
        overall=scopes[-1],
        regimes=dict(zip(REGIMES, scopes, strict=False)),
        stories=tuple(stories),
        weights=tuple(zip(*weights.T.tolist(), overall.tolist(), strict=True)),
    )


def score_of(strength: float) -> float:
    """The score, 0 to below 100, of a strength of 0 or more."""
    return 100.0 * strength / (strength + MIDPOINT)


def _columns(stories: Sequence[Sighting]) -> Any:
    """The same, turned round: each field is a tuple of all stories' values, which NumPy reads at once."""
    return Sighting._make(zip(*stories, strict=True) if stories else [()] * len(Sighting._fields))


def _matrix(columns: Sequence[Sequence[float]], kind: type) -> NDArray[Any]:
    """A row for each story, a column for each regime."""
    return np.column_stack([np.array(column, dtype=kind) for column in columns])


def _undecayed(columns: Any, severities: Integers) -> Floats:
    """Weights by story and regime before any decay; 0 where the regime is not flagged."""
    relief = np.array([RELIEF[direction] for direction in columns.direction], dtype=np.float64)
    exposure = np.array(columns.exposure_probability, dtype=np.float64)
    shares = exposure * np.array(columns.relevance, dtype=np.float64) * relief / 100.0
    scores = _matrix(columns[11:14], np.float64)
    return np.asarray(np.where(severities > 0, scores, 0.0) * shares[:, None])


def _strengths(undecayed: Floats, ages: Floats, days_ago: int, half_life_days: float) -> tuple[float, ...]:
    """By regime and then over all, the strength `days_ago` of the stories that were there by then."""
    there = ages >= days_ago
    decay = np.exp2(-2.0 * (ages[there] - days_ago) / half_life_days)
    squares = undecayed[there] ** 2 * decay[:, None]
    # Exact sums: no rounding may turn a further story into a lower score.
    sums = [math.fsum(squares[:, index].tolist()) for index in range(len(REGIMES))]
    return (*map(math.sqrt, sums), math.sqrt(math.fsum(sums)))


def _trend(change: float) -> Trend:
    if change > _STEADY_POINTS:
        return "rising"
    return "fading" if change < -_STEADY_POINTS else "steady"


def _latest_measure(stories: Sequence[Sighting], severities: Integers) -> Measure | None:
    for place in np.flatnonzero(severities)[::-1].tolist():
        story = stories[place]
        if story.stage is not None and story.exposed:
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
    columns = _columns(stories)
    undecayed = _undecayed(columns, _matrix(columns[14:17], np.int64)).tolist()
    squares = [0.0] * len(REGIMES)
    scores: list[tuple[float, ...]] = []
    before, arrived = moments[0], 0
    for moment in moments:
        decay = math.exp2(-2.0 * (moment - before).total_seconds() / _DAY_S / half_life_days)
        squares = [square * decay for square in squares]
        while arrived < len(stories) and stories[arrived].observed_at <= moment:
            story = stories[arrived]
            age = (moment - story.observed_at).total_seconds() / _DAY_S
            for index, weight in enumerate(undecayed[arrived]):
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
