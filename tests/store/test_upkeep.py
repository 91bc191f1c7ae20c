"""Retention and legal holds, the check, and the export, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from riskscore.service import Newsroom
from riskscore.store import Store, tables
from riskscore.store.articles import find_articles
from riskscore.store.changes import bounds, changes_after
from riskscore.store.check import check_store
from riskscore.store.export import exported
from riskscore.store.mentions import coverage, sightings
from riskscore.store.retention import Pruned, Retention, list_holds, place_hold, prune, release_hold
from riskscore.store.stories import find_story
from tests.api.fake import FakeAssessor
from tests.store.conftest import Clock
from tests.store.test_ingest import OTHER, WIRE, ingest, reprint


def test_each_class_goes_at_its_age(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    first, other = ingest(newsroom, WIRE, OTHER)
    clock.now += timedelta(days=100)
    (copy,) = ingest(newsroom, reprint("Herald"))
    with store.write() as connection:
        assert prune(connection, Retention(), clock.now) == Pruned()
        planned = prune(connection, Retention(text_days=50), clock.now, dry_run=True)
        assert planned == Pruned(texts=2)
        assert prune(connection, Retention(text_days=50), clock.now) == planned
        records = find_articles(connection, [first.article_id, copy.article_id])
        assert records[first.article_id].article is None
        assert records[copy.article_id].article is not None
        assert len(sightings(connection, ["nvidia"])) == 2
    with store.write() as connection:
        assert prune(connection, Retention(record_days=50), clock.now) == Pruned(articles=2, stories=1)
        assert set(find_articles(connection, [first.article_id, other.article_id, copy.article_id])) == {
            copy.article_id
        }
        assert find_story(connection, first.story_id) is not None
        assert find_story(connection, other.story_id) is None
        assert [one.article_id for one in sightings(connection, ["nvidia"])] == [copy.article_id]
        assert coverage(connection, ["microsoft"]).articles == 0
        deleted = [change.subject["article_id"] for change in changes_after(connection, 3, 10)]
        assert set(deleted) == {first.article_id, other.article_id}
    clock.now += timedelta(days=1)
    with store.write() as connection:
        assert prune(connection, Retention(change_days=10), clock.now) == Pruned(changes=2)
        assert bounds(connection) == (3, 5)
        assert check_store(connection) == []


def test_a_hold_keeps_what_is_old_until_it_is_released(
    newsroom: Newsroom, store: Store, clock: Clock
) -> None:
    first, other = ingest(newsroom, WIRE, OTHER)
    with store.write() as connection:
        key = place_hold(connection, "company", "nvidia", "case 7", clock.now)
        place_hold(connection, "story", other.story_id, "case 8", clock.now)
    clock.now += timedelta(days=100)
    everything = Retention(text_days=1, record_days=1)
    with store.write() as connection:
        assert prune(connection, everything, clock.now) == Pruned(held=2)
        assert release_hold(connection, key, clock.now)
        assert not release_hold(connection, key, clock.now)
        assert prune(connection, everything, clock.now) == Pruned(articles=1, stories=1, held=1)
        assert not find_articles(connection, [first.article_id])
        released, in_force = list_holds(connection)
        assert released.released_at == clock.now
        assert in_force.released_at is None


def test_the_check_finds_a_changed_assessment(newsroom: Newsroom, store: Store) -> None:
    ingest(newsroom, WIRE, OTHER)
    with store.write() as connection:
        assert check_store(connection) == []
        connection.execute(
            update(tables.assessments).where(tables.assessments.c.assessment_key == 1).values(answer=b"x")
        )
        (fault,) = check_store(connection)
        assert "does not fit its hash" in fault


def test_an_export_can_be_read_in_again(newsroom: Newsroom, store: Store) -> None:
    ingest(newsroom, WIRE, OTHER, reprint("Herald"))
    records = list(exported(store))
    assert len(records) == 3
    assert {record["source"] for record in records} == {"Wire", "Daily", "Herald"}
    assert all(record["assessment"]["model_version"] == "0.0-fake" for record in records)
    assert WIRE.text in {record["text"] for record in records}
    assert Newsroom(FakeAssessor(), store).ingest([WIRE])[0].created is False  # type: ignore[union-attr]
