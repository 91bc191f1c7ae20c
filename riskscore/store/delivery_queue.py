"""The queue of deliveries: events put in, claimed by one worker each, and what became of them noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, func, insert, literal_column, or_, select, update

from riskscore.alerts.channels import Channel
from riskscore.store import alert_tables as tables
from riskscore.store.endpoints import EndpointRecord, find_endpoints

DeliveryState = Literal["pending", "delivered", "dead"]
# Written out: with a parameter, neither database would use its partial indexes.
PENDING: ColumnElement[str] = literal_column("'pending'")
_D = tables.deliveries.c
_V = tables.events.c
_E = tables.endpoints.c


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be queued."""

    event_id: str
    type: str
    subject: str
    sequence: int
    occurred_at: datetime
    payload: str
    endpoints: tuple[str, ...] = ()
    due_at: datetime | None = None  # None: at once


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker, and no other, may attempt until `claimed_until`."""

    delivery_key: int
    event_id: str
    type: str
    payload: str
    attempts: int
    claimed_until: datetime
    endpoint: EndpointRecord

    @property
    def channel(self) -> Channel:
        """Of the endpoint."""
        return self.endpoint.channel


def enqueue(connection: Connection, events: Sequence[NewEvent]) -> None:
    """Store events and queue a delivery of each for each of its endpoints.

    What waits for the end of quiet hours comes forward when a later event of its subject does not wait.
    """
    if not events:
        return
    keys = connection.execute(
        insert(tables.events).returning(_V.event_key, sort_by_parameter_order=True),
        [
            {
                "event_id": event.event_id,
                "type": event.type,
                "subject": event.subject,
                "sequence": event.sequence,
                "occurred_at": event.occurred_at,
                "payload": event.payload,
            }
            for event in events
        ],
    ).scalars()
    rows = []
    for key, event in zip(keys, events, strict=True):
        due_at = event.due_at or event.occurred_at
        rows += [
            delivery_row(key, endpoint_id, event.subject, event.occurred_at, due_at)
            for endpoint_id in event.endpoints
        ]
        if event.sequence > 1 and event.endpoints:
            connection.execute(
                update(tables.deliveries)
                .where(
                    _D.endpoint_id.in_(event.endpoints),
                    _D.subject == event.subject,
                    _D.state == PENDING,
                    _D.attempts == 0,
                    _D.due_at > due_at,
                )
                .values(due_at=due_at)
            )
    if rows:
        connection.execute(insert(tables.deliveries), rows)


def delivery_row(
    event_key: int, endpoint_id: str, subject: str, now: datetime, due_at: datetime, *, replay: bool = False
) -> dict[str, Any]:
    """A delivery that waits, as the table takes it."""
    return {
        "event_key": event_key,
        "endpoint_id": endpoint_id,
        "subject": subject,
        "state": "pending",
        "attempts": 0,
        "created_at": now,
        "due_at": due_at,
        "replay": replay,
    }


def claim(
    connection: Connection,
    worker: str,
    now: datetime,
    lease: timedelta,
    *,
    limit: int,
    per_endpoint: int,
    busy: Mapping[str, int],
    ahead: int = 1,
) -> list[Claimed]:
    """Take due deliveries for a worker, at most `limit`; of each subject only the oldest that waits.

    On PostgreSQL rows that another worker is looking at are skipped; on SQLite there is one writer at a time.

    Parameters
    ----------
    worker : str
        A name that no other process has, nor this one after a restart.
    per_endpoint : int
        Most deliveries to one endpoint at the same time by this worker.
    busy : mapping
        By endpoint, how many it has in hand already.
    ahead : int
        From an endpoint that answers well, so many times `per_endpoint` are taken; they will not wait long.
    """
    reachable = select(_E.endpoint_id, _E.failures).where(
        _E.state == "active", _E.deleted_at.is_(None), or_(_E.not_before.is_(None), _E.not_before <= now)
    )
    open_endpoints = connection.execute(reachable.order_by(_E.endpoint_id)).all()
    keys: list[int] = []
    for endpoint_id, failures in sorted(open_endpoints, key=lambda row: busy.get(row.endpoint_id, 0)):
        most = per_endpoint if failures else per_endpoint * ahead
        room = min(limit - len(keys), most - busy.get(endpoint_id, 0))
        if room > 0:
            keys += _claim_of(connection, endpoint_id, worker, now, now + lease, room)
    return _claimed(connection, keys, now + lease)


def _claim_of(
    connection: Connection, endpoint_id: str, worker: str, now: datetime, until: datetime, room: int
) -> list[int]:
    earlier = tables.deliveries.alias("earlier")
    waits_for_another = (
        select(earlier.c.delivery_key)
        .where(
            earlier.c.endpoint_id == endpoint_id,
            earlier.c.subject == _D.subject,
            earlier.c.state == PENDING,
            earlier.c.delivery_key < _D.delivery_key,
        )
        .exists()
    )
    due = (
        select(_D.delivery_key)
        .where(
            _D.endpoint_id == endpoint_id,
            _D.state == PENDING,
            _D.due_at <= now,
            or_(_D.claimed_until.is_(None), _D.claimed_until < now),
            ~waits_for_another,
        )
        .order_by(_D.due_at)
        .limit(room)
        .with_for_update(skip_locked=True)
    )
    keys = list(connection.execute(due).scalars())
    if keys:
        connection.execute(
            update(tables.deliveries)
            .where(_D.delivery_key.in_(keys))
            .values(claimed_by=worker, claimed_until=until)
        )
    return keys


def _claimed(connection: Connection, keys: Sequence[int], until: datetime) -> list[Claimed]:
    if not keys:
        return []
    rows = connection.execute(
        select(_D.delivery_key, _V.event_id, _V.type, _V.payload, _D.attempts, _D.endpoint_id)
        .join_from(tables.deliveries, tables.events)
        .where(_D.delivery_key.in_(keys))
        .order_by(_D.due_at, _D.delivery_key)
    ).all()
    endpoints = find_endpoints(connection, {row.endpoint_id for row in rows})
    return [Claimed(*row[:5], until, endpoints[row.endpoint_id]) for row in rows]


def record_attempts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append to the record of attempts."""
    if rows:
        connection.execute(insert(tables.attempts), rows)


def settle(
    connection: Connection,
    worker: str,
    delivery_key: int,
    *,
    state: DeliveryState,
    attempts: int,
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    """Note how an attempt ended. Nothing happens where the claim has passed to another worker."""
    values: dict[str, Any] = {"state": state, "attempts": attempts, "claimed_by": None, "claimed_until": None}
    if state == "pending":
        values["due_at"] = due_at
    else:
        values["finished_at"] = now
    connection.execute(
        update(tables.deliveries)
        .where(_D.delivery_key == delivery_key, _D.claimed_by == worker, _D.state == PENDING)
        .values(**values)
    )


def deliver_all(connection: Connection, worker: str, keys: Sequence[int], now: datetime) -> None:
    """Note that attempts have succeeded: `settle` for the usual case, in one statement."""
    if keys:
        connection.execute(
            update(tables.deliveries)
            .where(_D.delivery_key.in_(keys), _D.claimed_by == worker, _D.state == PENDING)
            .values(
                state="delivered",
                attempts=_D.attempts + 1,
                claimed_by=None,
                claimed_until=None,
                finished_at=now,
            )
        )


def release(connection: Connection, worker: str, keys: Sequence[int]) -> None:
    """Give claims back that were not used."""
    if keys:
        connection.execute(
            update(tables.deliveries)
            .where(_D.delivery_key.in_(keys), _D.claimed_by == worker)
            .values(claimed_by=None, claimed_until=None)
        )


def resume(connection: Connection, endpoint_id: str, now: datetime) -> int:
    """Begin the schedule of an endpoint's waiting deliveries anew; returns their number."""
    connection.execute(
        update(tables.deliveries)
        .where(_D.endpoint_id == endpoint_id, _D.state == PENDING, _D.attempts > 0)
        .values(attempts=0, due_at=now)
    )
    return count_pending(connection, endpoint_id)


def count_pending(connection: Connection, endpoint_id: str) -> int:
    """How many deliveries wait for an endpoint."""
    counted: int = connection.execute(
        select(func.count())
        .select_from(tables.deliveries)
        .where(_D.endpoint_id == endpoint_id, _D.state == PENDING)
    ).scalar_one()
    return counted
