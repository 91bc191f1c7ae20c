"""A form about a watch in, the body that the API takes out; and a stored rule back into the form's fields."""

from __future__ import annotations

from typing import Any

from riskscore.alerts.rules import Rule
from riskscore.dashboard.forms import Form

_NUMBERS = ("minimum_score", "maximum_age_days", "crosses", "rises_by", "window_days", "hysteresis")
_OF_RISK = ("crosses", "rises_by")  # meaningless in a rule about stories
_LISTS = ("regimes", "stages", "directions")


def rule_of(form: Form) -> dict[str, Any]:
    """The rule as typed; what was left empty takes its default.

    Raises
    ------
    InputError
        A number is none.
    """
    kind = form.text("rule_kind") or "story"
    rule: dict[str, Any] = {"kind": kind, "exposed_only": form.has("exposed_only")}
    for name in _NUMBERS:
        value = form.number(name)
        if value is not None and (kind == "company_risk" or name not in _OF_RISK):
            rule[name] = value
    severity = form.number("minimum_severity")
    if severity is not None:
        rule["minimum_severity"] = int(severity)
    for name in _LISTS:
        if form.texts(name):
            rule[name] = form.texts(name)
    if form.text("watchlist_id"):
        rule["watchlist_id"] = form.text("watchlist_id")
    for name in ("companies", "sources"):
        listed = [part.strip() for part in form.text(name).split(",") if part.strip()]
        if listed:
            rule[name] = listed
    if form.text("quiet_start") and form.text("quiet_end"):
        rule["quiet_hours"] = {
            "start": form.text("quiet_start"),
            "end": form.text("quiet_end"),
            "time_zone": form.text("time_zone") or "UTC",
        }
    if form.text("digest"):
        rule["digest"] = {"every": form.text("digest"), "time_zone": form.text("time_zone") or "UTC"}
    return rule


def subscription_of(form: Form) -> dict[str, Any]:
    """The subscription as typed; errors as of `rule_of`."""
    return {
        "name": form.text("name"),
        "endpoint_id": form.text("endpoint_id") or None,
        "rule": rule_of(form),
    }


def fields_of(name: str, endpoint_id: str | None, rule: Rule) -> Form:
    """What the form must hold to give this subscription again."""
    fields: dict[str, list[str]] = {
        "name": [name],
        "endpoint_id": [endpoint_id or ""],
        "rule_kind": [rule.kind],
        "minimum_severity": [str(rule.minimum_severity)],
        "watchlist_id": [rule.watchlist_id or ""],
        "companies": [", ".join(rule.companies)],
        "sources": [", ".join(rule.sources)],
    }
    for field in _NUMBERS:
        value = getattr(rule, field)
        fields[field] = ["" if value is None else f"{value:g}"]
    for field in _LISTS:
        fields[field] = list(getattr(rule, field))
    if rule.exposed_only:
        fields["exposed_only"] = ["on"]
    zone = "UTC"
    if rule.quiet_hours is not None:
        fields["quiet_start"], fields["quiet_end"] = [rule.quiet_hours.start], [rule.quiet_hours.end]
        zone = rule.quiet_hours.time_zone
    if rule.digest is not None:
        fields["digest"] = [rule.digest.every]
        zone = rule.digest.time_zone
    fields["time_zone"] = [zone]
    return Form(fields)
