"""What is to be told put into the outbox, in the caller's transaction: digests, tests, endpoint troubles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select

from riskscore.alerts.events import EventType, digests, encode_event, new_id
from riskscore.store import alert_tables as tables
from riskscore.store.delivery_queue import NewEvent, count_pending, enqueue, resume
from riskscore.store.endpoints import (
    EndpointRecord,
    announced_to,
    find_endpoint,
    next_sequence,
    update_endpoint,
)
from riskscore.store.subscriptions import find_subscription, next_digest_number


def event_of(
    kind: EventType,
    subject: str,
    sequence: int,
    at: datetime,
    data: dict[str, Any],
    endpoints: Sequence[str],
    due_at: datetime | None = None,
) -> NewEvent:
    """An event with a new id, ready to be queued."""
    event_id = new_id("msg")
    payload = encode_event(kind, event_id, subject, sequence, at, data)
    return NewEvent(event_id, kind, subject, sequence, at, payload, tuple(endpoints), due_at)


def queue_test_event(connection: Connection, endpoint: EndpointRecord, at: datetime) -> str:
    """Queue a test event for one endpoint; returns the event's id."""
    sequence = next_sequence(connection, endpoint.endpoint_id)
    data = {"endpoint": _named(endpoint)}
    subject = f"endpoint/{endpoint.endpoint_id}"
    event = event_of("endpoint.test", subject, sequence, at, data, [endpoint.endpoint_id])
    enqueue(connection, [event])
    return event.event_id


def disable(connection: Connection, endpoint_id: str, reason: str, at: datetime) -> bool:
    """Stop sending to an endpoint, keep its events, and tell the other endpoints so.

    Returns
    -------
    bool
        Whether it was active before.
    """
    endpoint = find_endpoint(connection, endpoint_id, lock=True)
    if endpoint is None or endpoint.state == "disabled":
        return False
    update_endpoint(
        connection, endpoint_id, state="disabled", disabled_reason=reason, disabled_at=at, not_before=None
    )
    _announce(connection, "endpoint.disabled", endpoint, at, {"reason": reason}, without=endpoint_id)
    return True


def enable(connection: Connection, endpoint_id: str, at: datetime) -> int:
    """Send to an endpoint again, what waited first; recovery is announced once something arrives.

    Returns
    -------
    int
        How many deliveries wait.
    """
    update_endpoint(connection, endpoint_id, state="active", failures=0, failing_since=None, not_before=None)
    return resume(connection, endpoint_id, at)


def announce_recovery(connection: Connection, endpoint: EndpointRecord, at: datetime) -> None:
    """Tell all endpoints, this one too, that something has arrived at it again."""
    update_endpoint(connection, endpoint.endpoint_id, disabled_at=None, disabled_reason=None)
    _announce(connection, "endpoint.recovered", endpoint, at, {"reason": endpoint.disabled_reason})


def _announce(
    connection: Connection,
    kind: EventType,
    endpoint: EndpointRecord,
    at: datetime,
    data: dict[str, Any],
    without: str | None = None,
) -> None:
    told = [endpoint_id for endpoint_id in announced_to(connection) if endpoint_id != without]
    data = {
        "endpoint": _named(endpoint),
        "failing_since": endpoint.failing_since.isoformat() if endpoint.failing_since else None,
        "pending": count_pending(connection, endpoint.endpoint_id),
        **data,
    }
    sequence = next_sequence(connection, endpoint.endpoint_id)
    enqueue(connection, [event_of(kind, f"endpoint/{endpoint.endpoint_id}", sequence, at, data, told)])


def _named(endpoint: EndpointRecord) -> dict[str, str]:
    return {"endpoint_id": endpoint.endpoint_id, "name": endpoint.name[:200], "channel": endpoint.channel}


def add_to_digest(
    connection: Connection, subscription_id: str, due_at: datetime, entries: Sequence[dict[str, Any]]
) -> None:
    """Keep alerts for a subscription's next digest."""
    rows = [
        {"subscription_id": subscription_id, "due_at": due_at, "entry": orjson.dumps(entry).decode()}
        for entry in entries
    ]
    if rows:
        connection.execute(insert(tables.digest_entries), rows)


def send_digests(connection: Connection, now: datetime) -> int:
    """Make events of the digests that are due; returns how many alerts went into them."""
    columns = tables.digest_entries.c
    due = connection.execute(
        select(columns.subscription_id)
        .where(columns.due_at <= now)
        .distinct()
        .order_by(columns.subscription_id)
    )
    sent = 0
    for subscription_id in list(due.scalars()):
        # The number's row lock keeps a second worker from making the same digest.
        number = next_digest_number(connection, subscription_id)
        gone = connection.execute(
            delete(tables.digest_entries)
            .where(columns.subscription_id == subscription_id, columns.due_at <= now)
            .returning(columns.entry_key, columns.entry)
        ).all()
        entries = [orjson.loads(row.entry) for row in sorted(gone, key=lambda row: int(row.entry_key))]
        sent += len(entries)
        subscription = find_subscription(connection, subscription_id)
        if subscription is None or subscription.endpoint_id is None:
            continue
        named = {"subscription_id": subscription_id, "name": subscription.name[:200]}
        for part, data in enumerate(digests(entries, named)):
            sequence = number if part == 0 else next_digest_number(connection, subscription_id)
            event = event_of(
                "alerts.digest",
                f"digest/{subscription_id}",
                sequence,
                now,
                data,
                [subscription.endpoint_id],
            )
            enqueue(connection, [event])
    return sent
