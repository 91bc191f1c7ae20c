"""How a rule stood on a day, by its recorded dates."""

from __future__ import annotations

from datetime import date

import pytest

from riskscore.dashboard.rulebook import Standing, standing

DATES = {"effective": "2025-01-02", "published": "2024-11-15", "scheduled_end": "2027", "proposed": "2024-06"}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 5, 31), Standing("before", "proposed", "2024-06")),
        (date(2024, 6, 1), Standing("recorded", "proposed", "2024-06")),
        (date(2025, 1, 1), Standing("recorded", "published", "2024-11-15")),
        (date(2025, 1, 2), Standing("recorded", "effective", "2025-01-02")),
        (date(2026, 12, 31), Standing("recorded", "effective", "2025-01-02")),
        (date(2027, 1, 1), Standing("recorded", "scheduled_end", "2027")),
    ],
)
def test_the_last_event_by_a_day(day: date, expected: Standing) -> None:
    assert standing(DATES, day) == expected


def test_a_rule_without_dates() -> None:
    assert standing({}, date(2026, 1, 1)).phase == "undated"
