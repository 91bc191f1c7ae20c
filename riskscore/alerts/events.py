"""What happened in, the JSON that is sent out: Standard Webhooks' `type`, `timestamp`, `data`, below 20 kB.

Whoever needs more than fits follows the links. An event's text is made once, when the event is, and is
stored: every attempt, and every replay, sends the same bytes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from riskscore.types import SEVERITY_NAMES, Direction, Regime, Stage

MAX_EVENT_BYTES = 20_000

EventType = Literal[
    "alert.opened",
    "alert.changed",
    "alerts.digest",
    "endpoint.test",
    "endpoint.disabled",
    "endpoint.recovered",
    "model.drift",
]

_TITLE_CHARS = 300
_SENTENCE_CHARS = 400
_URL_CHARS = 1_000
_MAX_SENTENCES = 4
_MAX_RULES = 8
_DIGEST_ENTRIES = 40


@dataclass(frozen=True, slots=True)
class News:
    """The article behind an alert, as much of it as an event shows."""

    article_id: str
    assessment_id: str
    story_id: str
    title: str
    url: str | None
    source: str | None
    published_at: datetime
    stage: Stage | None
    direction: Direction | None
    evidence: tuple[tuple[Regime, str], ...] = ()  # strongest sentences
    rules: tuple[tuple[str, str, str | None], ...] = ()  # instrument id, name, citation


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """An alert as an event tells it."""

    alert_id: str
    subscription_id: str
    subscription_name: str
    kind: Literal["story", "company_risk"]
    company_id: str
    company_name: str
    changes: tuple[str, ...]
    regimes: tuple[Regime, ...]
    severity: int
    score: float
    opened_at: datetime
    disposition: str | None  # what had been decided before this change reopened it


def new_id(prefix: str) -> str:
    """A new random identifier."""
    return f"{prefix}_{secrets.token_hex(12)}"


def moment(value: datetime) -> str:
    """RFC 3339, in UTC."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def alert_data(alert: AlertFacts, news: News, public_url: str) -> dict[str, Any]:
    """The `data` of `alert.opened` and `alert.changed`.

    Parameters
    ----------
    public_url : str
        Where the API is reached from outside, without a slash at the end; "" for links without a host.
    """
    links = {
        "alert": f"{public_url}/v1/alerts/{alert.alert_id}",
        "assessment": f"{public_url}/v1/assessments/{news.assessment_id}",
        "article": f"{public_url}/v1/articles/{news.article_id}",
        "story": f"{public_url}/v1/stories/{news.story_id}",
        "company_risk": f"{public_url}/v1/companies/{alert.company_id}/risk",
    }
    return {
        "alert_id": alert.alert_id,
        "kind": alert.kind,
        "subscription": {"subscription_id": alert.subscription_id, "name": alert.subscription_name[:200]},
        "company": {"company_id": alert.company_id, "name": alert.company_name[:200]},
        "changes": list(alert.changes),
        "regimes": list(alert.regimes),
        "severity": alert.severity,
        "severity_name": SEVERITY_NAMES[alert.severity],
        "score": round(alert.score, 1),
        "stage": news.stage,
        "direction": news.direction,
        "opened_at": moment(alert.opened_at),
        "earlier_disposition": alert.disposition,
        "news": {
            "article_id": news.article_id,
            "assessment_id": news.assessment_id,
            "story_id": news.story_id,
            "title": _cut(news.title, _TITLE_CHARS),
            "url": news.url if news.url is not None and len(news.url) <= _URL_CHARS else None,
            "source": None if news.source is None else _cut(news.source, 200),
            "published_at": moment(news.published_at),
        },
        "evidence": [
            {"regime": regime, "text": _cut(sentence, _SENTENCE_CHARS)}
            for regime, sentence in news.evidence[:_MAX_SENTENCES]
        ],
        "rules": [
            {"instrument_id": name, "name": _cut(title, 200), "citation": citation}
            for name, title, citation in news.rules[:_MAX_RULES]
        ],
        "links": links,
    }


def digest_entry(data: dict[str, Any]) -> dict[str, Any]:
    """An alert's line in a digest, made of its `alert_data`."""
    return {
        "alert_id": data["alert_id"],
        "company": data["company"],
        "changes": data["changes"],
        "severity": data["severity"],
        "score": data["score"],
        "title": _cut(data["news"]["title"], 120),
        "link": data["links"]["alert"],
    }


def digests(entries: Sequence[dict[str, Any]], subscription: dict[str, str]) -> Iterable[dict[str, Any]]:
    """The `data` of one `alerts.digest` for every forty entries, gravest first."""
    ordered = sorted(entries, key=lambda entry: (-entry["severity"], -entry["score"]))
    for start in range(0, len(ordered), _DIGEST_ENTRIES):
        part = ordered[start : start + _DIGEST_ENTRIES]
        yield {"subscription": subscription, "alerts": part, "count": len(part), "of": len(ordered)}


def encode_event(
    kind: EventType, event_id: str, subject: str, sequence: int, at: datetime, data: dict[str, Any]
) -> str:
    """The text that is sent, of at most `MAX_EVENT_BYTES` in UTF-8.

    Where it would be longer, evidence goes first, then rules, then the ends of long texts.

    Parameters
    ----------
    subject : str
        What the event is about; a receiver sees the sequence numbers of one subject in order.
    sequence : int
        1 for the subject's first event; without gaps.
    """
    content = {"event_id": event_id, "subject": subject, "sequence": sequence, **data}
    for shorten in (_as_it_is, _without("evidence"), _without("rules"), _short(200), _short(60), _short(20)):
        content = shorten(content)
        text = _dumps({"type": kind, "timestamp": moment(at), "data": content})
        if len(text) <= MAX_EVENT_BYTES:
            return text.decode()
    raise AssertionError("an event of short texts only is never that long")


def _dumps(value: object) -> bytes:
    return orjson.dumps(value)


def _as_it_is(content: dict[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = _mapped(content, lambda text: text.encode("utf-8", "replace").decode())
    return clean


def _without(name: str) -> Any:
    return lambda content: {**content, name: []} if name in content else content


def _short(limit: int) -> Any:
    keep = {"event_id", "subject", "alert_id", "company_id", "article_id", "assessment_id", "story_id"}
    return lambda content: _mapped(content, lambda text: _cut(text, limit), keep | {"links", "link"})


def _mapped(value: Any, change: Any, keep: frozenset[str] | set[str] = frozenset()) -> Any:
    """Every string of a JSON value changed, but for those under the names to keep."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: part if name in keep else _mapped(part, change, keep) for name, part in value.items()}
    if isinstance(value, list):
        return [_mapped(part, change, keep) for part in value]
    return value


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
