"""Figures and times as pages show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from riskscore.dashboard.words import age, day, event_name, percent, plural, signed, stamp

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_moments_are_told_in_utc() -> None:
    assert day("2026-11-03T23:30:00-05:00") == "4 Nov 2026"
    assert stamp("2026-11-03T14:05:09Z") == "3 Nov 2026, 14:05 UTC"
    assert day(None) == "–"


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(seconds=4), "4 s"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=40), "40 d"),
        (timedelta(days=100), "3 months"),
        (timedelta(days=800), "2 years"),
        (timedelta(hours=-3), "in 3 h"),
    ],
)
def test_ages(passed: timedelta, told: str) -> None:
    assert age(NOW - passed, NOW) == told


def test_figures() -> None:
    assert [percent(value) for value in (0.0, 0.004, 0.5, 0.996, 1.0, None)] == [
        "0 %", "<1 %", "50 %", ">99 %", "100 %", "–",
    ]  # fmt: skip
    assert [signed(value) for value in (1.25, -0.26, 0.04, -0.04)] == ["+1.2", "−0.3", "0", "0"]
    assert [plural(count, "story", "stories") for count in (1, 2, 1_000)] == [
        "1 story",
        "2 stories",
        "1,000 stories",
    ]
    assert event_name("scheduled_software_model_year") == "scheduled: software model year"
