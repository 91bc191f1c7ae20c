"""A rule and what is stored of a company in, whether that is worth an alert out (pure).

A story alerts once per company, and again only on a material change: a regime it had not been in, a higher
severity, a later stage, or easing. Each is compared with the most that was ever told of the story, so that
reprints which score a little more or less never alert again; a higher severity counts only where the score
rose by `hysteresis` with it. A company's risk alerts when news takes it over a line or up by so many
points, and not again until it has fallen `hysteresis` below.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from riskscore.alerts.timing import Digest, QuietHours
from riskscore.risk import Sighting
from riskscore.types import REGIMES, STAGES, Direction, Regime, Stage

Change = Literal["opened", "new_regime", "severity_up", "stage_advanced", "eased", "crossed", "risen"]


class Rule(BaseModel):
    """Which news or which risk a subscription is about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["story", "company_risk"] = Field(
        default="story",
        description="story: news about a company. company_risk: its risk crosses a line or rises.",
    )
    watchlist_id: str | None = Field(default=None, max_length=80, description="Companies of this watchlist.")
    companies: tuple[str, ...] = Field(
        default=(),
        max_length=10_000,
        description="Company ids, beside the watchlist's; neither given: all companies.",
    )
    regimes: tuple[Regime, ...] = Field(default=REGIMES, min_length=1, description="Any of these.")
    minimum_score: float = Field(
        default=0.0, ge=0, le=100, description="Least score of the news item in one of the regimes."
    )
    minimum_severity: int = Field(default=1, ge=1, le=3, description="Least severity in that regime.")
    stages: tuple[Stage, ...] = Field(default=(), description="Only these stages; none given: all.")
    directions: tuple[Direction, ...] = Field(
        default=(), description="Only these directions; none given: all."
    )
    sources: tuple[str, ...] = Field(default=(), max_length=1_000, description="Only these publishers.")
    exposed_only: bool = Field(default=True, description="Leave out companies that merely stand by.")
    maximum_age_days: float = Field(
        default=14.0,
        gt=0,
        le=36_525,
        description="News published longer ago than this when it comes in raises no alert, so that reading "
        "an archive does not.",
    )
    crosses: float | None = Field(default=None, gt=0, lt=100, description="company_risk: line of the score.")
    rises_by: float | None = Field(
        default=None, gt=0, lt=100, description="company_risk: points within the window."
    )
    window_days: float = Field(default=30.0, gt=0, le=366, description="company_risk: of `rises_by`.")
    hysteresis: float = Field(
        default=5.0, ge=0, le=50, description="Points that a score must move before the same is told again."
    )
    quiet_hours: QuietHours | None = Field(
        default=None, description="When nothing is sent but what is acute."
    )
    digest: Digest | None = Field(default=None, description="Send one summary a day or week instead.")

    @model_validator(mode="after")
    def _complete(self) -> Rule:
        risk_given = self.crosses is not None or self.rises_by is not None
        if self.kind == "company_risk" and not risk_given:
            raise ValueError("a company_risk rule needs `crosses` or `rises_by`")
        if self.kind == "story" and risk_given:
            raise ValueError("`crosses` and `rises_by` are for rules of kind company_risk")
        return self


@dataclass(frozen=True, slots=True)
class Occasion:
    """What one flagged article says of one company, and how the article came in."""

    sighting: Sighting
    source: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """The most that was told of a story and company."""

    regimes: tuple[Regime, ...]
    severity: int
    stage: Stage | None
    eased: bool
    score: float


@dataclass(frozen=True, slots=True)
class RiskTold:
    """Where a company's risk stood when it was last told, and what may be told again."""

    score: float
    crossing_armed: bool = False
    rising_armed: bool = False


def covers(rule: Rule, company_id: str, watched: Collection[str]) -> bool:
    """Whether the rule is about this company; `watched` are those of its watchlist."""
    if rule.watchlist_id is None and not rule.companies:
        return True
    return company_id in watched or company_id in rule.companies


def score_of(rule: Rule, sighting: Sighting) -> float:
    """The highest score in one of the rule's regimes that is flagged, 0 when none is."""
    return max(
        (
            score
            for regime, score, severity in zip(REGIMES, sighting.scores, sighting.severities, strict=True)
            if severity and regime in rule.regimes
        ),
        default=0.0,
    )


def severity_of(rule: Rule, sighting: Sighting) -> int:
    """The highest severity in one of the rule's regimes, 0-3."""
    return max(
        severity
        for regime, severity in zip(REGIMES, sighting.severities, strict=True)
        if regime in rule.regimes
    )


def regimes_of(rule: Rule, sighting: Sighting) -> tuple[Regime, ...]:
    """The rule's regimes in which the news reaches its least score and severity."""
    return tuple(
        regime
        for regime, score, severity in zip(REGIMES, sighting.scores, sighting.severities, strict=True)
        if regime in rule.regimes and severity >= rule.minimum_severity and score >= rule.minimum_score
    )


def admits(rule: Rule, occasion: Occasion) -> bool:
    """Whether publisher, exposure and age are such that the news may alert at all."""
    sighting = occasion.sighting
    if rule.exposed_only and not sighting.exposed:
        return False
    if rule.sources and (occasion.source or "").casefold() not in {name.casefold() for name in rule.sources}:
        return False
    return occasion.received_at - sighting.observed_at <= timedelta(days=rule.maximum_age_days)


def changes(rule: Rule, told: Told | None, occasion: Occasion) -> tuple[Change, ...]:
    """What is new in a story's article about a company; empty when nobody need be told.

    Whoever was told of a story is told of its easing whatever the rule's scores and directions.

    Parameters
    ----------
    told : Told or None
        None when the story was never told.
    """
    sighting = occasion.sighting
    if not admits(rule, occasion):
        return ()
    easing = sighting.stage == "eased" or sighting.direction == "easing"
    if told is not None and easing and not told.eased and severity_of(rule, sighting):
        return ("eased",)
    if rule.stages and sighting.stage not in rule.stages:
        return ()
    if rule.directions and sighting.direction not in rule.directions:
        return ()
    regimes = regimes_of(rule, sighting)
    if not regimes:
        return ()
    if told is None:
        return ("opened",)
    found: list[Change] = []
    if not set(regimes) <= set(told.regimes):
        found.append("new_regime")
    risen = score_of(rule, sighting) >= told.score + rule.hysteresis
    if severity_of(rule, sighting) > told.severity and risen:
        found.append("severity_up")
    if _order(sighting.stage) > _order(told.stage) and not easing:
        found.append("stage_advanced")
    return tuple(found)


def _order(stage: Stage | None) -> int:
    return -1 if stage is None or stage == "eased" else STAGES.index(stage)


def telling(rule: Rule, told: Told | None, sighting: Sighting) -> Told:
    """What has been told once this article is."""
    easing = sighting.stage == "eased" or sighting.direction == "easing"
    regimes = regimes_of(rule, sighting)
    if told is None:
        return Told(
            regimes=regimes,
            severity=severity_of(rule, sighting),
            stage=sighting.stage,
            eased=easing,
            score=score_of(rule, sighting),
        )
    return Told(
        regimes=tuple(regime for regime in REGIMES if regime in told.regimes or regime in regimes),
        severity=max(told.severity, severity_of(rule, sighting)),
        stage=sighting.stage if _order(sighting.stage) > _order(told.stage) else told.stage,
        eased=told.eased or easing,
        score=max(told.score, score_of(rule, sighting)),
    )


def risk_changes(
    rule: Rule, told: RiskTold | None, *, before: float, after: float, window_start: float
) -> tuple[tuple[Change, ...], RiskTold | None]:
    """What is new in a company's risk now that news of it came in.

    Parameters
    ----------
    told : RiskTold or None
        None when it was never told.
    before, after : float
        Score at this moment without and with the news, 0-100.
    window_start : float
        Score `window_days` ago.

    Returns
    -------
    changes : tuple
        Empty when nobody need be told.
    RiskTold or None
        What to remember; None as long as nothing was told.
    """
    crossing_armed, rising_armed, again = True, True, 0.0
    if told is not None:
        fallen = rule.crosses is not None and before < rule.crosses - rule.hysteresis
        crossing_armed = told.crossing_armed or fallen
        slowed = rule.rises_by is not None and before - window_start < rule.rises_by - rule.hysteresis
        rising_armed = told.rising_armed or slowed
        again = told.score + (rule.rises_by or 0.0)
    found: list[Change] = []
    # A line that was passed before the rule was made is no crossing; one re-armed below it may be.
    below = told is not None or (rule.crosses is not None and before < rule.crosses)
    if rule.crosses is not None and after >= rule.crosses and crossing_armed and below:
        found.append("crossed")
        crossing_armed = False
    if rule.rises_by is not None and after > before and after - window_start >= rule.rises_by:
        first = told is None and before - window_start < rule.rises_by
        if first or (told is not None and (rising_armed or after >= again)):
            found.append("risen")
            rising_armed = False
    if found:
        return tuple(found), RiskTold(after, crossing_armed, rising_armed)
    if told is None:
        return (), None
    return (), replace(told, crossing_armed=crossing_armed, rising_armed=rising_armed)


def scope_score(rule: Rule, scores: tuple[float, ...]) -> float:
    """Of scores by regime and over all, as `risk.timeline` gives them, the one that the rule is about."""
    if len(set(rule.regimes)) == len(REGIMES):
        return scores[-1]
    return max(scores[REGIMES.index(regime)] for regime in rule.regimes)


def risk_severity(score: float) -> int:
    """How urgent a company's risk is, on the scale of severities: 3 from 75 points, 2 from 50."""
    return 3 if score >= 75 else 2 if score >= 50 else 1
