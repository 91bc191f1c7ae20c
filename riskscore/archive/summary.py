"""Flat rows in, counts of them out, that add up over chunks; what a run prints and its report shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from riskscore.archive.rows import FlatRow
from riskscore.types import REGIMES


@dataclass(slots=True)
class Summary:
    """Counts over rows.

    Attributes
    ----------
    scored, abstained, bad : int
        Every row read is one of them.
    severities : dict of regime to Counter
        Scored rows by severity, 0 to 3.
    exposed : Counter
        Rows in which a measure touches the company, by company id.
    """

    scored: int = 0
    abstained: int = 0
    bad: int = 0
    severities: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in REGIMES})
    exposed: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Rows read."""
        return self.scored + self.abstained + self.bad

    def count(self, row: FlatRow) -> None:
        """Add one row of the output."""
        if row["abstained"]:
            self.abstained += 1
            return
        self.scored += 1
        for regime in REGIMES:
            self.severities[regime][row[f"{regime}_severity"]] += 1
        self.exposed.update(row["exposed_companies"])

    def add(self, other: Summary) -> None:
        """Add the counts of another."""
        self.scored += other.scored
        self.abstained += other.abstained
        self.bad += other.bad
        for regime in REGIMES:
            self.severities[regime].update(other.severities[regime])
        self.exposed.update(other.exposed)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `from_dict` reads it back."""
        return {
            "scored": self.scored,
            "abstained": self.abstained,
            "bad": self.bad,
            "severities": {
                regime: {str(level): counts[level] for level in sorted(counts)}
                for regime, counts in self.severities.items()
            },
            "exposed": dict(self.exposed.most_common()),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Summary:
        return cls(
            stored["scored"],
            stored["abstained"],
            stored["bad"],
            {
                regime: Counter({int(level): count for level, count in stored["severities"][regime].items()})
                for regime in REGIMES
            },
            Counter(stored["exposed"]),
        )
