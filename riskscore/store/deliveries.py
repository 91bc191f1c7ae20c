"""Deliveries as people look at them: listed with their attempts, counted, and queued once more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, literal_column, select

from riskscore.store import alert_tables as tables
from riskscore.store.delivery_queue import PENDING, DeliveryState, delivery_row

_D = tables.deliveries.c
_V = tables.events.c
_E = tables.endpoints.c
_DEAD: ColumnElement[str] = literal_column("'dead'")  # see PENDING
_MAX_REPLAYED = 100_000


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery with its event, as listed."""

    delivery_key: int
    event_id: str
    type: str
    subject: str
    sequence: int
    endpoint_id: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    replay: bool


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One try to deliver."""

    attempt_key: int
    delivery_key: int
    started_at: datetime
    duration_ms: float
    succeeded: bool
    status: int | None
    error: str | None
    answer: bytes | None


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries to list or replay; None asks for all."""

    endpoint_id: str | None = None
    state: DeliveryState | None = None
    type: str | None = None
    subject: str | None = None
    since: datetime | None = None  # by the event's time
    until: datetime | None = None


def backlog(connection: Connection) -> dict[str, tuple[int, datetime | None, int]]:
    """By endpoint: deliveries that wait, since when the oldest is due, and how many were given up."""
    waiting = connection.execute(
        select(_D.endpoint_id, func.count(), func.min(_D.due_at))
        .where(_D.state == PENDING)
        .group_by(_D.endpoint_id)
    )
    given_up = connection.execute(
        select(_D.endpoint_id, func.count()).where(_D.state == _DEAD).group_by(_D.endpoint_id)
    )
    dead: dict[str, int] = dict(map(tuple, given_up))
    found = {name: (pending, oldest, dead.pop(name, 0)) for name, pending, oldest in waiting}
    return found | {endpoint_id: (0, None, count) for endpoint_id, count in dead.items()}


_LISTED = (
    _D.delivery_key,
    _V.event_id,
    _V.type,
    _V.subject,
    _V.sequence,
    _D.endpoint_id,
    _D.state,
    _D.attempts,
    _D.created_at,
    _D.due_at,
    _D.finished_at,
    _D.replay,
)


def _filtered(query: Any, wanted: DeliveryFilter) -> Any:
    for column, value in (
        (_D.endpoint_id, wanted.endpoint_id),
        (_D.state, wanted.state),
        (_V.type, wanted.type),
        (_D.subject, wanted.subject),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(_V.occurred_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_V.occurred_at <= wanted.until)
    return query


def list_deliveries(
    connection: Connection, wanted: DeliveryFilter, limit: int, before: int | None = None
) -> list[DeliveryRecord]:
    """Deliveries, newest first, beginning below a delivery's key."""
    query = _filtered(select(*_LISTED).join_from(tables.deliveries, tables.events), wanted)
    if before is not None:
        query = query.where(_D.delivery_key < before)
    rows = connection.execute(query.order_by(_D.delivery_key.desc()).limit(limit))
    return [DeliveryRecord(*row) for row in rows]


def find_delivery(connection: Connection, delivery_key: int) -> tuple[DeliveryRecord, str] | None:
    """A delivery, and the payload of its event."""
    row = connection.execute(
        select(*_LISTED, _V.payload)
        .join_from(tables.deliveries, tables.events)
        .where(_D.delivery_key == delivery_key)
    ).one_or_none()
    return None if row is None else (DeliveryRecord(*row[:-1]), row[-1])


def attempts_of(connection: Connection, delivery_keys: Iterable[int]) -> list[AttemptRecord]:
    """The attempts of some deliveries, oldest first."""
    rows = connection.execute(
        select(tables.attempts)
        .where(tables.attempts.c.delivery_key.in_(list(delivery_keys)))
        .order_by(tables.attempts.c.attempt_key)
    )
    return [AttemptRecord(**row._mapping) for row in rows]


def list_attempts(
    connection: Connection,
    wanted: DeliveryFilter,
    limit: int,
    before: int | None = None,
    *,
    succeeded: bool | None = None,
) -> list[AttemptRecord]:
    """Attempts of all deliveries that fit, newest first, beginning below an attempt's key."""
    columns = tables.attempts.c
    query = (
        select(tables.attempts)
        .join(tables.deliveries, columns.delivery_key == _D.delivery_key)
        .join(tables.events, _V.event_key == _D.event_key)
    )
    query = _filtered(query, wanted)
    if succeeded is not None:
        query = query.where(columns.succeeded.is_(succeeded))
    if before is not None:
        query = query.where(columns.attempt_key < before)
    rows = connection.execute(query.order_by(columns.attempt_key.desc()).limit(limit))
    return [AttemptRecord(**row._mapping) for row in rows]


def replay(
    connection: Connection,
    now: datetime,
    wanted: DeliveryFilter,
    *,
    delivery_keys: Sequence[int] | None = None,
) -> int:
    """Queue what was delivered or given up once more, in its old order; returns how many.

    What still waits is not queued a second time, nor is anything for a deleted endpoint.
    """
    query = (
        select(_D.event_key, _D.endpoint_id, _D.subject, func.min(_D.delivery_key))
        .join_from(tables.deliveries, tables.events)
        .join(tables.endpoints, _E.endpoint_id == _D.endpoint_id)
        .where(_E.deleted_at.is_(None), _D.state != PENDING)
    )
    if delivery_keys is not None:
        query = query.where(_D.delivery_key.in_(delivery_keys))
    waiting = tables.deliveries.alias("waiting")
    still_waits = (
        select(waiting.c.delivery_key)
        .where(
            waiting.c.event_key == _D.event_key,
            waiting.c.endpoint_id == _D.endpoint_id,
            waiting.c.state == PENDING,
        )
        .exists()
    )
    query = _filtered(query.where(~still_waits), wanted)
    grouped = query.group_by(_D.event_key, _D.endpoint_id, _D.subject).order_by(func.min(_D.delivery_key))
    rows = [
        delivery_row(event_key, endpoint_id, subject, now, now, replay=True)
        for event_key, endpoint_id, subject, _ in connection.execute(grouped.limit(_MAX_REPLAYED))
    ]
    if rows:
        connection.execute(insert(tables.deliveries), rows)
    return len(rows)


def payloads_of(connection: Connection, subject: str) -> list[str]:
    """All events about a subject as sent, oldest first."""
    return list(
        connection.execute(select(_V.payload).where(_V.subject == subject).order_by(_V.sequence)).scalars()
    )
