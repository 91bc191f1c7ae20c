"""The stored counts of a window in, each model's drift out, and an event where it passes the limit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from riskscore.alerting.outbox import event_of
from riskscore.drift.counts import ALL_SOURCES, HeadSet, SourceKey, total
from riskscore.drift.figures import SourceDrift, drift_of
from riskscore.drift.reference import Reference
from riskscore.errors import InputError
from riskscore.store.delivery_queue import enqueue
from riskscore.store.drift import (
    AlarmRecord,
    adopt_references,
    alarms_of,
    counts_since,
    references_of,
    save_alarm,
)
from riskscore.store.endpoints import announced_to

if TYPE_CHECKING:
    from riskscore.auditing.trail import Trail
    from riskscore.settings import Settings

# Below this part of the limit a raised alarm is cleared; in between nothing is told, so that it cannot flap.
_CLEARED_BELOW = 0.8

TrainingReference = Callable[[HeadSet], Reference | None]
Drifts = Mapping[HeadSet, Sequence[SourceDrift]]


@dataclass(frozen=True, slots=True)
class DriftPolicy:
    """Over how long drift is looked at, and from when it is told."""

    window: timedelta = timedelta(days=7)
    min_items: int = 200
    psi_limit: float = 0.25

    @classmethod
    def of(cls, settings: Settings) -> DriftPolicy:
        """As the settings want it."""
        window = timedelta(hours=settings.drift_window_h)
        return cls(window, settings.drift_min_items, settings.drift_psi_limit)


def evaluate(
    connection: Connection, policy: DriftPolicy, training: TrainingReference, now: datetime
) -> dict[HeadSet, list[SourceDrift]]:
    """The drift of every head set that scored anything within the window."""
    counts = counts_since(connection, now - policy.window)
    found = {}
    for heads in sorted({key.heads for key in counts}):
        adopted = {
            source: Reference("adopted", record.bins, record.items)
            for source, record in references_of(connection, heads).items()
        }
        found[heads] = drift_of(heads, counts, adopted, training(heads), policy.min_items)
    return found


def adopt_window(
    connection: Connection,
    policy: DriftPolicy,
    model_version: str,
    *,
    by: str,
    at: datetime,
    trail: Trail | None = None,
) -> str:
    """Take a model's scores of the window as what later ones are compared with, source by source.

    Sources with fewer items than an index needs go by all together.

    Returns
    -------
    str
        What was taken, in words.

    Raises
    ------
    InputError
        The model scored too little within the window.
    """
    counts = {
        key: found
        for key, found in counts_since(connection, at - policy.window).items()
        if key.heads.model_version == model_version
    }
    taken = {key: found for key, found in counts.items() if found.scored >= policy.min_items}
    for heads in {key.heads for key in counts}:
        everything = total(found for key, found in counts.items() if key.heads == heads)
        if everything.scored >= policy.min_items:
            taken[SourceKey(heads, ALL_SOURCES)] = everything
    if not taken:
        scored = sum(found.scored for found in counts.values())
        raise InputError(
            f"model {model_version} scored {scored:,} articles within the window; a reference needs "
            f"{policy.min_items:,} (drift_min_items)"
        )
    adopt_references(connection, taken, by, at)
    if trail is not None:
        detail = {"reference": "adopted", "items": sum(found.scored for found in counts.values())}
        trail.note(connection, "model.changed", model_version, detail=detail)
    named = sorted(key.source for key in taken if key.source not in ("", ALL_SOURCES))
    return f"all sources together, {len(named)} on their own"


def is_news(connection: Connection, drifts: Drifts, policy: DriftPolicy) -> bool:
    """Whether `tell_drift` would write anything."""
    return bool(_changes(connection, drifts, policy))


def tell_drift(
    connection: Connection, drifts: Drifts, policy: DriftPolicy, now: datetime, public_url: str = ""
) -> int:
    """Queue an event for each index that has newly passed the limit; returns their number.

    The endpoints told are those with announcements. Two processes that find the same at the same time make
    one event: the second's has the same subject and number, is refused, and finds the alarm raised.
    """
    told = 0
    for (key, regime), (index, alarm, drift) in _changes(connection, drifts, policy).items():
        if index < policy.psi_limit:
            save_alarm(connection, key, regime, replace(alarm, raised=False, psi=index, changed_at=now))
            continue
        sequence = alarm.sequence + 1
        save_alarm(connection, key, regime, AlarmRecord(True, sequence, index, now))
        data = _event_data(key, regime, index, drift, policy, now, public_url)
        event = event_of("model.drift", _subject(key, regime), sequence, now, data, announced_to(connection))
        enqueue(connection, [event])
        told += 1
    return told


def _changes(
    connection: Connection, drifts: Drifts, policy: DriftPolicy
) -> dict[tuple[SourceKey, str], tuple[float, AlarmRecord, SourceDrift]]:
    """Indices over the limit that are not told yet, and those well below it again that are."""
    known = alarms_of(connection, drifts)
    never = AlarmRecord(False, 0, 0.0, datetime.min.replace(tzinfo=UTC))
    changes = {}
    for heads, sources in drifts.items():
        for drift in sources:
            key = SourceKey(heads, drift.source)
            for regime, index in drift.psi.items():
                alarm = known.get((key, regime), never)
                if index is None:
                    continue
                passed = index >= policy.psi_limit and not alarm.raised
                if passed or (alarm.raised and index < _CLEARED_BELOW * policy.psi_limit):
                    changes[key, str(regime)] = (index, alarm, drift)
    return changes


def _subject(key: SourceKey, regime: str) -> str:
    told_apart = hashlib.sha256("\n".join((*key.heads, key.source)).encode()).hexdigest()[:8]
    return f"drift/{key.heads.model_version[:40]}/{regime}/{told_apart}"


def _event_data(
    key: SourceKey,
    regime: str,
    index: float,
    drift: SourceDrift,
    policy: DriftPolicy,
    now: datetime,
    public_url: str,
) -> dict[str, Any]:
    return {
        "model_version": key.heads.model_version,
        "language": key.heads.language,
        "source": None if key.source == ALL_SOURCES else key.source,
        "regime": regime,
        "psi": round(index, 4),
        "limit": policy.psi_limit,
        "items": drift.items,
        "reference": drift.reference.kind if drift.reference is not None else None,
        "since": (now - policy.window).isoformat(timespec="seconds"),
        "links": {"drift": f"{public_url.rstrip('/')}/v1/drift?model_version={key.heads.model_version}"},
    }
