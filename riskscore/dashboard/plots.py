"""Rows of answers in, the data blocks that `plots.js` draws out: numbers and labels, never markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from riskscore.dashboard.snapshot import Week
from riskscore.dashboard.words import REGIME_NAMES
from riskscore.types import REGIMES, SEVERITY_NAMES
from riskscore.wire.risk_schemas import StoryEvidence, TimelineAnswer
from riskscore.wire.schemas import InstrumentAnswer

Figure = dict[str, Any]


def volume_figure(weeks: Sequence[Week]) -> Figure:
    """Stories by week, one panel a regime, stacked by severity."""
    return {
        "kind": "volume",
        "starts": [week.start.date().isoformat() for week in weeks],
        "panels": [
            {
                "regime": regime,
                "name": REGIME_NAMES[regime],
                "series": [
                    {
                        "severity": SEVERITY_NAMES[severity],
                        "counts": [week.counts[regime][severity - 1] for week in weeks],
                    }
                    for severity in (1, 2, 3)
                ],
            }
            for regime in REGIMES
        ],
    }


def timeline_figure(answer: TimelineAnswer, evidence: Iterable[StoryEvidence]) -> Figure:
    """A company's risk over time, with the measures that moved it."""
    points: Sequence[Mapping[str, Any]] = answer["points"]
    return {
        "kind": "timeline",
        "at": [point["at"] for point in points],
        "overall": [round(point["overall"], 2) for point in points],
        "stories": [point["stories"] for point in points],
        "regimes": [
            {
                "regime": regime,
                "name": REGIME_NAMES[regime],
                "scores": [round(point[regime], 2) for point in points],
            }
            for regime in REGIMES
        ],
        "events": [
            {
                "at": story["published_at"],
                "title": story["title"],
                "stage": story["stage"],
                "severity": SEVERITY_NAMES[max(one["severity"] for one in story["regimes"].values())],
                "article": story["article_id"],
            }
            for story in evidence
            if story["stage"] is not None and story["regimes"]
        ],
    }


def rulebook_figure(instruments: Iterable[tuple[InstrumentAnswer, str]], at: str) -> Figure:
    """One row a rule with the dates of its history."""
    rows = [
        {
            "name": instrument["name"],
            "regime": instrument["regime"],
            "standing": standing,
            "dates": sorted((when, name) for name, when in instrument["dates"].items()),
        }
        for instrument, standing in instruments
    ]
    return {"kind": "rulebook", "at": at, "rows": [row for row in rows if row["dates"]]}
