"""Records of alerts and their delivery in, the objects of `alert_schemas` out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from riskscore.alerts.preview import Preview
from riskscore.api.alert_schemas import (
    AlertAnswer,
    AttemptAnswer,
    DeliveryAnswer,
    DispositionAnswer,
    EndpointAnswer,
    PreviewAnswer,
    SubscriptionAnswer,
)
from riskscore.api.record_answers import moment
from riskscore.store.alerts import AlertRecord, DispositionRecord
from riskscore.store.deliveries import AttemptRecord, DeliveryRecord
from riskscore.store.endpoints import EndpointRecord
from riskscore.store.subscriptions import SubscriptionRecord

Backlog = Mapping[str, tuple[int, datetime | None, int]]


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


def endpoint_answer(endpoint: EndpointRecord, backlog: Backlog) -> EndpointAnswer:
    """An endpoint as shown: never with its secret."""
    pending, oldest, dead = backlog.get(endpoint.endpoint_id, (0, None, 0))
    return {
        "endpoint_id": endpoint.endpoint_id,
        "name": endpoint.name,
        "channel": endpoint.channel,
        "target": _shown_target(endpoint),
        "announcements": endpoint.announcements,
        "state": endpoint.state,
        "disabled_reason": endpoint.disabled_reason,
        "disabled_at": _moment(endpoint.disabled_at),
        "failing_since": _moment(endpoint.failing_since),
        "failures": endpoint.failures,
        "pending": pending,
        "oldest_due_at": _moment(oldest),
        "dead": dead,
        "former_secret_valid_until": _moment(endpoint.former_valid_until),
        "created_at": moment(endpoint.created_at),
    }


def _shown_target(endpoint: EndpointRecord) -> str:
    """The path of a Slack or Teams URL is a password to the channel, and stays here."""
    if endpoint.channel not in {"slack", "teams"}:
        return endpoint.target
    parts = urlsplit(endpoint.target)
    return f"{parts.scheme}://{parts.hostname}/…"


def subscription_answer(subscription: SubscriptionRecord) -> SubscriptionAnswer:
    """A subscription as shown, its rule with all fields."""
    rule: Any = subscription.rule.model_dump(mode="json")
    return {
        "subscription_id": subscription.subscription_id,
        "name": subscription.name,
        "endpoint_id": subscription.endpoint_id,
        "rule": rule,
        "active": subscription.active,
        "created_at": moment(subscription.created_at),
    }


def preview_answer(found: Preview) -> PreviewAnswer:
    """A preview as shown."""
    return {
        "since": _moment(found.since),
        "until": _moment(found.until),
        "weeks": found.weeks,
        "alerts": found.alerts,
        "opened": found.opened,
        "companies": found.companies,
        "alerts_per_week": round(found.alerts_per_week, 2),
        "busiest_week": found.busiest_week,
        "week_of_ten": found.week_of_ten,
        "proposed_threshold": found.proposed_threshold,
        "proposed_field": found.proposed_field,
        "alerts_per_week_then": (
            None if found.alerts_per_week_then is None else round(found.alerts_per_week_then, 2)
        ),
        "latest": [
            {
                "at": moment(one.at),
                "company_id": one.company_id,
                "story_id": one.story_id,
                "changes": list(one.changes),
                "score": one.score,
            }
            for one in found.latest
        ],
    }


def delivery_answer(delivery: DeliveryRecord) -> DeliveryAnswer:
    """A delivery as shown."""
    return {
        "delivery_id": delivery.delivery_key,
        "event_id": delivery.event_id,
        "type": delivery.type,
        "subject": delivery.subject,
        "sequence": delivery.sequence,
        "endpoint_id": delivery.endpoint_id,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": moment(delivery.created_at),
        "due_at": moment(delivery.due_at),
        "finished_at": _moment(delivery.finished_at),
        "replay": delivery.replay,
    }


def attempt_answer(attempt: AttemptRecord) -> AttemptAnswer:
    """An attempt as shown."""
    return {
        "attempt_id": attempt.attempt_key,
        "delivery_id": attempt.delivery_key,
        "started_at": moment(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "succeeded": attempt.succeeded,
        "status": attempt.status,
        "error": attempt.error,
        "answer": None if attempt.answer is None else attempt.answer.decode("utf-8", "replace"),
    }


def alert_answer(alert: AlertRecord) -> AlertAnswer:
    """An alert as shown."""
    return {
        "alert_id": alert.alert_id,
        "subscription_id": alert.subscription_id,
        "kind": alert.kind,
        "company": {"company_id": alert.company_id, "name": alert.company_name},
        "story_id": alert.story_id,
        "article_id": alert.article_id,
        "assessment_id": alert.assessment_id,
        "title": alert.title,
        "changes": alert.changes.split(),
        "severity": alert.severity,
        "score": round(alert.score, 2),
        "status": alert.status,
        "sequence": alert.sequence,
        "opened_at": moment(alert.opened_at),
        "changed_at": moment(alert.changed_at),
    }


def disposition_answer(decision: DispositionRecord) -> DispositionAnswer:
    """A decision as shown."""
    return {
        "decision": decision.decision,
        "reason": decision.reason,
        "user": decision.decided_by,
        "note": decision.note,
        "sequence": decision.sequence,
        "decided_at": moment(decision.decided_at),
        "ended_at": _moment(decision.ended_at),
    }


EXPORT_COLUMNS = (
    "alert_id", "subscription_id", "kind", "company_id", "company", "story_id", "article_id",
    "assessment_id", "title", "severity", "score", "status", "changes", "sequence", "opened_at",
    "changed_at", "decision", "reason", "user", "note", "decided_at", "decision_ended_at",
)  # fmt: skip


def export_rows(
    alerts: Iterable[tuple[AlertRecord, list[DispositionRecord]]],
) -> Iterable[dict[str, object]]:
    """One row of a table for each decision, and one for each alert without any."""
    for alert, decisions in alerts:
        shown: dict[str, Any] = dict(alert_answer(alert))
        row = {name: shown[name] for name in EXPORT_COLUMNS if name in shown}
        row |= {
            "company_id": alert.company_id,
            "company": alert.company_name,
            "changes": alert.changes,
        }
        if not decisions:
            yield row
        for decision in decisions:
            told = disposition_answer(decision)
            yield row | {
                "decision": told["decision"],
                "reason": told["reason"],
                "user": told["user"],
                "note": told["note"],
                "decided_at": told["decided_at"],
                "decision_ended_at": told["ended_at"],
            }


def event_content(payload: str) -> dict[str, Any]:
    """An event as sent, decoded."""
    content: dict[str, Any] = orjson.loads(payload)
    return content
