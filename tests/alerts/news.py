"""Sightings for the tests of rules: everything has a default, so that a test names what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from riskscore.alerts.rules import Occasion
from riskscore.risk import Sighting

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def occasion(
    day: float = 0.0,
    *,
    company: str = "nvidia",
    story: str = "st_1",
    chips: tuple[float, int] = (60.0, 2),
    cloud_data: tuple[float, int] = (0.0, 0),
    outbound: tuple[float, int] = (0.0, 0),
    source: str | None = "Wire",
    received_day: float | None = None,
    key: int = 1,
    **others: Any,
) -> Occasion:
    """News of a day; regimes as (score, severity)."""
    values: dict[str, Any] = {
        "company_id": company,
        "story_id": story,
        "article_id": f"ar_{story}_{day}",
        "assessment_key": key,
        "observed_at": START + timedelta(days=day),
        "relevance": 0.9,
        "exposure_probability": 0.9,
        "exposed": True,
        "stage": "proposed",
        "direction": "tightening",
        "instruments": "",
        "chips_score": chips[0],
        "cloud_data_score": cloud_data[0],
        "outbound_investment_score": outbound[0],
        "chips_severity": chips[1],
        "cloud_data_severity": cloud_data[1],
        "outbound_investment_severity": outbound[1],
        **others,
    }
    received = START + timedelta(days=day if received_day is None else received_day)
    return Occasion(Sighting(**values), source, received)
