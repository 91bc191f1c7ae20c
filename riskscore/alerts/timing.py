"""When an alert may be sent: at once, after the quiet hours, or with the next digest (pure)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no IANA time zone, such as Europe/Berlin") from None
    return name


TimeZone = Annotated[
    str, Field(max_length=60, description="IANA name, such as Europe/Berlin."), AfterValidator(_known_zone)
]
ClockTime = Annotated[str, Field(pattern=_CLOCK)]


class QuietHours(BaseModel):
    """A part of each day, local time, in which alerts wait; it may pass midnight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: ClockTime = Field(description="HH:MM.")
    end: ClockTime = Field(description="HH:MM; what waited is sent then.")
    time_zone: TimeZone = "UTC"
    acute_at_once: bool = Field(default=True, description="Severity 3 does not wait.")


class Digest(BaseModel):
    """Alerts gathered into one message."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: Literal["day", "week"] = "day"
    at: ClockTime = Field(default="07:00", description="HH:MM, local time.")
    weekday: int = Field(default=0, ge=0, le=6, description="0 is Monday; for weekly digests.")
    time_zone: TimeZone = "UTC"


def _time(written: str) -> time:
    return time.fromisoformat(written)


def quiet_until(quiet: QuietHours, at: datetime) -> datetime | None:
    """The end of the quiet hours that `at` lies in, UTC; None outside of them."""
    local = at.astimezone(ZoneInfo(quiet.time_zone))
    start, end, now = _time(quiet.start), _time(quiet.end), local.time()
    if start == end:
        return None
    inside = start <= now < end if start < end else now >= start or now < end
    if not inside:
        return None
    until = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    if until <= local:
        until += timedelta(days=1)  # of the wall clock: the zone's offset is worked out anew
    return until.astimezone(UTC)


def next_digest(digest: Digest, at: datetime) -> datetime:
    """The first moment after `at` at which the digest is sent, UTC."""
    local, clock = at.astimezone(ZoneInfo(digest.time_zone)), _time(digest.at)
    due = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    if digest.every == "week":
        due += timedelta(days=(digest.weekday - due.weekday()) % 7)
    if due <= local:
        due += timedelta(days=7 if digest.every == "week" else 1)
    return due.astimezone(UTC)


def due_at(quiet: QuietHours | None, at: datetime, severity: int) -> datetime:
    """When an alert raised at `at` is sent."""
    if quiet is None or (severity >= 3 and quiet.acute_at_once):
        return at
    return quiet_until(quiet, at) or at
