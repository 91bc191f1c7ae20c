"""Drift on both databases: counts added up, references adopted, one event when the limit is passed."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import func, select

from riskscore.drift.counts import Counts, HeadSet, SourceKey, Tally
from riskscore.drift.evaluation import DriftPolicy, adopt_window, evaluate, is_news, tell_drift
from riskscore.drift.histogram import bin_of
from riskscore.drift.reference import Reference
from riskscore.errors import InputError
from riskscore.models.comparison import WHOLE, Comparison, Pair
from riskscore.models.keeper import CountKeeper
from riskscore.store import Store, alert_tables
from riskscore.store.drift import add_counts, counts_since, forget_before
from riskscore.store.late import LateStore
from riskscore.store.model_tables import drift_counts
from riskscore.store.shadow import add_comparisons, comparisons_of
from riskscore.types import REGIMES, Article
from tests.api.fake import FakeAssessor
from tests.store.conftest import Clock
from tests.store.scripted import subscribe

HEADS = HeadSet("v1", "en")
POLICY = DriftPolicy(timedelta(days=7), 200, 0.25)


def scored(values: Sequence[float]) -> Counts:
    counts = Counts(scored=len(values), abstained=3, words=1_000, unknown_words=80)
    for regime in REGIMES:
        for value in values:
            counts.bins[regime][bin_of(value)] += 1
        counts.flagged[regime] = sum(value > 0 for value in values)
    return counts


def gauss(mean: float, n: int = 500, seed: int = 1) -> Counts:
    chance = random.Random(seed)
    return scored([chance.gauss(mean, 2.0) for _ in range(n)])


def training(mean: float = -5.0) -> Reference:
    return Reference("training", gauss(mean, 5_000, seed=9).bins, 5_000)


def put(store: Store, at: datetime, source: str, counts: Counts, heads: HeadSet = HEADS) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    store.in_transaction(
        lambda connection: add_counts(connection, {(hour, SourceKey(heads, source)): counts})
    )


def told(store: Store) -> list[dict[str, object]]:
    columns = alert_tables.events.c
    with store.read() as connection:
        payloads = connection.execute(
            select(columns.payload).where(columns.type == "model.drift").order_by(columns.event_key)
        ).scalars()
        return [json.loads(payload)["data"] for payload in payloads]


def look(store: Store, at: datetime, reference: Reference | None = None) -> None:
    with store.read() as connection:
        found = evaluate(connection, POLICY, lambda heads: reference, at)
        news = is_news(connection, found, POLICY)
    if news:
        store.in_transaction(
            lambda connection: tell_drift(connection, found, POLICY, at, "https://r.example")
        )


def test_counts_of_several_processes_add_up_by_the_hour(store: Store, clock: Clock) -> None:
    def write() -> None:
        for _ in range(10):
            put(store, clock.now, "Wire", gauss(-5, n=10))
            put(store, clock.now, "Post", gauss(-5, n=1))

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as connection:
        found = counts_since(connection, clock.now - timedelta(days=1))
        rows = connection.execute(select(func.count()).select_from(drift_counts)).scalar_one()
    assert rows == 2
    wire = found[SourceKey(HEADS, "Wire")]
    assert (wire.scored, wire.abstained, wire.words, wire.unknown_words) == (400, 120, 40_000, 3_200)
    assert sum(wire.bins["chips"]) == 400
    assert found[SourceKey(HEADS, "Post")].scored == 40


def test_the_window_slides_and_old_hours_are_forgotten(store: Store, clock: Clock) -> None:
    put(store, clock.now - timedelta(days=9), "Wire", gauss(-5, 100))
    put(store, clock.now - timedelta(days=2), "Wire", gauss(-5, 30))
    with store.read() as connection:
        assert counts_since(connection, clock.now - timedelta(days=7))[SourceKey(HEADS, "Wire")].scored == 30
        assert (
            counts_since(connection, clock.now - timedelta(days=30))[SourceKey(HEADS, "Wire")].scored == 130
        )
    store.in_transaction(lambda connection: forget_before(connection, clock.now - timedelta(days=7)))
    with store.read() as connection:
        assert counts_since(connection, clock.now - timedelta(days=30))[SourceKey(HEADS, "Wire")].scored == 30


def test_one_event_when_the_limit_is_passed_and_one_more_after_it_was_cleared(
    store: Store, clock: Clock
) -> None:
    subscribe(store, clock.now, announcements=True)
    put(store, clock.now, "Wire", gauss(-5))
    look(store, clock.now, training())
    assert told(store) == []
    put(store, clock.now, "Wire", gauss(0, n=1_000))
    look(store, clock.now, training())
    first = told(store)
    assert len(first) == 6  # three regimes, of the source and of all together
    assert {event["source"] for event in first} == {None, "Wire"}
    assert all(float(str(event["psi"])) >= 0.25 and event["sequence"] == 1 for event in first)
    assert first[0]["links"] == {"drift": "https://r.example/v1/drift?model_version=v1"}
    look(store, clock.now, training())
    assert len(told(store)) == 6
    clock.now += timedelta(days=8)  # out of the window
    put(store, clock.now, "Wire", gauss(-5))
    look(store, clock.now, training())
    assert len(told(store)) == 6
    put(store, clock.now, "Wire", gauss(0, n=1_000))
    look(store, clock.now, training())
    assert [event["sequence"] for event in told(store)] == [1] * 6 + [2] * 6
    with store.read() as connection:
        waiting = connection.execute(select(func.count()).select_from(alert_tables.deliveries)).scalar_one()
    assert waiting == 12


def test_two_processes_that_find_the_same_tell_it_once(store: Store, clock: Clock) -> None:
    put(store, clock.now, "Wire", gauss(0))
    with store.read() as connection:
        found = evaluate(connection, POLICY, lambda heads: training(), clock.now)
    threads = [
        Thread(
            target=store.in_transaction,
            args=(lambda connection: tell_drift(connection, found, POLICY, clock.now),),
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told(store)) == 6


def test_without_a_reference_nothing_is_told_until_one_is_adopted(store: Store, clock: Clock) -> None:
    with pytest.raises(InputError, match="scored 0 articles"), store.write() as connection:
        adopt_window(connection, POLICY, "v1", by="me", at=clock.now)
    put(store, clock.now, "Wire", gauss(0))
    put(store, clock.now, "Post", gauss(-8, n=50))
    look(store, clock.now)
    assert told(store) == []
    with store.write() as connection:
        adopted = adopt_window(connection, POLICY, "v1", by="me", at=clock.now)
    assert adopted == "all sources together, 1 on their own"
    with store.read() as connection:
        everything, wire, post = evaluate(connection, POLICY, lambda heads: None, clock.now)[HEADS]
    assert (everything.psi["chips"], wire.psi["chips"], post.psi["chips"]) == (0.0, 0.0, None)
    assert wire.reference is not None
    assert wire.reference.kind == "adopted"
    put(store, clock.now, "Wire", gauss(-8, n=1_000))
    look(store, clock.now)
    assert len(told(store)) == 6


def test_the_keeper_writes_what_was_counted_and_keeps_it_while_the_database_fails(
    store: Store, database_url: str, clock: Clock
) -> None:
    article = Article(title="Chip chip", text="Chip rules: no chip for anybody, says Washington today.")
    tally, late = Tally(clock, 10), LateStore(database_url)
    keeper = CountKeeper(late, tally, clock, lambda heads: None)
    assessment = FakeAssessor().assess(article)
    tally.note(assessment, "en", "Wire", {})
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE drift_counts RENAME TO elsewhere")
    keeper.try_to(keeper.flush)
    tally.note(assessment, "en", "Wire", {})
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO drift_counts")
    keeper.stop()
    keeper.look()
    late.close()
    with store.read() as connection:
        (counts,) = counts_since(connection, clock.now - timedelta(hours=2)).values()
    assert counts.scored == 2
    assert [one.items for one in keeper.drifts[HeadSet("0.0-fake", "en")]] == [2, 2]


def test_comparisons_of_several_processes_add_up(store: Store, clock: Clock) -> None:
    pair = Pair("v1", "v2")
    hour = clock.now
    one = {
        (hour, pair, WHOLE): Comparison(3, 2, 4.5, 1, 0, 7, 1),
        (hour, pair, "chips"): Comparison(3, 3, 1.5),
    }
    for _ in range(2):
        store.in_transaction(lambda connection: add_comparisons(connection, one))
    other = {(hour, Pair("v1", "v3"), WHOLE): Comparison(9)}
    store.in_transaction(lambda connection: add_comparisons(connection, other))
    with store.read() as connection:
        found = comparisons_of(connection, pair, hour - timedelta(hours=1))
        later = comparisons_of(connection, pair, hour + timedelta(hours=1))
    assert found == {WHOLE: Comparison(6, 4, 9.0, 2, 0, 14, 2), "chips": Comparison(6, 6, 3.0)}
    assert later == {}
