"""A stored event in, the message of its channel out: signed webhook, Slack, Teams, e-mail, syslog (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Literal

import orjson

from riskscore import __version__
from riskscore.alerts.signing import signature_headers
from riskscore.alerts.wording import worded

Channel = Literal["webhook", "slack", "teams", "email", "syslog"]
CHANNELS: tuple[Channel, ...] = ("webhook", "slack", "teams", "email", "syslog")

_JSON = {"content-type": "application/json"}
_CEF_SEVERITY = (3, 4, 6, 9)
# RFC 5424: facility 13 (log audit) times 8, plus informational, notice, warning, alert.
_PRIORITY = (110, 109, 108, 105)
_SLACK_BLOCK_CHARS = 2_900  # of 3,000
_HOST = "riskscore"


@dataclass(frozen=True, slots=True)
class Post:
    """A body to post with its headers."""

    body: bytes
    headers: dict[str, str]


def webhook_post(event_id: str, payload: str, at: datetime, valid_secrets: Sequence[str]) -> Post:
    """The event itself, signed after Standard Webhooks."""
    return Post(payload.encode(), _JSON | signature_headers(event_id, payload, at, valid_secrets))


def slack_post(payload: str) -> Post:
    """Slack's incoming-webhook format; mark-up in news is shown, not followed."""
    said = worded(orjson.loads(payload))
    lines = [_slack(line) for line in said.lines]
    if said.link:
        lines.append(f"<{said.link}|Open the alert>" if "://" in said.link else said.link)
    body = "\n".join(lines)[:_SLACK_BLOCK_CHARS]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": said.headline[:150]}},
    ]
    if body:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": body}})
    return Post(orjson.dumps({"text": _slack(said.headline), "blocks": blocks}), dict(_JSON))


def _slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams_post(payload: str) -> Post:
    """An adaptive card, as Teams' workflows take it; the news is plain text there, never mark-up."""
    said = worded(orjson.loads(payload))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _teams_text(said.headline, weight="Bolder", size="Medium"),
            *(_teams_text(line) for line in said.lines),
        ],
    }
    if said.link and "://" in said.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the alert", "url": said.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return Post(orjson.dumps({"type": "message", "attachments": [attachment]}), dict(_JSON))


def _teams_text(text: str, **look: str) -> dict[str, Any]:
    run = {"type": "TextRun", "text": text, **look}
    return {"type": "RichTextBlock", "inlines": [run]}


def email_message(event_id: str, payload: str, sender: str, recipient: str, at: datetime) -> EmailMessage:
    """A plain-text message; its Message-ID is the event's, so that mail programs drop repetitions."""
    said = worded(orjson.loads(payload))
    message = EmailMessage()
    message["Subject"] = " ".join(said.headline.split())[:200]
    message["From"] = sender
    message["To"] = recipient
    message["Date"] = format_datetime(at.astimezone(UTC))
    message["Message-ID"] = f"<{event_id}@{_HOST}.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    lines = [said.headline, "", *said.lines]
    if said.link:
        lines += ["", said.link]
    message.set_content("\n".join(lines) + "\n")
    return message


def cef_line(event_id: str, payload: str, at: datetime) -> bytes:
    """One CEF event in an RFC 5424 message, for a SIEM; no line break within."""
    event = orjson.loads(payload)
    said, data = worded(event), event["data"]
    extension = {
        "rt": str(int(at.timestamp() * 1000)),
        "externalId": event_id,
        "msg": said.lines[0] if said.lines else said.headline,
        "cs1Label": "subject",
        "cs1": data["subject"],
        "cn1Label": "sequence",
        "cn1": str(data["sequence"]),
    }
    if "company" in data:
        extension |= {"duser": data["company"]["name"], "cs2Label": "companyId"}
        extension |= {"cs2": data["company"]["company_id"], "cs3Label": "regimes"}
        extension |= {"cs3": ",".join(data["regimes"])}
    if said.link:
        extension["request"] = said.link
    head = "|".join(
        _cef_header(part)
        for part in ("CEF:0", "riskscore", "riskscore", __version__, event["type"], said.headline)
    )
    body = " ".join(f"{name}={_cef_value(value)}" for name, value in extension.items())
    line = f"{head}|{_CEF_SEVERITY[said.severity]}|{body}"
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"<{_PRIORITY[said.severity]}>1 {stamp} {_HOST} riskscore - {event_id} - {line}".encode()


def _cef_header(text: str) -> str:
    return _one_line(text).replace("\\", "\\\\").replace("|", "\\|")


def _cef_value(text: str) -> str:
    return _one_line(text).replace("\\", "\\\\").replace("=", "\\=")


def _one_line(text: str) -> str:
    """Without line breaks and control characters: nothing in a headline can begin another log line."""
    return "".join(character if character.isprintable() else " " for character in text)[:1_000]
