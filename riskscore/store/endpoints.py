"""Endpoints: where events go, with their secrets and whether they can be reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from riskscore.alerts.channels import Channel
from riskscore.store import alert_tables as tables

State = Literal["active", "disabled"]
_E = tables.endpoints.c


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """An endpoint; the secrets never show in its representation."""

    endpoint_id: str
    name: str
    channel: Channel
    target: str
    secret: str | None = field(repr=False)
    former_secret: str | None = field(repr=False)
    former_valid_until: datetime | None
    announcements: bool
    state: State
    disabled_reason: str | None
    disabled_at: datetime | None  # stays until something is delivered again
    failing_since: datetime | None
    failures: int
    not_before: datetime | None
    sequence: int
    created_at: datetime
    deleted_at: datetime | None

    def valid_secrets(self, at: datetime) -> list[str]:
        """The secret, and the one before while it is still valid."""
        found = [self.secret] if self.secret is not None else []
        if self.former_secret is not None and self.former_valid_until is not None:
            found += [self.former_secret] if at < self.former_valid_until else []
        return found


def add_endpoint(
    connection: Connection,
    endpoint_id: str,
    name: str,
    channel: Channel,
    target: str,
    secret: str | None,
    at: datetime,
    *,
    announcements: bool,
) -> None:
    """Store a new endpoint."""
    connection.execute(
        insert(tables.endpoints).values(
            endpoint_id=endpoint_id,
            name=name,
            channel=channel,
            target=target,
            secret=secret,
            announcements=announcements,
            state="active",
            failures=0,
            sequence=0,
            created_at=at,
        )
    )


def find_endpoint(connection: Connection, endpoint_id: str, *, lock: bool = False) -> EndpointRecord | None:
    """The endpoint of that id, unless it was deleted; `lock` keeps other writers off it."""
    query = select(tables.endpoints).where(_E.endpoint_id == endpoint_id, _E.deleted_at.is_(None))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else EndpointRecord(**row._mapping)


def find_endpoints(connection: Connection, endpoint_ids: Iterable[str]) -> dict[str, EndpointRecord]:
    """Endpoints by id, deleted ones too."""
    rows = connection.execute(select(tables.endpoints).where(_E.endpoint_id.in_(list(endpoint_ids))))
    return {row.endpoint_id: EndpointRecord(**row._mapping) for row in rows}


def list_endpoints(connection: Connection) -> list[EndpointRecord]:
    """All endpoints, oldest first."""
    rows = connection.execute(
        select(tables.endpoints).where(_E.deleted_at.is_(None)).order_by(_E.created_at, _E.endpoint_id)
    )
    return [EndpointRecord(**row._mapping) for row in rows]


def announced_to(connection: Connection) -> list[str]:
    """Ids of active endpoints that are told of the troubles of others."""
    return list(
        connection.execute(
            select(_E.endpoint_id)
            .where(_E.state == "active", _E.deleted_at.is_(None), _E.announcements)
            .order_by(_E.endpoint_id)
        ).scalars()
    )


def update_endpoint(connection: Connection, endpoint_id: str, **values: Any) -> None:
    """Set columns of an endpoint."""
    connection.execute(update(tables.endpoints).where(_E.endpoint_id == endpoint_id).values(**values))


def next_sequence(connection: Connection, endpoint_id: str) -> int:
    """A number for an event about the endpoint itself; locks its row."""
    number: int = connection.execute(
        update(tables.endpoints)
        .where(_E.endpoint_id == endpoint_id)
        .values(sequence=_E.sequence + 1)
        .returning(_E.sequence)
    ).scalar_one()
    return number
