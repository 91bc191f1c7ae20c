"""All companies against a day ago, and when that is worked out anew."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from riskscore.api.records import Records
from riskscore.dashboard.snapshot import Snapshots, take_snapshot
from riskscore.risk import timeline
from riskscore.service import Newsroom
from riskscore.store.mentions import sightings
from riskscore.types import REGIMES, Article
from tests.dashboard.conftest import Desk


@pytest.fixture
def records(desk: Desk) -> Records:
    records: Records = desk.app.state.records
    return records


def bring(records: Records, title: str) -> None:
    now = records.newsroom.clock()
    text = "Qualcomm said the Commerce Department had revoked its licence to sell chips to Huawei, at once."
    newsroom: Newsroom = records.newsroom
    newsroom.ingest([Article(title=title, text=f"{title}. {text}", published_at=now - timedelta(hours=2))])


def test_who_moved_since_yesterday_and_by_which_news(records: Records) -> None:
    bring(records, "Qualcomm loses its licence to sell chips to Huawei")
    snapshot = take_snapshot(records)
    move = next(one for one in snapshot.moves if one.company_id == "qualcomm")
    assert move.change > 0
    assert move.newest is not None
    with records.store.read() as connection:
        seen = sightings(connection, ["qualcomm"])
    days = [snapshot.at - timedelta(days=1), snapshot.at]
    before, after = timeline(seen, days, half_life_days=records.settings.half_life_days)
    assert (move.before, move.after) == pytest.approx((before[-1], after[-1]))
    changes = [abs(one.change) for one in snapshot.moves]
    assert changes == sorted(changes, reverse=True)


def test_each_story_counts_once_in_its_week(records: Records) -> None:
    snapshot = take_snapshot(records)
    with records.store.read() as connection:
        seen = sightings(connection, [subject.company_id for subject, _ in snapshot.ranked])
    chips = REGIMES.index("chips")
    stories = {one.story_id for one in seen if one.severities[chips]}
    counted = sum(sum(week.counts["chips"]) for week in snapshot.weeks)
    assert 0 < counted <= len(stories)
    assert len(snapshot.weeks) == 53
    assert snapshot.weeks[-1].start <= snapshot.at - timedelta(days=7)


def test_a_small_store_is_always_shown_as_it_is(records: Records) -> None:
    snapshots = Snapshots()
    first = snapshots.latest(records)
    bring(records, "Qualcomm appeals the end of its licence for Huawei")
    latest, until = first, time.monotonic() + 30
    while latest.fresh == first.fresh and time.monotonic() < until:
        latest = snapshots.latest(records)
        time.sleep(0.01)
    assert latest.fresh > first.fresh
    assert latest.at > first.at
