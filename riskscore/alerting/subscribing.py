"""What people set up: endpoints, subscriptions, decisions on alerts; checked and stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from riskscore.alerts.addresses import check_url
from riskscore.alerts.channels import Channel
from riskscore.alerts.events import new_id
from riskscore.alerts.mail import check_address
from riskscore.alerts.preview import Preview, preview
from riskscore.alerts.rules import Rule
from riskscore.alerts.signing import Scheme, new_secret, shown_secret
from riskscore.alerts.syslog import check_target
from riskscore.errors import InputError
from riskscore.store.alerts import AlertRecord, Decision, DispositionRecord, find_alert, record_disposition
from riskscore.store.endpoints import EndpointRecord, add_endpoint, find_endpoint, update_endpoint
from riskscore.store.occasions import history
from riskscore.store.subscriptions import (
    SubscriptionRecord,
    add_subscription,
    find_subscription,
    update_subscription,
    watched_companies,
)
from riskscore.store.watchlists import find_watchlist


class NoSuchError(InputError):
    """The endpoint, subscription, watchlist, delivery or alert that is named does not exist."""


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint that was made, with what its receiver needs to verify: shown this once."""

    endpoint: EndpointRecord
    secret: str | None


def check_channel_target(channel: Channel, target: str) -> str:
    """Refuse a target that its channel cannot use; errors as `InputError` on `target`."""
    if channel == "email":
        return check_address(target)
    if channel == "syslog":
        check_target(target)
    else:
        check_url(target)
    return target


def make_endpoint(
    connection: Connection,
    name: str,
    channel: Channel,
    target: str,
    at: datetime,
    *,
    signing: Scheme = "hmac",
    announcements: bool = True,
) -> NewEndpoint:
    """Store a new endpoint; webhooks get a secret."""
    check_channel_target(channel, target)
    endpoint_id = new_id("ep")
    secret = new_secret(signing) if channel == "webhook" else None
    add_endpoint(connection, endpoint_id, name, channel, target, secret, at, announcements=announcements)
    return NewEndpoint(
        need_endpoint(connection, endpoint_id), None if secret is None else shown_secret(secret)
    )


def need_endpoint(connection: Connection, endpoint_id: str, *, lock: bool = False) -> EndpointRecord:
    """The endpoint of that id.

    Raises
    ------
    NoSuchError
    """
    found = find_endpoint(connection, endpoint_id, lock=lock)
    if found is None:
        raise NoSuchError(f"there is no endpoint {endpoint_id[:60]!r}", "endpoint_id")
    return found


def rotate_secret(
    connection: Connection, endpoint_id: str, at: datetime, overlap: timedelta, signing: Scheme = "hmac"
) -> NewEndpoint:
    """Give an endpoint a new secret; messages are signed with the old one too until the overlap is over."""
    endpoint = need_endpoint(connection, endpoint_id, lock=True)
    if endpoint.secret is None:
        raise InputError(f"endpoints of channel {endpoint.channel} are not signed", "endpoint_id")
    secret = new_secret(signing)
    update_endpoint(
        connection,
        endpoint_id,
        secret=secret,
        former_secret=endpoint.secret,
        former_valid_until=at + overlap,
    )
    return NewEndpoint(need_endpoint(connection, endpoint_id), shown_secret(secret))


def make_subscription(
    connection: Connection,
    name: str,
    endpoint_id: str | None,
    rule: Rule,
    at: datetime,
    *,
    active: bool = True,
) -> SubscriptionRecord:
    """Store a new subscription."""
    if endpoint_id is not None:
        need_endpoint(connection, endpoint_id)
    _check_watchlist(connection, rule)
    subscription_id = new_id("su")
    add_subscription(connection, subscription_id, name, endpoint_id, rule, at, active=active)
    return need_subscription(connection, subscription_id)


def change_subscription(
    connection: Connection, subscription_id: str, values: dict[str, object]
) -> SubscriptionRecord:
    """Change a subscription's `name`, `endpoint_id`, `rule` or `active`."""
    need_subscription(connection, subscription_id)
    endpoint_id, rule = values.get("endpoint_id"), values.get("rule")
    if isinstance(endpoint_id, str):
        need_endpoint(connection, endpoint_id)
    if isinstance(rule, Rule):
        _check_watchlist(connection, rule)
    if values:
        update_subscription(connection, subscription_id, **values)
    return need_subscription(connection, subscription_id)


def need_subscription(connection: Connection, subscription_id: str) -> SubscriptionRecord:
    """The subscription of that id; errors as of `need_endpoint`."""
    found = find_subscription(connection, subscription_id)
    if found is None:
        raise NoSuchError(f"there is no subscription {subscription_id[:60]!r}", "subscription_id")
    return found


def _check_watchlist(connection: Connection, rule: Rule) -> None:
    if rule.watchlist_id is not None and find_watchlist(connection, rule.watchlist_id) is None:
        raise InputError(f"there is no watchlist {rule.watchlist_id!r}; make it first", "rule.watchlist_id")


def preview_rule(
    connection: Connection,
    rule: Rule,
    at: datetime,
    *,
    days: float,
    weekly_capacity: int | None,
    half_life_days: float,
) -> Preview:
    """What a rule would have sent over the last `days` of stored history."""
    watched = watched_companies(connection, [rule]).get(rule.watchlist_id or "", frozenset())
    narrow = rule.watchlist_id is not None or bool(rule.companies)
    companies = sorted({*watched, *rule.companies}) if narrow else None
    stored = history(connection, at - timedelta(days=days), at, companies)
    return preview(rule, stored, watched, weekly_capacity=weekly_capacity, half_life_days=half_life_days)


def decide(
    connection: Connection,
    alert_id: str,
    decision: Decision,
    *,
    reason: str,
    decided_by: str,
    note: str | None,
    at: datetime,
) -> tuple[AlertRecord, DispositionRecord]:
    """Record a decision on an alert; it holds until the next one or a material change."""
    alert = need_alert(connection, alert_id, lock=True)
    made = record_disposition(
        connection, alert, decision, reason=reason, decided_by=decided_by, note=note, at=at
    )
    return need_alert(connection, alert_id), made


def need_alert(connection: Connection, alert_id: str, *, lock: bool = False) -> AlertRecord:
    """The alert of that id; errors as of `need_endpoint`."""
    found = find_alert(connection, alert_id, lock=lock)
    if found is None:
        raise NoSuchError(f"there is no alert {alert_id[:60]!r}", "alert_id")
    return found
