"""The tally: what it counts, what it keeps apart, and what it forgets."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from riskscore.drift.counts import OTHER_SOURCES, HeadSet, SourceKey, Tally
from riskscore.drift.histogram import bin_of
from riskscore.types import REGIMES, Article, Assessment
from tests.api.fake import FakeAssessor

HOUR = datetime(2026, 1, 10, 12, tzinfo=UTC)
HEADS = HeadSet("0.0-fake", "en")
FAKE = FakeAssessor()
FLAGGED = Article(title="Chip chip", text="Chip rules: no chip for anybody, says Washington today.")


class Clock:
    def __init__(self) -> None:
        self.now = HOUR + timedelta(minutes=17)

    def __call__(self) -> datetime:
        return self.now


def assessed(article: Article = FLAGGED) -> Assessment:
    return FAKE.assess(article)


def test_scores_flags_and_abstentions_are_counted() -> None:
    tally = Tally(Clock(), 10)
    assessment = assessed()
    tally.note(assessment, "en", "Wire", {})
    tally.note(assessed(Article(title="Short")), "en", "Wire", {})
    ((place, counts),) = tally.take().items()
    assert place == (HOUR, SourceKey(HEADS, "Wire"))
    assert (counts.scored, counts.abstained) == (1, 1)
    assert counts.flagged == {"chips": 1, "cloud_data": 0, "outbound_investment": 0}
    for regime in REGIMES:
        assert sum(counts.bins[regime]) == 1
        assert counts.bins[regime][bin_of(assessment.regimes[regime].decision_value)] == 1
    assert tally.take() == {}


def test_what_a_base_rate_added_is_taken_off() -> None:
    tally = Tally(Clock(), 10)
    assessment = assessed()
    value = assessment.regimes["chips"].decision_value
    tally.note(assessment, "en", None, {"chips": 4.0})
    (counts,) = tally.take().values()
    assert counts.bins["chips"][bin_of(value - 4.0)] == 1


def test_no_more_sources_than_allowed_are_told_apart() -> None:
    clock = Clock()
    tally = Tally(clock, 2)
    for source in ("a", "b", "c", "d", "a", None, "", "*"):
        tally.note(assessed(), "en", source, {})
    counted = {key.source: counts.scored for (_, key), counts in tally.take().items()}
    assert counted == {"a": 2, "b": 1, OTHER_SOURCES: 3, "": 2}
    clock.now += timedelta(hours=1)
    tally.note(assessed(), "en", "c", {})
    assert [key.source for _, key in tally.take()] == ["c"]


def test_a_source_that_no_database_takes_is_counted_all_the_same() -> None:
    tally = Tally(Clock(), 5)
    tally.note(assessed(), "en", "a\x00\ud800" + "x" * 500, {})
    ((_, key),) = tally.take()
    assert key.source.startswith("a ?x")
    assert len(key.source) == 200


def test_what_could_not_be_stored_is_kept_but_not_for_ever() -> None:
    clock = Clock()
    tally = Tally(clock, 5)
    for _ in range(60):
        tally.note(assessed(), "en", "Wire", {})
        clock.now += timedelta(hours=1)
        tally.give_back(tally.take())
    kept = tally.take()
    assert len(kept) == 48
    assert min(hour for hour, _ in kept) == HOUR + timedelta(hours=12)


def test_no_count_is_lost_between_threads() -> None:
    tally = Tally(Clock(), 5)
    assessment = assessed()
    taken: list[int] = []

    def note() -> None:
        for _ in range(500):
            tally.note(assessment, "en", "Wire", {})

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken += [counts.scored for counts in tally.take().values()]
    taken += [counts.scored for counts in tally.take().values()]
    assert sum(taken) == 2_000
