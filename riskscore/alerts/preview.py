"""A rule and the stored history in, the alerts it would have sent out, and a threshold for a capacity (pure).

The history is taken as if each article had come in when it was published.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from riskscore.alerts.rules import (
    Change,
    Occasion,
    RiskTold,
    Rule,
    Told,
    changes,
    covers,
    risk_changes,
    scope_score,
    telling,
)
from riskscore.risk import HALF_LIFE_DAYS, first_copies, timeline

_INSTANT = timedelta(microseconds=1)
_EXAMPLES = 10
# A capacity that holds in nine weeks of ten: the busiest weeks are when one wants to be told.
_WEEKS_WITHIN = 0.9
_BISECTIONS = 10


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that the rule would have sent."""

    at: datetime
    company_id: str
    story_id: str | None
    changes: tuple[Change, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would have done over the history."""

    since: datetime | None
    until: datetime | None
    weeks: int
    alerts: int
    opened: int  # the others are material changes
    companies: int
    alerts_per_week: float
    busiest_week: int
    week_of_ten: int  # nine weeks of ten had no more alerts than this
    proposed_threshold: float | None  # None: no threshold keeps to the capacity, or none was asked for
    proposed_field: str  # the field of the rule that it is for
    alerts_per_week_then: float | None
    latest: tuple[Raised, ...]


def preview(
    rule: Rule,
    history: Mapping[str, Sequence[Occasion]],
    watched: Collection[str],
    *,
    weekly_capacity: int | None = None,
    half_life_days: float = HALF_LIFE_DAYS,
) -> Preview:
    """Run a rule over stored history.

    Parameters
    ----------
    history : mapping
        By company id, what was said of it, oldest first.
    watched : collection of str
        Companies of the rule's watchlist.
    weekly_capacity : int or None
        Alerts that can be looked at in a week; the lowest threshold that keeps to it in nine weeks of ten
        is proposed.
    """
    chosen = {name: seen for name, seen in history.items() if covers(rule, name, watched)}
    moments = [one.sighting.observed_at for seen in history.values() for one in seen]
    since, until = min(moments, default=None), max(moments, default=None)
    weeks = 0 if since is None or until is None else 1 + (until - since) // timedelta(days=7)
    if rule.kind == "story":
        field = "minimum_score"

        def run(threshold: float) -> list[Raised]:
            return _story_alerts(rule.model_copy(update={"minimum_score": threshold}), chosen)
    else:
        field = "rises_by" if rule.crosses is None else "crosses"
        curves = {name: _curve(rule, seen, half_life_days) for name, seen in chosen.items()}

        def run(threshold: float) -> list[Raised]:
            return _risk_alerts(rule.model_copy(update={field: threshold}), curves)

    present = float(getattr(rule, field))
    raised = run(present)
    counts = _by_week(raised, since, weeks)
    proposed = then = None
    if weekly_capacity is not None and weeks:
        proposed = _threshold(lambda value: _tenth(_by_week(run(value), since, weeks)), weekly_capacity)
        if proposed is not None:
            then = len(run(proposed)) / weeks
    return Preview(
        since=since,
        until=until,
        weeks=weeks,
        alerts=len(raised),
        opened=sum(one.changes == ("opened",) for one in raised),
        companies=len({one.company_id for one in raised}),
        alerts_per_week=len(raised) / weeks if weeks else 0.0,
        busiest_week=max(counts, default=0),
        week_of_ten=_tenth(counts),
        proposed_threshold=proposed,
        proposed_field=field,
        alerts_per_week_then=then,
        latest=tuple(sorted(raised, key=lambda one: one.at)[: -_EXAMPLES - 1 : -1]),
    )


def _story_alerts(rule: Rule, history: Mapping[str, Sequence[Occasion]]) -> list[Raised]:
    raised = []
    for company_id, seen in history.items():
        told: dict[str, Told] = {}
        for occasion in seen:
            sighting = occasion.sighting
            earlier = told.get(sighting.story_id)
            found = changes(rule, earlier, replace(occasion, received_at=sighting.observed_at))
            if found:
                now = told[sighting.story_id] = telling(rule, earlier, sighting)
                raised.append(
                    Raised(sighting.observed_at, company_id, sighting.story_id, found, round(now.score, 1))
                )
    return raised


def _curve(
    rule: Rule, occasions: Sequence[Occasion], half_life_days: float
) -> list[tuple[datetime, float, float, float]]:
    """At each story: the moment, and the score before it, with it and a window earlier."""
    seen = [occasion.sighting for occasion in occasions]
    stories = first_copies(seen, seen[-1].observed_at) if seen else []
    moments = sorted({story.observed_at for story in stories})
    window = timedelta(days=rule.window_days)
    series = [
        [scope_score(rule, scores) for scores in timeline(seen, asked, half_life_days=half_life_days)]
        for asked in (
            [moment - _INSTANT for moment in moments],
            moments,
            [moment - window for moment in moments],
        )
    ]
    return list(zip(moments, *series, strict=True))


def _risk_alerts(
    rule: Rule, curves: Mapping[str, Sequence[tuple[datetime, float, float, float]]]
) -> list[Raised]:
    raised = []
    for company_id, curve in curves.items():
        told: RiskTold | None = None
        for at, before, after, window_start in curve:
            found, told = risk_changes(rule, told, before=before, after=after, window_start=window_start)
            if found:
                raised.append(Raised(at, company_id, None, found, round(after, 1)))
    return raised


def _by_week(raised: Sequence[Raised], since: datetime | None, weeks: int) -> list[int]:
    if since is None:
        return []
    counted = Counter((one.at - since) // timedelta(days=7) for one in raised)
    return [counted[week] for week in range(weeks)]


def _tenth(counts: Sequence[int]) -> int:
    """The number of alerts that nine weeks of ten stay within."""
    if not counts:
        return 0
    return sorted(counts)[math.ceil(_WEEKS_WITHIN * len(counts)) - 1]


def _threshold(alerts_at: Callable[[float], int], capacity: int) -> float | None:
    """The lowest threshold, to a tenth of a point, at which no more than `capacity` alerts come."""
    low, high = 0.1, 99.9  # a higher threshold never brings more, but for rare changes of regime
    if alerts_at(high) > capacity:
        return None
    if alerts_at(low) <= capacity:
        return low
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if alerts_at(middle) <= capacity else (middle, high)
    return math.ceil(high * 10) / 10
