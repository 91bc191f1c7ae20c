"""Subscriptions: a rule, and the endpoint that is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from riskscore.alerts.rules import Rule
from riskscore.store import alert_tables, tables

_S = alert_tables.subscriptions.c


@dataclass(frozen=True, slots=True)
class SubscriptionRecord:
    """A subscription; without an endpoint its alerts are kept for review, and not sent."""

    subscription_id: str
    name: str
    endpoint_id: str | None
    rule: Rule
    active: bool
    created_at: datetime


def add_subscription(
    connection: Connection,
    subscription_id: str,
    name: str,
    endpoint_id: str | None,
    rule: Rule,
    at: datetime,
    *,
    active: bool = True,
) -> None:
    """Store a new subscription."""
    connection.execute(
        insert(alert_tables.subscriptions).values(
            subscription_id=subscription_id,
            name=name,
            endpoint_id=endpoint_id,
            rule=rule.model_dump_json(exclude_defaults=True),
            active=active,
            sequence=0,
            created_at=at,
        )
    )


def find_subscription(connection: Connection, subscription_id: str) -> SubscriptionRecord | None:
    """The subscription of that id, unless it was deleted."""
    row = connection.execute(
        select(alert_tables.subscriptions).where(
            _S.subscription_id == subscription_id, _S.deleted_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else _record(row)


def list_subscriptions(
    connection: Connection, *, active_only: bool = False, endpoint_id: str | None = None
) -> list[SubscriptionRecord]:
    """All subscriptions, oldest first."""
    query = select(alert_tables.subscriptions).where(_S.deleted_at.is_(None))
    if active_only:
        query = query.where(_S.active)
    if endpoint_id is not None:
        query = query.where(_S.endpoint_id == endpoint_id)
    return [_record(row) for row in connection.execute(query.order_by(_S.created_at, _S.subscription_id))]


def update_subscription(connection: Connection, subscription_id: str, **values: Any) -> None:
    """Set columns of a subscription; a `rule` is given as a `Rule`."""
    if "rule" in values:
        values["rule"] = values["rule"].model_dump_json(exclude_defaults=True)
    connection.execute(
        update(alert_tables.subscriptions).where(_S.subscription_id == subscription_id).values(**values)
    )


def next_digest_number(connection: Connection, subscription_id: str) -> int:
    """A number for a digest; locks the subscription's row."""
    number: int = connection.execute(
        update(alert_tables.subscriptions)
        .where(_S.subscription_id == subscription_id)
        .values(sequence=_S.sequence + 1)
        .returning(_S.sequence)
    ).scalar_one()
    return number


def watched_companies(connection: Connection, rules: list[Rule]) -> dict[str, frozenset[str]]:
    """By watchlist that one of these rules names, its companies."""
    wanted = {rule.watchlist_id for rule in rules if rule.watchlist_id is not None}
    if not wanted:
        return {}
    members = tables.watchlist_members.c
    found: dict[str, set[str]] = {watchlist_id: set() for watchlist_id in wanted}
    rows = connection.execute(
        select(members.watchlist_id, members.company_id).where(members.watchlist_id.in_(sorted(wanted)))
    )
    for watchlist_id, company_id in rows:
        found[watchlist_id].add(company_id)
    return {watchlist_id: frozenset(companies) for watchlist_id, companies in found.items()}


def _record(row: Any) -> SubscriptionRecord:
    return SubscriptionRecord(
        subscription_id=row.subscription_id,
        name=row.name,
        endpoint_id=row.endpoint_id,
        rule=Rule.model_validate_json(row.rule),
        active=row.active,
        created_at=row.created_at,
    )
