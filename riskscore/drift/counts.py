"""Assessments in, counts by hour, head set and source out; the only trace of an article that drift keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from riskscore.drift.histogram import BINS, bin_of
from riskscore.types import REGIMES, Assessment, Regime

ALL_SOURCES = "*"
OTHER_SOURCES = "(others)"  # beyond the most that are told apart
_SOURCE_CHARS = 200
_MOST_HOURS = 48  # kept in memory while the database cannot be reached


class HeadSet(NamedTuple):
    """The heads that score one language, of one model."""

    model_version: str
    language: str


class SourceKey(NamedTuple):
    """What drift is told apart by."""

    heads: HeadSet
    source: str  # "" where the article named none


def _zeros() -> dict[Regime, int]:
    return dict.fromkeys(REGIMES, 0)


def _empty_bins() -> dict[Regime, list[int]]:
    return {regime: [0] * BINS for regime in REGIMES}


@dataclass(slots=True)
class Counts:
    """Of some assessments; those abstained on are not among the scored."""

    scored: int = 0
    abstained: int = 0
    words: int = 0
    unknown_words: int = 0
    flagged: dict[Regime, int] = field(default_factory=_zeros)
    bins: dict[Regime, list[int]] = field(default_factory=_empty_bins)  # of `histogram.EDGES`

    def add(self, other: Counts) -> None:
        """Add another's counts to these."""
        self.scored += other.scored
        self.abstained += other.abstained
        self.words += other.words
        self.unknown_words += other.unknown_words
        for regime in REGIMES:
            self.flagged[regime] += other.flagged[regime]
            self.bins[regime] = [
                ours + theirs for ours, theirs in zip(self.bins[regime], other.bins[regime], strict=True)
            ]


def total(counts: Iterable[Counts]) -> Counts:
    """All of them together."""
    found = Counts()
    for one in counts:
        found.add(one)
    return found


class Tally:
    """Counts assessments as they are made; safe to share between threads.

    Parameters
    ----------
    clock : callable
        Gives this moment.
    max_sources : int
        Most sources told apart within an hour; the rest are counted together.
    """

    def __init__(self, clock: Callable[[], datetime], max_sources: int) -> None:
        self._clock = clock
        self._max_sources = max_sources
        self._lock = threading.Lock()
        self._counts: dict[tuple[datetime, SourceKey], Counts] = {}
        self._hour: datetime | None = None
        self._sources: set[str] = set()  # of this hour

    def note(
        self, assessment: Assessment, language: str, source: str | None, shifts: Mapping[Regime, float]
    ) -> None:
        """Count one assessment.

        Parameters
        ----------
        language : str
            Of the head set that scored, or would have scored.
        source : str or None
            As the article names it.
        shifts : mapping
            What a base rate asked for has added to each decision value, to be taken off again; empty for
            nothing.
        """
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        heads = HeadSet(assessment.model_version, language)
        with self._lock:
            key = (hour, SourceKey(heads, self._told_apart(hour, source)))
            counts = self._counts.get(key)
            if counts is None:
                counts = self._counts[key] = Counts()
            if assessment.abstained:
                counts.abstained += 1
                return
            counts.scored += 1
            counts.words += assessment.words
            counts.unknown_words += assessment.unknown_words
            for regime, score in assessment.regimes.items():
                counts.bins[regime][bin_of(score.decision_value - shifts.get(regime, 0.0))] += 1
                counts.flagged[regime] += score.flagged

    def take(self) -> dict[tuple[datetime, SourceKey], Counts]:
        """What was counted since the last call."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def give_back(self, counts: Mapping[tuple[datetime, SourceKey], Counts]) -> None:
        """Count again what could not be stored; the oldest hours are forgotten when it becomes too much."""
        with self._lock:
            for key, found in counts.items():
                self._counts.setdefault(key, Counts()).add(found)
            hours = sorted({hour for hour, _ in self._counts})
            for key in [key for key in self._counts if key[0] in set(hours[:-_MOST_HOURS])]:
                del self._counts[key]

    def _told_apart(self, hour: datetime, source: str | None) -> str:
        if not source:
            return ""
        if hour != self._hour:
            self._hour, self._sources = hour, set()
        name = source[:_SOURCE_CHARS].replace("\x00", " ").encode("utf-8", "replace").decode()
        if name not in self._sources:
            if len(self._sources) >= self._max_sources or name == ALL_SOURCES:
                return OTHER_SOURCES
            self._sources.add(name)
        return name
