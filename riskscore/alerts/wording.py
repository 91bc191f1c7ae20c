"""An event in, words for people out: one headline, a few lines, and a link; every channel uses these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_CHANGES = {
    "opened": "new",
    "new_regime": "reaches another regime",
    "severity_up": "more severe",
    "stage_advanced": "measure has advanced",
    "eased": "eased",
    "crossed": "risk crossed the line",
    "risen": "risk has risen",
}
_REGIMES = {
    "chips": "chips",
    "cloud_data": "cloud and data",
    "outbound_investment": "outbound investment",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What people read of an event."""

    headline: str
    lines: tuple[str, ...]
    link: str | None
    severity: int  # 0-3


def worded(event: dict[str, Any]) -> Wording:
    """Put an event into words.

    Parameters
    ----------
    event : dict
        As sent: `type`, `timestamp`, `data`.
    """
    data = event["data"]
    match event["type"]:
        case "alert.opened" | "alert.changed":
            return _alert(data)
        case "alerts.digest":
            return _digest(data)
        case "endpoint.test":
            return Wording("riskscore: test message", ("This endpoint receives alerts.",), None, 0)
        case "endpoint.disabled":
            lines = (f"Reason: {data['reason']}", f"Alerts are kept: {data['pending']} wait so far.")
            return Wording(f"riskscore no longer delivers to {data['endpoint']['name']}", lines, None, 2)
        case "endpoint.recovered":
            waited = f"{data['pending']} alerts that waited are on their way."
            return Wording(f"riskscore delivers to {data['endpoint']['name']} again", (waited,), None, 0)
        case "model.drift":
            return _drift(data)
    raise ValueError(f"no words for events of type {event['type']!r}")


def _alert(data: dict[str, Any]) -> Wording:
    said = ", ".join(_CHANGES.get(change, change) for change in data["changes"])
    regimes = ", ".join(_REGIMES.get(regime, regime) for regime in data["regimes"])
    headline = f"{data['company']['name']}: {data['severity_name']}, {regimes} ({said})"
    news = data["news"]
    where = f" ({news['source']}, {news['published_at'][:10]})"
    lines = [news["title"] + (where if news["source"] else f" ({news['published_at'][:10]})")]
    lines += [f"“{sentence['text']}”" for sentence in data["evidence"][:2]]
    lines += [rule["name"] + (f", {rule['citation']}" if rule["citation"] else "") for rule in data["rules"]]
    lines.append(
        f"Score {data['score']:g}, stage {data['stage'] or 'unknown'}; {data['subscription']['name']}"
    )
    return Wording(headline, tuple(lines), data["links"]["alert"], data["severity"])


def _drift(data: dict[str, Any]) -> Wording:
    regime = _REGIMES.get(data["regime"], data["regime"])
    where = "all sources" if data["source"] is None else data["source"] or "articles without a source"
    lines = (
        f"Stability index {data['psi']:.2f}, limit {data['limit']:g}: {where}, {data['items']:,} articles.",
        "Either the news has changed or what reads it; the scores may mean less than they did.",
    )
    headline = f"riskscore: scores of {regime} have drifted (model {data['model_version']})"
    return Wording(headline, lines, data["links"]["drift"], 1)


def _digest(data: dict[str, Any]) -> Wording:
    lines = [f"{entry['company']['name']}: {entry['title']} ({entry['score']:g})" for entry in data["alerts"]]
    severity = max((entry["severity"] for entry in data["alerts"]), default=0)
    return Wording(f"{data['of']} alerts: {data['subscription']['name']}", tuple(lines), None, severity)
