"""Quiet hours and digests by the wall clock of a place, through its changes of time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from riskscore.alerts.timing import Digest, QuietHours, due_at, next_digest, quiet_until

NIGHT = QuietHours(start="22:00", end="07:00", time_zone="Europe/Berlin")


def utc(day: int, hour: int, minute: int = 0, month: int = 1) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (utc(5, 20, 59), None),
        (utc(5, 21, 0), utc(6, 6, 0)),  # 22:00 in Berlin
        (utc(6, 5, 59), utc(6, 6, 0)),
        (utc(6, 6, 0), None),
        # The clocks go forward in the night of 29 March: 07:00 is 05:00 UTC from then on.
        (utc(28, 21, 30, month=3), utc(29, 5, 0, month=3)),
        (utc(24, 20, 30, month=10), utc(25, 6, 0, month=10)),
    ],
)
def test_quiet_hours_pass_midnight(at: datetime, until: datetime | None) -> None:
    assert quiet_until(NIGHT, at) == until


def test_quiet_hours_within_a_day() -> None:
    lunch = QuietHours(start="12:00", end="13:00")
    assert quiet_until(lunch, utc(5, 12, 30)) == utc(5, 13)
    assert quiet_until(lunch, utc(5, 13)) is None
    assert quiet_until(QuietHours(start="08:00", end="08:00"), utc(5, 8)) is None


def test_what_is_acute_does_not_wait() -> None:
    assert due_at(NIGHT, utc(5, 23), 3) == utc(5, 23)
    assert due_at(NIGHT, utc(5, 23), 2) == utc(6, 6)
    assert due_at(NIGHT.model_copy(update={"acute_at_once": False}), utc(5, 23), 3) == utc(6, 6)
    assert due_at(None, utc(5, 23), 1) == utc(5, 23)


def test_the_next_digest() -> None:
    daily = Digest(at="07:00", time_zone="America/New_York")
    assert next_digest(daily, utc(5, 11, 59)) == utc(5, 12)
    assert next_digest(daily, utc(5, 12)) == utc(6, 12)
    weekly = Digest(every="week", at="09:30", weekday=4)
    assert next_digest(weekly, utc(5, 12)) == utc(9, 9, 30)  # 5 January 2026 is a Monday
    assert next_digest(weekly, utc(9, 9, 30)) == utc(16, 9, 30)


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "", "../../etc/passwd", "/etc/localtime"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError):
        Digest(time_zone=zone)


@pytest.mark.parametrize("clock", ["24:00", "7:00", "07:60", "noon"])
def test_an_unusable_time_is_refused(clock: str) -> None:
    with pytest.raises(ValidationError):
        QuietHours(start=clock, end="07:00")
