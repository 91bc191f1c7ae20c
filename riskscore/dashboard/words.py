"""Values of answers in, the words and figures that pages show out: Jinja filters and names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson

from riskscore.types import Regime

REGIME_NAMES: dict[Regime, str] = {
    "chips": "Chips",
    "cloud_data": "Cloud & data",
    "outbound_investment": "Outbound investment",
}
CHANGES = {
    "opened": "new story",
    "new_regime": "new regime",
    "severity_up": "graver",
    "stage_advanced": "later stage",
    "eased": "eased",
    "crossed": "risk crossed the line",
    "risen": "risk has risen",
}
STATUSES = {"open": "open", "escalate": "escalated", "dismiss": "dismissed", "monitor": "monitored"}
_MINUS = "\N{MINUS SIGN}"


def _moment(value: str | datetime) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.astimezone(UTC)


def day(value: str | datetime | None) -> str:
    """As in "3 Nov 2026"."""
    if value is None:
        return "–"
    moment = _moment(value)
    return f"{moment.day} {moment:%b %Y}"


def stamp(value: str | datetime | None) -> str:
    """As in "3 Nov 2026, 14:05 UTC"."""
    return "–" if value is None else f"{day(value)}, {_moment(value):%H:%M} UTC"


def iso(value: str | datetime) -> str:
    """For `datetime` attributes."""
    return _moment(value).isoformat().replace("+00:00", "Z")


def age(value: str | datetime | None, now: datetime) -> str:
    """As in "5 min", "3 h", "12 d", "4 months" or "3 years"; "in 3 h" of what lies ahead."""
    if value is None:
        return "never"
    passed = now - _moment(value)
    if passed < timedelta(0):
        return f"in {duration(-passed)}"
    return duration(passed)


def duration(passed: timedelta) -> str:
    """A length of time in its largest fitting unit."""
    seconds = passed.total_seconds()
    for unit, length, least in (
        ("years", 365.25 * 86_400, 2),
        ("months", 30.44 * 86_400, 2),
        ("d", 86_400, 2),
        ("h", 3_600, 1),
        ("min", 60, 1),
    ):
        if seconds >= least * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def whole(value: float | None) -> str:
    """A score without decimals, a count with separators."""
    return "–" if value is None else f"{value:,.0f}"


def decimal(value: float | None, digits: int = 1) -> str:
    """A number with so many decimals."""
    return "–" if value is None else f"{value:,.{digits}f}".replace("-", _MINUS)


def signed(value: float, digits: int = 1) -> str:
    """A change, always with its sign; "0" for what rounds to nothing."""
    shown = f"{abs(value):.{digits}f}"
    if float(shown) == 0:
        return "0"
    return ("+" if value > 0 else _MINUS) + shown


def percent(value: float | None) -> str:
    """A share or probability; never 0 % or 100 % of what is neither."""
    if value is None:
        return "–"
    if 0 < value < 0.01:
        return "<1 %"
    if 0.99 < value < 1:
        return ">99 %"
    return f"{100 * value:.0f} %"


def plural(count: int, one: str, many: str | None = None) -> str:
    """As in "1 story" and "3 stories"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def event_name(written: str) -> str:
    """The key of a rule's date as words: "scheduled_effective" is "scheduled: effective"."""
    if written.startswith("scheduled_"):
        return "scheduled: " + written.removeprefix("scheduled_").replace("_", " ")
    return written.replace("_", " ")


def regime_name(regime: Regime) -> str:
    """A regime's short name."""
    return REGIME_NAMES[regime]


def pretty(value: object) -> str:
    """A JSON value, indented."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


FILTERS = {
    "day": day,
    "stamp": stamp,
    "iso": iso,
    "age": age,
    "span": duration,
    "whole": whole,
    "decimal": decimal,
    "signed": signed,
    "percent": percent,
    "plural": plural,
    "event_name": event_name,
    "regime_name": regime_name,
    "pretty": pretty,
}
