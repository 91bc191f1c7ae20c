"""Labels on both databases: nothing overwritten, gone with their article, exported and queued."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from riskscore.labels.label import Author, Label, NamedCompany
from riskscore.reviewing.exporting import Export
from riskscore.reviewing.picking import asking, pick
from riskscore.service import Ingested, Newsroom
from riskscore.store import Store
from riskscore.store.label_tables import labels as table
from riskscore.store.labels import (
    LabelFilter,
    LabelRecord,
    add_label,
    count_labels,
    labels_of,
    list_labels,
    shared_labels,
)
from riskscore.store.retention import Pruned, Retention, place_hold, prune
from riskscore.types import Article
from tests.api.fake import FakeAssessor
from tests.labels.made import label
from tests.store.conftest import Clock
from tests.store.test_ingest import OTHER, WIRE, ingest, reprint
from training.corpus import parse_record

ANNA, BEN, KEYED = Author("Anna", None), Author("Ben", "k_2"), Author("Anna", "k_1")
CHIPS = label(
    chips=3, evidence={"chips": ("stop selling its newest chip",)}, companies=(NamedCompany("Nvidia", True),)
)
_ids = itertools.count()


def give(
    store: Store, stored: Ingested, given: Label, by: Author = ANNA, at: Any = None, **more: Any
) -> LabelRecord:
    """Label an article."""
    return store.in_transaction(
        lambda connection: add_label(
            connection,
            f"lb_{next(_ids)}",
            stored.article_id,
            stored.assessment.assessment_key,
            by,
            given,
            **{"genre": None, "note": None, "at": at or stored.assessment.recorded_at, **more},
        )
    )


def test_a_label_is_read_as_it_was_given(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    (wire,) = ingest(newsroom, WIRE)
    made = give(store, wire, CHIPS, KEYED, genre="filing", note="A ban <b>")
    with store.read() as connection:
        (found,) = list_labels(connection, LabelFilter(), 10)
    assert found == made
    assert (found.label, found.author, found.genre, found.note) == (CHIPS, KEYED, "filing", "A ban <b>")
    assert (found.assessment_id, found.model_version) == (wire.assessment.assessment_id, "0.0-fake")
    assert (found.sequence, found.superseded_at, found.labelled_at) == (1, None, clock.now)


def test_a_newer_label_supersedes_the_authors_own_and_overwrites_nothing(
    newsroom: Newsroom, store: Store, clock: Clock
) -> None:
    (wire,) = ingest(newsroom, WIRE)
    first = give(store, wire, CHIPS)
    give(store, wire, label(), BEN)
    later = clock.now + timedelta(days=1)
    second = give(store, wire, label(chips=2), at=later)
    give(store, wire, label(cloud_data=1), KEYED)  # the same name with a key is somebody else
    with store.read() as connection:
        in_force = labels_of(connection, [wire.article_id])[wire.article_id]
        everything = list_labels(connection, LabelFilter(in_force=False), 10)
        assert count_labels(connection) == (3, 1)
    assert [(one.author, one.sequence) for one in in_force] == [(BEN, 1), (ANNA, 2), (KEYED, 1)]
    assert len(everything) == 4
    old = everything[-1]
    assert (old.label_id, old.label, old.superseded_at) == (first.label_id, CHIPS, later)
    assert second.sequence == 2


def test_labels_are_filtered_and_come_in_pages(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    wire, other = ingest(newsroom, WIRE, OTHER)
    give(store, wire, CHIPS)
    give(store, other, label(cloud_data=1), BEN, at=clock.now + timedelta(hours=1))
    give(store, other, label(), ANNA, at=clock.now + timedelta(hours=2))

    def found(**wanted: Any) -> list[str]:
        with store.read() as connection:
            return [one.author.name for one in list_labels(connection, LabelFilter(**wanted), 10)]

    assert found() == ["Anna", "Ben", "Anna"]
    assert found(article_id=wire.article_id) == ["Anna"]
    assert found(story_id=other.story_id) == ["Anna", "Ben"]
    assert found(author="Ben", key_id="k_2") == ["Ben"]
    assert found(author="Ben", key_id="k_9") == []
    assert found(regime="cloud_data") == ["Ben"]
    assert found(since=clock.now + timedelta(hours=1)) == ["Anna", "Ben"]
    assert found(until=clock.now + timedelta(hours=1)) == ["Anna"]
    with store.read() as connection:
        (first,) = list_labels(connection, LabelFilter(), 1)
        rest = list_labels(connection, LabelFilter(), 10, before=first.label_key)
    assert len(rest) == 2


def test_two_hands_at_once_make_two_labels_one_after_the_other(newsroom: Newsroom, store: Store) -> None:
    (wire,) = ingest(newsroom, WIRE)
    faults: list[Exception] = []

    def work(severity: int) -> None:
        try:
            give(store, wire, label(chips=severity))
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(1 + n % 3,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with store.read() as connection:
        everything = list_labels(connection, LabelFilter(in_force=False), 10)
    assert [one.sequence for one in everything] == [6, 5, 4, 3, 2, 1]
    assert [one.superseded_at is None for one in everything] == [True] + 5 * [False]


def test_a_severity_out_of_range_is_refused_by_the_database(newsroom: Newsroom, store: Store) -> None:
    (wire,) = ingest(newsroom, WIRE)
    give(store, wire, CHIPS)
    with store.read() as connection:
        row = dict(connection.execute(select(table)).one()._mapping)
    wrong = {**row, "label_key": 99, "label_id": "lb_x", "sequence": 9, "chips_severity": 4}
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(insert(table).values(wrong))


def test_a_label_goes_with_its_article_and_stays_with_a_hold(
    newsroom: Newsroom, store: Store, clock: Clock
) -> None:
    wire, other = ingest(newsroom, WIRE, OTHER)
    for stored, given in ((wire, CHIPS), (other, label())):
        give(store, stored, given)
        give(store, stored, given)
    with store.write() as connection:
        place_hold(connection, "article", wire.article_id, "case 7", clock.now)
    clock.now += timedelta(days=100)
    with store.write() as connection:
        done = prune(connection, Retention(record_days=50), clock.now)
    assert done == Pruned(articles=1, stories=1, held=1)
    with store.read() as connection:
        left = list_labels(connection, LabelFilter(in_force=False), 10)
    assert {one.article_id for one in left} == {wire.article_id}
    assert len(left) == 2


def test_the_last_word_on_each_article_is_exported(newsroom: Newsroom, store: Store) -> None:
    wire, other = ingest(newsroom, WIRE, OTHER)
    give(store, wire, label())
    give(store, wire, CHIPS, BEN)
    give(store, other, label(cloud_data=2, evidence={"cloud_data": ("move all data",)}))
    give(store, other, label(cloud_data=1, evidence={"cloud_data": ("move all data",)}))
    records = {one["event"]: one for one in Export(store, LabelFilter()).records()}
    assert len(records) == 2
    chips, cloud = records[wire.story_id], records[other.story_id]
    for one in (chips, cloud):
        parse_record(one)
    assert chips["labels"]["chips"] == 3
    assert chips["weight"] == 0.5  # Anna, whose label is in force too, says that there is nothing
    assert chips["provenance"]["author"] == "Ben"
    assert chips["provenance"]["readers"] == 2
    assert (cloud["labels"]["cloud_data"], cloud["weight"]) == (1, 1.0)
    only = list(Export(store, LabelFilter(author="Ben")).records())
    assert [one["id"] for one in only] == [f"fb-{wire.article_id}"]


def test_an_export_holds_to_the_moment_it_began(newsroom: Newsroom, store: Store) -> None:
    wire, other = ingest(newsroom, WIRE, OTHER)
    give(store, wire, CHIPS)
    export = Export(store, LabelFilter())
    assert [one["event"] for one in export.batch() or []] == [wire.story_id]
    give(store, wire, label())
    give(store, other, label())
    assert export.batch() is None


def test_what_cannot_be_exported_is_counted(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    wire, other = ingest(newsroom, WIRE, OTHER)
    give(store, wire, label(chips=1, evidence={"chips": ("words of another text",)}))
    give(store, other, label())
    export = Export(store, LabelFilter())
    assert len(list(export.records())) == 1
    assert export.left_out == {"the evidence is not in the text as it is read now": 1}
    clock.now += timedelta(days=2)
    with store.write() as connection:
        prune(connection, Retention(text_days=1), clock.now)
    export = Export(store, LabelFilter())
    assert list(export.records()) == []
    assert export.left_out == {"the text is not kept": 2}


def test_first_labels_are_compared_unless_those_in_force_are_wanted(newsroom: Newsroom, store: Store) -> None:
    wire, other = ingest(newsroom, WIRE, OTHER)
    give(store, wire, CHIPS)
    give(store, wire, label(), BEN)
    give(store, wire, CHIPS, BEN)  # after a talk
    give(store, other, label())
    with store.read() as connection:
        first, in_force = shared_labels(connection, first=True), shared_labels(connection, first=False)
    assert set(first) == set(in_force) == {wire.article_id}
    assert first[wire.article_id][BEN].flagged == frozenset()
    assert in_force[wire.article_id][BEN].flagged == {"chips"}
    assert first[wire.article_id][ANNA] == in_force[wire.article_id][ANNA]


# The queue.


def news(number: int, chips: int) -> Article:
    """An article of its own words, with so many chips in it."""
    words = " ".join(f"term{number}x{n}" for n in range(40))
    return Article(title=f"No. {number}", text=f"{words} {' chip' * chips}.", source="Wire")


def test_the_queue_holds_one_copy_of_what_the_analyst_has_not_labelled(
    newsroom: Newsroom, store: Store, clock: Clock
) -> None:
    copies = [reprint(f"Paper {n}") for n in range(8)]
    stored = ingest(newsroom, WIRE, *copies, *(news(n, n % 3) for n in range(10)))
    stories = [one.story_id for one in stored]
    queue = pick(store, ANNA, 50)
    assert sorted(one.article.story_id for one in queue) == sorted(set(stories))
    assert all(one.model_version == "0.0-fake" for one in queue)
    nearest = max(queue, key=lambda one: one.chosen.value if one.chosen.reason == "uncertain" else -1)
    assert abs(nearest.chosen.candidate.opinions["chips"].probability - 0.5) <= 0.2
    give(store, stored[0], CHIPS)
    mine, bens = pick(store, ANNA, 50), pick(store, BEN, 50)
    assert stories[0] not in {one.article.story_id for one in mine}
    second = [one for one in bens if one.article.story_id == stories[0]]
    assert [one.chosen.reason for one in second] == ["second_reading"]
    give(store, stored[0], CHIPS, BEN)
    assert stories[0] not in {one.article.story_id for one in pick(store, BEN, 50)}
    clock.now += timedelta(days=2)
    with store.write() as connection:
        prune(connection, Retention(text_days=1), clock.now)
    assert pick(store, ANNA, 50) == []


class Doubtful(FakeAssessor):
    """A challenger that sees every chip twice."""

    def _score(self, regime: Any, fields: Any, *more: Any) -> Any:
        doubled = [(field, text.replace("chip", "chip chip")) for field, text in fields]
        return super()._score(regime, doubled, *more)


def test_the_queue_asks_the_challenger(newsroom: Newsroom, store: Store) -> None:
    ingest(newsroom, *(news(n, n % 2) for n in range(12)))
    queue = pick(store, ANNA, 12, asking(Doubtful()))  # type: ignore[arg-type]
    disputed = [one for one in queue if one.chosen.reason == "disputed"]
    assert disputed
    for one in disputed:
        said = one.chosen.candidate.challenger
        assert said is not None
        assert said["chips"].flagged
        assert not one.chosen.candidate.opinions["chips"].flagged
        assert (one.chosen.regime, one.chosen.value) == ("chips", 1.0)
