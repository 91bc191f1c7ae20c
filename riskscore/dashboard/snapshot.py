"""The store in, what the overview shows of all companies out; worked out seldom where that takes long.

Ranking every company reads all news that weighs: a few milliseconds in a small store, a second or two in one
of a million articles. So the outcome is kept for twenty times as long as it took, and renewed behind the back
of whoever asks after that; only the first to ask ever waits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from riskscore.api.records import Records
from riskscore.dossier.ranking import Ranked, rank_seen, weighing_sightings
from riskscore.risk import Sighting, first_copies, timeline
from riskscore.types import REGIMES, Regime

log = logging.getLogger("riskscore.dashboard")

DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_WEEKS = 53
_KEPT_FOR = 20.0  # times as long as the work took
_NOTICEABLE_S = 0.1  # work that takes longer is done behind the back of whoever asks


@dataclass(frozen=True, slots=True)
class Week:
    """Stories first published in seven days, by regime and severity (1 to 3)."""

    start: datetime
    counts: Mapping[Regime, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Move:
    """A company whose risk is another than a day ago."""

    company_id: str
    name: str
    before: float
    after: float
    newest: Sighting | None  # of the news since then that made it rise

    @property
    def change(self) -> float:
        """Points, up or down."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All companies at a moment."""

    at: datetime
    ranked: Ranked
    moves: tuple[Move, ...]  # the furthest first
    weeks: tuple[Week, ...]  # oldest first
    stories: int  # that weigh, over all companies
    fresh: int  # of them, first published within a day
    took_s: float


class Snapshots:
    """The last snapshot of one application, and its renewal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: Snapshot | None = None
        self._good_until = 0.0  # monotonic
        self._renewing = False

    def latest(self, records: Records) -> Snapshot:
        """A snapshot that is as fresh as it can be without keeping anybody waiting.

        Raises
        ------
        StoreError
        """
        last = self._last
        if last is not None and time.monotonic() < self._good_until:
            return last
        if last is None or last.took_s < _NOTICEABLE_S:
            with self._lock:
                return self._renew(records)
        if not self._renewing:
            self._renewing = True
            threading.Thread(target=self._renew_behind, args=(records,), daemon=True).start()
        return last

    def _renew(self, records: Records) -> Snapshot:
        last = self._last
        if last is not None and time.monotonic() < self._good_until:  # another was quicker
            return last
        made = take_snapshot(records)
        self._last = made
        self._good_until = time.monotonic() + _KEPT_FOR * made.took_s
        return made

    def _renew_behind(self, records: Records) -> None:
        try:
            with self._lock:
                self._renew(records)
        except Exception as error:  # of the next request, which tries again
            log.warning("the overview could not be renewed: %s", type(error).__name__)
        finally:
            self._renewing = False


def take_snapshot(records: Records) -> Snapshot:
    """All companies now, against a day ago."""
    began = time.perf_counter()
    at, half_life_days = records.newsroom.clock(), records.settings.half_life_days
    with records.store.read() as connection:
        by_company = weighing_sightings(connection, at, half_life_days)
        ranked = rank_seen(connection, records.assessor.knowledge, by_company, at, half_life_days)
    first: dict[str, Sighting] = {}
    for seen in by_company.values():
        for sighting in seen:
            known = first.get(sighting.story_id)
            if known is None or sighting.observed_at < known.observed_at:
                first[sighting.story_id] = sighting
    return Snapshot(
        at=at,
        ranked=ranked,
        moves=_moves(ranked, by_company, at, half_life_days),
        weeks=_weeks(first.values(), at),
        stories=len(first),
        fresh=sum(at - sighting.observed_at <= DAY for sighting in first.values()),
        took_s=time.perf_counter() - began,
    )


def _moves(
    ranked: Ranked, by_company: Mapping[str, Sequence[Sighting]], at: datetime, half_life_days: float
) -> tuple[Move, ...]:
    moves = []
    for subject, risk in ranked:
        seen = by_company[subject.company_id]
        fresh = [one for one in seen if at - DAY < one.observed_at <= at]
        if not fresh:  # older news only fades, by a hundredth in a day
            continue
        before = timeline(seen, [at - DAY], half_life_days=half_life_days)[0][-1]
        firsts = {one.article_id for one in first_copies(seen, at)}
        told = [one for one in fresh if one.article_id in firsts]
        newest = max(told, key=lambda one: max(one.scores), default=None)
        moves.append(Move(subject.company_id, subject.name, before, risk.overall.score, newest))
    return tuple(sorted(moves, key=lambda move: (-abs(move.change), move.company_id)))


def _weeks(stories: Iterable[Sighting], at: datetime) -> tuple[Week, ...]:
    counts = [{regime: [0, 0, 0] for regime in REGIMES} for _ in range(_WEEKS)]
    for story in stories:
        place = (at - story.observed_at) // _WEEK
        if 0 <= place < _WEEKS:
            for regime, severity in zip(REGIMES, story.severities, strict=True):
                if severity:
                    counts[place][regime][severity - 1] += 1
    return tuple(
        Week(
            at - (place + 1) * _WEEK,
            {regime: (one[0], one[1], one[2]) for regime, one in counts[place].items()},
        )
        for place in range(_WEEKS - 1, -1, -1)
    )
