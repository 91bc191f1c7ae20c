"""Alerts and what analysts decided of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, insert, select, update

from riskscore.store import alert_tables as tables

Kind = Literal["story", "company_risk"]
Status = Literal["open", "escalate", "dismiss", "monitor"]
Decision = Literal["escalate", "dismiss", "monitor"]
_A = tables.alerts.c
_D = tables.dispositions.c


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert as it stands."""

    alert_id: str
    subscription_id: str
    topic: str
    kind: Kind
    company_id: str
    company_name: str
    story_id: str | None
    article_id: str
    assessment_id: str
    title: str
    changes: str  # separated by blanks
    severity: int
    score: float
    told: str  # JSON
    status: Status
    sequence: int
    opened_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DispositionRecord:
    """A decision; in force until `ended_at`."""

    disposition_key: int
    alert_id: str
    decision: Decision
    reason: str
    decided_by: str
    note: str | None
    sequence: int
    decided_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts to list; None asks for all."""

    status: Status | None = None
    subscription_id: str | None = None
    company_id: str | None = None
    minimum_severity: int = 1
    since: datetime | None = None  # by the last change
    until: datetime | None = None


def alerts_on(connection: Connection, topics: Iterable[str]) -> dict[tuple[str, str], AlertRecord]:
    """By (subscription_id, topic), the alerts on these topics; other writers wait for this transaction."""
    wanted = sorted(set(topics))
    if not wanted:
        return {}
    rows = connection.execute(
        select(tables.alerts).where(_A.topic.in_(wanted)).order_by(_A.alert_id).with_for_update()
    )
    return {(row.subscription_id, row.topic): AlertRecord(**row._mapping) for row in rows}


def save_alerts(
    connection: Connection, new: Sequence[AlertRecord], changed: Sequence[AlertRecord], at: datetime
) -> None:
    """Insert new alerts and update changed ones; a decision on an alert that is open again ends.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        Another writer raised the same alert meanwhile.
    """
    if new:
        ordered = sorted(new, key=lambda alert: (alert.subscription_id, alert.topic))
        connection.execute(insert(tables.alerts), [asdict(alert) for alert in ordered])
    for alert in changed:
        values = asdict(alert)
        del values["alert_id"]
        connection.execute(update(tables.alerts).where(_A.alert_id == alert.alert_id).values(**values))
        if alert.status == "open":
            connection.execute(
                update(tables.dispositions)
                .where(_D.alert_id == alert.alert_id, _D.ended_at.is_(None))
                .values(ended_at=at)
            )


def find_alert(connection: Connection, alert_id: str, *, lock: bool = False) -> AlertRecord | None:
    """The alert of that id."""
    query = select(tables.alerts).where(_A.alert_id == alert_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else AlertRecord(**row._mapping)


def list_alerts(
    connection: Connection,
    wanted: AlertFilter,
    limit: int,
    before: tuple[datetime, str] | None = None,
) -> list[AlertRecord]:
    """Alerts, the last changed first, beginning after a (changed_at, alert_id)."""
    query = select(tables.alerts).where(_A.severity >= wanted.minimum_severity)
    for column, value in (
        (_A.status, wanted.status),
        (_A.subscription_id, wanted.subscription_id),
        (_A.company_id, wanted.company_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(_A.changed_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_A.changed_at <= wanted.until)
    if before is not None:
        moment, alert_id = before
        query = query.where((_A.changed_at < moment) | ((_A.changed_at == moment) & (_A.alert_id < alert_id)))
    rows = connection.execute(query.order_by(_A.changed_at.desc(), _A.alert_id.desc()).limit(limit))
    return [AlertRecord(**row._mapping) for row in rows]


def all_alerts(
    connection: Connection, wanted: AlertFilter
) -> Iterator[tuple[AlertRecord, list[DispositionRecord]]]:
    """Every alert that fits with all decisions on it, the last changed first, read in batches."""
    before: tuple[datetime, str] | None = None
    while True:
        batch = list_alerts(connection, wanted, 500, before)
        if not batch:
            return
        decisions = dispositions_of(connection, [alert.alert_id for alert in batch])
        for alert in batch:
            yield alert, decisions.get(alert.alert_id, [])
        before = (batch[-1].changed_at, batch[-1].alert_id)


def record_disposition(
    connection: Connection,
    alert: AlertRecord,
    decision: Decision,
    *,
    reason: str,
    decided_by: str,
    note: str | None,
    at: datetime,
) -> DispositionRecord:
    """Decide on an alert; an earlier decision ends and stays on record."""
    connection.execute(
        update(tables.dispositions)
        .where(_D.alert_id == alert.alert_id, _D.ended_at.is_(None))
        .values(ended_at=at)
    )
    row = connection.execute(
        insert(tables.dispositions)
        .values(
            alert_id=alert.alert_id,
            decision=decision,
            reason=reason,
            decided_by=decided_by,
            note=note,
            sequence=alert.sequence,
            decided_at=at,
        )
        .returning(*tables.dispositions.c)
    ).one()
    connection.execute(update(tables.alerts).where(_A.alert_id == alert.alert_id).values(status=decision))
    return DispositionRecord(**row._mapping)


def dispositions_of(connection: Connection, alert_ids: Iterable[str]) -> dict[str, list[DispositionRecord]]:
    """By alert, the decisions on it, oldest first."""
    rows = connection.execute(
        select(tables.dispositions).where(_D.alert_id.in_(list(alert_ids))).order_by(_D.disposition_key)
    )
    found: dict[str, list[DispositionRecord]] = {}
    for row in rows:
        found.setdefault(row.alert_id, []).append(DispositionRecord(**row._mapping))
    return found


def count_open(connection: Connection) -> dict[int, int]:
    """How many alerts wait for a decision, by severity."""
    rows = connection.execute(
        select(_A.severity, func.count()).where(_A.status == "open").group_by(_A.severity)
    )
    return dict(map(tuple, rows))
