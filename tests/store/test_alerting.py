"""Alerts follow from stored news in its own transaction, on both databases."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from riskscore.alerting.outbox import send_digests
from riskscore.alerting.raising import AlertRaiser
from riskscore.alerts.rules import Rule
from riskscore.alerts.timing import Digest, QuietHours
from riskscore.service import Ingested, Newsroom
from riskscore.store import Store, alert_tables
from riskscore.store.alerts import (
    AlertFilter,
    all_alerts,
    dispositions_of,
    find_alert,
    list_alerts,
    record_disposition,
)
from riskscore.store.companies import CompanyRecord, save_companies
from riskscore.store.deliveries import DeliveryFilter, list_deliveries
from riskscore.store.schema import downgrade, upgrade
from riskscore.store.subscriptions import update_subscription
from riskscore.store.watchlists import save_watchlist
from riskscore.types import Article
from tests.store.conftest import Clock
from tests.store.scripted import ScriptedAssessor, subscribe, tell
from tests.store.test_ingest import WIRE


@pytest.fixture
def newsroom(store: Store, clock: Clock) -> Newsroom:
    alerts = AlertRaiser(public_url="https://risk.example/")
    return Newsroom(ScriptedAssessor(), store, clock=clock, alerts=alerts)


def events(store: Store) -> list[dict[str, Any]]:
    """What is in the outbox, in order."""
    columns = alert_tables.events.c
    with store.read() as connection:
        rows = connection.execute(select(columns.payload).order_by(columns.event_key)).scalars()
        return [json.loads(payload) for payload in rows]


def due(store: Store) -> list[datetime]:
    with store.read() as connection:
        return [one.due_at for one in list_deliveries(connection, DeliveryFilter(), 100)][::-1]


def test_a_story_alerts_once_per_company_and_again_when_it_matters(newsroom: Newsroom, store: Store) -> None:
    endpoint_id, subscription_id = subscribe(store, newsroom.clock())
    first = tell(newsroom, "stage=proposed severity=1 score=40")
    tell(newsroom, "stage=proposed severity=1 score=44")
    tell(newsroom, "stage=adopted severity=2 score=70")
    tell(newsroom, "stage=adopted severity=2 score=71")
    tell(newsroom, "stage=eased direction=easing")
    told = events(store)
    assert [event["type"] for event in told] == ["alert.opened", "alert.changed", "alert.changed"]
    assert [event["data"]["sequence"] for event in told] == [1, 2, 3]
    assert [event["data"]["changes"] for event in told] == [
        ["opened"],
        ["severity_up", "stage_advanced"],
        ["eased"],
    ]
    data = told[0]["data"]
    assert data["company"] == {"company_id": "nvidia", "name": "Nvidia"}
    assert data["news"]["assessment_id"] == first.assessment.assessment_id
    assert data["links"]["assessment"] == (
        f"https://risk.example/v1/assessments/{first.assessment.assessment_id}"
    )
    assert data["evidence"][0]["regime"] == "chips"
    assert data["rules"]
    with store.read() as connection:
        (alert,) = list_alerts(connection, AlertFilter(), 10)
        deliveries = list_deliveries(connection, DeliveryFilter(endpoint_id=endpoint_id), 10)
    assert (alert.subscription_id, alert.sequence, alert.status) == (subscription_id, 3, "open")
    assert [one.sequence for one in deliveries] == [3, 2, 1]
    assert len({one.subject for one in deliveries}) == 1


def test_within_one_transaction_copies_alert_once(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    subscribe(store, clock.now)
    copies = [
        Article(title=WIRE.title, text=f"{WIRE.text} No. {n}.", source=source, published_at=clock.now)
        for n, source in enumerate(["stage=signal", "stage=signal", "stage=adopted", "stage=proposed"])
    ]
    results = newsroom.ingest(copies)
    assert len({result.story_id for result in results if isinstance(result, Ingested)}) == 1
    told = events(store)
    assert [(event["data"]["sequence"], event["data"]["changes"]) for event in told] == [
        (1, ["opened"]),
        (2, ["stage_advanced"]),
    ]


def test_what_is_not_committed_is_not_told(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    subscribe(store, clock.now)

    class Failing(AlertRaiser):
        def raise_alerts(self, connection: Connection, assessed: Any, now: datetime) -> int:
            super().raise_alerts(connection, assessed, now)
            raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError):
        tell(Newsroom(ScriptedAssessor(), store, clock=clock, alerts=Failing()))
    assert events(store) == []
    tell(newsroom)
    assert len(events(store)) == 1


def test_rules_by_watchlist_and_inactive_ones(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    _, by_list = subscribe(store, clock.now, Rule(watchlist_id="desk"))
    _, paused = subscribe(store, clock.now)
    with store.write() as connection:
        save_watchlist(connection, "desk", "Desk", ["amd"], clock.now)
        update_subscription(connection, paused, active=False)
    tell(newsroom)
    assert events(store) == []
    with store.write() as connection:
        save_watchlist(connection, "desk", "Desk", ["nvidia"], clock.now)
    tell(newsroom, story="other")
    assert [event["data"]["subscription"]["subscription_id"] for event in events(store)] == [by_list]


def test_an_archive_read_in_raises_nothing_and_neither_does_scoring_again(
    newsroom: Newsroom, store: Store, clock: Clock
) -> None:
    subscribe(store, clock.now)
    published, clock.now = clock.now, clock.now + timedelta(days=400)
    newsroom.ingest([replace(WIRE, published_at=published)])
    assert events(store) == []
    new = tell(newsroom)
    assert len(events(store)) == 1
    later = ScriptedAssessor()
    later.model.version = "2.0-fake"
    assert Newsroom(later, store, clock=clock).rescore([new.article_id]) == 1
    assert len(events(store)) == 1


def test_quiet_hours_hold_an_alert_back_until_something_acute(
    newsroom: Newsroom, store: Store, clock: Clock
) -> None:
    subscribe(store, clock.now, Rule(quiet_hours=QuietHours(start="11:00", end="15:00")))
    tell(newsroom, "severity=2 score=60 stage=proposed")
    assert due(store) == [clock.now.replace(hour=15)]
    tell(newsroom, "severity=3 score=90 stage=proposed")
    assert due(store) == [clock.now, clock.now]  # the first must go before the second


def test_a_digest_gathers_alerts(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    endpoint_id, subscription_id = subscribe(store, clock.now, Rule(digest=Digest(at="18:00")))
    tell(newsroom, "severity=1 score=30")
    tell(newsroom, "severity=3 score=90", story="second", company="Micron")
    assert due(store) == []
    with store.write() as connection:
        assert send_digests(connection, clock.now) == 0
    clock.now = clock.now.replace(hour=18)
    with store.write() as connection:
        assert send_digests(connection, clock.now) == 2
        assert send_digests(connection, clock.now) == 0
    digest = events(store)[-1]
    assert digest["type"] == "alerts.digest"
    assert [entry["severity"] for entry in digest["data"]["alerts"]] == [3, 1]
    assert digest["data"]["subject"] == f"digest/{subscription_id}"
    with store.read() as connection:
        (delivery,) = list_deliveries(connection, DeliveryFilter(), 10)
    assert (delivery.type, delivery.endpoint_id) == ("alerts.digest", endpoint_id)


def test_a_companys_risk_crosses_a_line_and_its_owner_with_it(
    newsroom: Newsroom, store: Store, clock: Clock
) -> None:
    with store.write() as connection:
        records = [
            CompanyRecord("holding", "Holding plc", "GB", None, "test"),
            CompanyRecord("nvidia", "Nvidia", "US", "holding", "test"),
        ]
        save_companies(connection, records, clock.now)
    subscribe(store, clock.now, Rule(kind="company_risk", crosses=40, companies=("nvidia", "holding")))
    tell(newsroom, "severity=1 score=20", story="a")
    assert events(store) == []
    tell(newsroom, "severity=3 score=95", story="b")
    tell(newsroom, "severity=3 score=95", story="c")
    told = [event["data"] for event in events(store)]
    assert sorted(data["company"]["company_id"] for data in told) == ["holding", "nvidia"]
    assert {data["company"]["name"] for data in told} == {"Holding plc", "Nvidia"}
    assert all(data["changes"] == ["crossed"] and data["score"] >= 40 for data in told)
    clock.now += timedelta(days=400)  # it fades, and rises again
    tell(newsroom, "severity=1 score=5", story="d")
    tell(newsroom, "severity=3 score=95", story="e")
    tell(newsroom, "severity=3 score=95", story="f")
    again = [event["data"] for event in events(store)][2:]
    assert sorted(data["company"]["company_id"] for data in again) == ["holding", "nvidia"]
    assert all(data["sequence"] == 2 for data in again)


def test_a_decision_holds_until_a_material_change(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    subscribe(store, clock.now)
    tell(newsroom, "stage=proposed severity=1 score=40")

    def alert() -> Any:
        with store.read() as connection:
            return list_alerts(connection, AlertFilter(), 1)[0]

    with store.write() as connection:
        found = find_alert(connection, alert().alert_id, lock=True)
        assert found is not None
        record_disposition(
            connection,
            found,
            "dismiss",
            reason="no business there",
            decided_by="ann",
            note=None,
            at=clock.now,
        )
    assert alert().status == "dismiss"
    clock.now += timedelta(hours=1)
    tell(newsroom, "stage=proposed severity=1 score=42")
    assert alert().status == "dismiss"
    tell(newsroom, "stage=adopted severity=3 score=90")
    assert alert().status == "open"
    assert events(store)[-1]["data"]["earlier_disposition"] == "dismiss"
    with store.read() as connection:
        ((exported, decisions),) = all_alerts(connection, AlertFilter())
        assert dispositions_of(connection, [exported.alert_id])[exported.alert_id] == decisions
    (decision,) = decisions
    assert (decision.decision, decision.decided_by, decision.sequence) == ("dismiss", "ann", 1)
    assert decision.ended_at == clock.now


def test_migrations_go_down_and_up_with_alerts_in_them(
    newsroom: Newsroom, store: Store, clock: Clock
) -> None:
    subscribe(store, clock.now)
    tell(newsroom)
    downgrade(store, "0002")
    upgrade(store)
    assert events(store) == []
    subscribe(store, clock.now)
    tell(newsroom, story="later")
    assert len(events(store)) == 1


def test_pages_of_alerts_lose_none(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    subscribe(store, clock.now)
    for number in range(7):
        clock.now += timedelta(minutes=number % 2)
        tell(newsroom, story=f"s{number}")
    seen: list[str] = []
    before = None
    with store.read() as connection:
        while page := list_alerts(connection, AlertFilter(), 2, before):
            seen += [alert.alert_id for alert in page]
            before = (page[-1].changed_at, page[-1].alert_id)
    assert len(seen) == len(set(seen)) == 7


def test_writers_at_once_raise_an_alert_once(store: Store, clock: Clock) -> None:
    """Six writers bring copies of one story, of rising stages: one alert, numbered without gaps."""
    subscribe(store, clock.now)
    stages = ["signal", "proposed", "adopted", "enforced", "signal", "proposed"]
    barrier = threading.Barrier(len(stages))
    faults: list[BaseException] = []

    def write(stage: str) -> None:
        barrier.wait()
        try:
            tell(Newsroom(ScriptedAssessor(), store, clock=clock), f"stage={stage}")
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(stage,)) for stage in stages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    with store.read() as connection:
        (alert,) = list_alerts(connection, AlertFilter(), 10)
    told = events(store)
    assert [event["data"]["sequence"] for event in told] == list(range(1, alert.sequence + 1))
    assert told[0]["data"]["changes"] == ["opened"]
