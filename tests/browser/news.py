"""A year of made-up news in a store, by way of the real write path: items of the corpus, dated at random.

Items come in as if time passed (the newsroom's clock is a seam), so that watches alert as they would have.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from riskscore.alerting.raising import AlertRaiser
from riskscore.alerting.subscribing import decide, make_endpoint, make_subscription
from riskscore.alerts.rules import Rule
from riskscore.alerts.sender import Outcome
from riskscore.assess import Assessor
from riskscore.auditing.trail import process_trail
from riskscore.imports.formats import read_rows
from riskscore.imports.save import save_rows
from riskscore.outcomes import Policy, record_outcomes
from riskscore.service import Newsroom
from riskscore.store import Store
from riskscore.store.alerts import AlertFilter, list_alerts
from riskscore.store.delivery_queue import claim
from riskscore.store.feeds import add_feed, record_failure, record_success
from riskscore.store.watchlists import save_watchlist
from riskscore.types import Article
from training.corpus import CORPUS_DIR, read_records

SOURCES = (
    "Harbour Wire", "Potomac Ledger", "The Fab Letter", "Strait Business Daily", "Export Law Brief",
    "Allocator's Note", "Pearl Delta Post", "Congressional Docket", "Data Flows Weekly",
)  # fmt: skip
_BATCH = 25


def now() -> datetime:
    """This moment: what was published "yesterday" is so for the server too."""
    return datetime.now(UTC)


def articles(count: int, until: datetime, *, seed: int = 7, days: float = 365.0) -> list[Article]:
    """So many articles of the last `days`, oldest first, one in eight a reprint of another source."""
    chance = random.Random(seed)
    files = sorted(CORPUS_DIR.glob("w1[0-8]*.jsonl")) + sorted(CORPUS_DIR.glob("w2[0-3].jsonl"))
    records = [record for record in read_records(files) if record.companies and record.lang == "en"]
    chance.shuffle(records)
    found: list[Article] = []
    for record in records:
        if len(found) >= count:
            break
        # More of it of late: the stream of a young installation.
        at = until - timedelta(days=days * chance.random() ** 1.7, hours=chance.random() * 12)
        article = Article(
            title=record.title, text=record.text, source=chance.choice(SOURCES), published_at=at
        )
        found.append(article)
        if chance.random() < 0.14:
            later = min(at + timedelta(hours=chance.uniform(1, 30)), until)
            found.append(replace(article, source=chance.choice(SOURCES), published_at=later))
    return sorted(found[:count], key=lambda one: one.published_at or until)


class PassingTime:
    """A newsroom's clock that stands at the news."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def fill(store: Store, assessor: Assessor, news: Sequence[Article], until: datetime) -> None:
    """Bring news in, with watches set before it and some of the alerts decided on after."""
    clock = PassingTime(until - timedelta(days=400))
    newsroom = Newsroom(assessor, store, clock=clock, alerts=AlertRaiser())
    _set_watches(store, clock.now)
    for batch in _batches(news):
        clock.now = min((batch[-1].published_at or until) + timedelta(minutes=17), until)
        newsroom.ingest(batch)
        _deliver(store, clock.now, random.Random(len(batch)))
    _decide_some(store, until)
    _add_feeds(store, until)


def _batches(news: Sequence[Article]) -> Iterator[list[Article]]:
    for start in range(0, len(news), _BATCH):
        yield list(news[start : start + _BATCH])


def _set_watches(store: Store, at: datetime) -> None:
    holdings = ["nvidia", "amd", "micron", "asml", "tsmc", "applied-materials", "lam-research", "tiktok"]
    with store.write() as connection:
        save_watchlist(connection, "holdings", "Our holdings", holdings, at)
        desk = make_endpoint(connection, "Compliance desk", "webhook", "https://hooks.example.com/risk", at)
        room = make_endpoint(connection, "Trading room", "webhook", "https://old.example.net/hook", at)
        grave = Rule(minimum_severity=3, minimum_score=85, watchlist_id="holdings")
        make_subscription(connection, "Holdings, acute", desk.endpoint.endpoint_id, grave, at)
        capital = Rule(regimes=("outbound_investment",), minimum_severity=2, minimum_score=75)
        make_subscription(connection, "Outbound investment, material and worse", None, capital, at)
        news = Rule(regimes=("cloud_data",), minimum_severity=3, minimum_score=90)
        make_subscription(connection, "Apps and data, acute", room.endpoint.endpoint_id, news, at)


def _deliver(store: Store, at: datetime, chance: random.Random) -> None:
    """As a worker does, with outcomes that no network decides: one receiver is gone in the end."""
    with store.write() as connection:
        for claimed in claim(connection, "w1", at, timedelta(minutes=1), limit=99, per_endpoint=99, busy={}):
            took = chance.uniform(40, 220)
            if claimed.endpoint.name == "Trading room" and chance.random() < 0.5:
                gone = at.month == 11
                status, error = (410, "410 Gone") if gone else (503, "503 Service Unavailable")
                outcome = Outcome(at, took, False, status, error, b"no longer here", gone=gone)
            else:
                outcome = Outcome(at, took, True, 204)
            record_outcomes(connection, "w1", [(claimed, outcome)], at, Policy(), process_trail(store))


def _decide_some(store: Store, at: datetime) -> None:
    with store.read() as connection:
        waiting = list_alerts(connection, AlertFilter(status="open"), 500)
    reasons = {
        "dismiss": "Company only stands by",
        "monitor": "Wait for the final rule",
        "escalate": "Touches a holding",
    }
    for place, alert in enumerate(waiting):
        if place < 14:  # the newest wait
            continue
        decision = ("dismiss", "dismiss", "monitor", "escalate")[place % 4]
        with store.write() as connection:
            decide(
                connection, alert.alert_id, decision, reason=reasons[decision],  # type: ignore[arg-type]
                decided_by="m.ferreira", note=None, at=min(alert.changed_at + timedelta(hours=3), at),
            )  # fmt: skip


def _add_feeds(store: Store, at: datetime) -> None:
    ahead = at + timedelta(minutes=15)
    with store.write() as connection:
        good = add_feed(connection, "https://feeds.example.com/potomac.xml", "web", "Potomac Ledger", at)
        read = at - timedelta(minutes=6)
        record_success(connection, good, read, ahead, etag=None, last_modified=None)
        bad = add_feed(connection, "https://feeds.example.org/fab-letter.rss", "web", "The Fab Letter", at)
        record_failure(connection, bad, read, ahead, "503 Service Unavailable")


_LISTED = (
    ("Entity List (EL) - Bureau of Industry and Security", "SMIC", "2020-12-18"),
    ("Entity List (EL) - Bureau of Industry and Security", "Huawei", "2019-05-16"),
    ("Military End User (MEU) List - Bureau of Industry and Security", "YMTC", "2022-12-16"),
)


def import_lists(store: Store, assessor: Assessor, folder: Path, at: datetime) -> None:
    """A few entries as the Consolidated Screening List has them."""
    path = folder / "consolidated.json"
    listed = [
        {"id": f"r{place}", "source": source, "name": name, "type": "Entity", "start_date": since}
        for place, (source, name, since) in enumerate(_LISTED)
    ]
    path.write_text(json.dumps({"results": listed}))
    save_rows(store, assessor.knowledge, read_rows(path, "csl"), "csl", at)
