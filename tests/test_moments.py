"""Dates as callers write them, and the years that are reckoned with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from riskscore.moments import parsed, utc


@pytest.mark.parametrize(
    "written",
    [
        "2025-11-18",
        "20251118",
        "2025-W47-2",
        "2025-11-18T14:05Z",
        "2025-11-18t14:05:00.5z",
        "2025-11-18 14:05+01:00",
    ],
)
def test_iso_8601_is_read(written: str) -> None:
    assert parsed(written).date().isoformat() == "2025-11-18"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        "2025-01-01\U0001f60000:00",
        "2025-01-01_00:00",
        "2025-01-01900:00",
        "٢٠٢٥-01-01",
        "2025-13-01",
    ],
)
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        parsed(written)


def test_a_moment_is_in_utc() -> None:
    assert utc(parsed("2025-01-01")) == datetime(2025, 1, 1, tzinfo=UTC)
    assert utc(datetime(2025, 1, 1, tzinfo=timezone(timedelta(hours=8)))).hour == 16


@pytest.mark.parametrize("year", [1, 1899, 2201, 9999])
@pytest.mark.parametrize("hours", [-14, 0, 14])
def test_years_at_the_ends_of_the_calendar_are_refused(year: int, hours: int) -> None:
    month, day = (12, 31) if year > 2000 else (1, 1)
    with pytest.raises(ValueError, match="1900 to 2200"):
        utc(datetime(year, month, day, 12, tzinfo=timezone(timedelta(hours=hours))))
