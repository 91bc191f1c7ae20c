"""Labels and candidates for the tests."""

from __future__ import annotations

from typing import Any

from riskscore.labels.label import Label
from riskscore.labels.queue import Candidate, Opinion
from riskscore.stories import signature
from riskscore.types import REGIMES


def label(chips: int = 0, cloud_data: int = 0, outbound_investment: int = 0, **more: Any) -> Label:
    """A label with these severities; evidence as a label with these regimes needs it."""
    severity = dict(zip(REGIMES, (chips, cloud_data, outbound_investment), strict=True))
    positive = any(severity.values())
    values: dict[str, Any] = {
        "severity": severity,
        "stage": "enforced" if positive else None,
        "direction": "tightening" if positive else None,
        "companies": (),
        "evidence": {regime: ("a span",) for regime in REGIMES if severity[regime]},
    }
    return Label(**{**values, **more})


def candidate(name: str, probability: float, **more: Any) -> Candidate:
    """An article of its own words, with one probability for all regimes and a threshold of one half."""
    words = more.pop("words", " ".join(f"{name}{n}" for n in range(40)))
    values: dict[str, Any] = {
        "article_id": f"ar_{name}",
        "story_id": f"st_{name}",
        "signature": signature(words),
        "opinions": dict.fromkeys(REGIMES, Opinion(probability, 0.5)),
    }
    return Candidate(**{**values, **more})
