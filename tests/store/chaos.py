"""Workers killed at random against a receiver that misbehaves; what arrived, counted and compared."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.exc import DBAPIError

from riskscore.alerting.outbox import enable, event_of
from riskscore.alerts.signing import new_secret
from riskscore.store import Store
from riskscore.store.deliveries import backlog
from riskscore.store.delivery_queue import enqueue
from riskscore.store.endpoints import find_endpoint
from riskscore.store.times import utc_now
from tests.store.receiver import TAKEN
from tests.store.scripted import subscribe

ROOT = Path(__file__).parents[2]
_BATCH = 250


@dataclass(frozen=True)
class Report:
    """What came of it."""

    events: int
    subjects: int
    kills: int
    database_restarts: int
    seconds: float
    requests: int
    tricks: dict[str, int]
    lost: int  # events that the receiver never took
    out_of_order: int  # requests that came after a later one of their subject, or left one out
    unverified: int
    overlapping: int  # requests for an event that was under way already
    trapped: int  # requests that followed a redirect inwards
    duplicates: int  # of events taken already
    repeats_after_200: int  # requests that came though the sender had been told honestly: kills, mostly
    disabled: int  # times that the endpoint was disabled (410) and enabled again
    left: int  # deliveries not finished at the end

    def asdict(self) -> dict[str, Any]:
        """For printing."""
        return asdict(self)


@contextmanager
def receiver(secret: str, misbehaviour: float, seed: int) -> Iterator[str]:
    """A receiver's address."""
    command = [sys.executable, "-m", "tests.store.receiver", secret, str(misbehaviour), str(seed)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def start_worker(database_url: str, *options: str, **settings: str) -> subprocess.Popen[bytes]:
    """`riskscore worker` with a quick schedule, allowed to send to this machine."""
    environment = os.environ | {
        "RISKSCORE_DATABASE_URL": database_url,
        "RISKSCORE_DELIVERY_ALLOWED_NETWORKS": "127.0.0.1/32",
        "RISKSCORE_DELIVERY_TIMEOUT_S": "1",
        "RISKSCORE_DELIVERY_LEASE_S": "4",
        "RISKSCORE_DELIVERY_RETRY_DELAYS_S": ",".join(["0.2"] * 60),
        "RISKSCORE_LOG_LEVEL": "error",
        **settings,
    }
    command = [sys.executable, "-c", "from riskscore.cli import app; app()", "worker", *options]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)


def run_chaos(
    store: Store,
    database_url: str,
    *,
    events: int,
    subjects: int,
    kills: int,
    misbehaviour: float = 1.0,
    seed: int = 1,
    restart_database: Callable[[], None] | None = None,
    between_kills_s: tuple[float, float] = (1.5, 4.0),
    deadline_s: float = 300.0,
) -> Report:
    """Queue events, deliver them with two workers, kill these at random, and compare."""
    chance = random.Random(seed)
    secret = new_secret()
    with receiver(secret, misbehaviour, seed) as address:
        endpoint_id, _ = subscribe(store, utc_now(), target=address, secret=secret)
        queued, killed, restarted, disabled = 0, 0, 0, 0
        workers = [start_worker(database_url) for _ in range(2)]
        began = time.monotonic()
        next_kill = began + chance.uniform(*between_kills_s)
        try:
            while time.monotonic() < began + deadline_s:
                try:
                    if queued < events:
                        queued = _queue(store, endpoint_id, queued, min(_BATCH, events - queued), subjects)
                    disabled += _enable(store, endpoint_id)
                    with store.read() as connection:
                        pending = backlog(connection).get(endpoint_id, (0, None, 0))[0]
                except DBAPIError:  # it is being restarted
                    time.sleep(0.1)
                    continue
                if queued == events and pending == 0 and killed >= kills:
                    break
                if killed < kills and time.monotonic() >= next_kill:
                    at = chance.randrange(2)
                    workers[at].kill()
                    workers[at].wait()
                    workers[at] = start_worker(database_url)
                    killed += 1
                    next_kill = time.monotonic() + chance.uniform(*between_kills_s)
                    if restart_database is not None and killed == (kills + 1) // 2:
                        restart_database()
                        restarted += 1
                time.sleep(0.1)
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait(timeout=30)
        seconds = time.monotonic() - began
        with store.read() as connection:
            pending, _, dead = backlog(connection).get(endpoint_id, (0, None, 0))
        log = httpx.get(f"{address}/log", timeout=60).json()
    counted = _counted(log["receipts"], events)
    return Report(
        events=queued,
        subjects=subjects,
        kills=killed,
        database_restarts=restarted,
        seconds=round(seconds, 1),
        trapped=log["trapped"],
        disabled=disabled,
        left=pending + dead,
        **counted,
    )


def _queue(store: Store, endpoint_id: str, first: int, count: int, subjects: int) -> int:
    """Queue events in turn for each subject; each subject's are numbered from 1."""
    with store.write() as connection:
        enqueue(
            connection,
            [
                event_of(
                    "endpoint.test",
                    f"subject/{number % subjects}",
                    1 + number // subjects,
                    utc_now(),
                    {"endpoint": {"name": "chaos"}},
                    [endpoint_id],
                )
                for number in range(first, first + count)
            ],
        )
    return first + count


def _enable(store: Store, endpoint_id: str) -> int:
    """What an operator does when told that the endpoint was disabled."""
    with store.read() as connection:
        endpoint = find_endpoint(connection, endpoint_id)
    assert endpoint is not None
    if endpoint.state == "active":
        return 0
    store.in_transaction(lambda connection: enable(connection, endpoint_id, utc_now()))
    return 1


def _counted(receipts: list[dict[str, Any]], events: int) -> dict[str, Any]:
    verified = [
        one for one in receipts if one["verified"] and one["subject"].startswith("subject/")
    ]  # the others tell of the endpoint's own recovery
    taken = Counter(one["id"] for one in verified if one["trick"] in TAKEN)
    newest: dict[str, int] = {}
    out_of_order, after_200 = 0, 0
    told: set[str] = set()
    for one in verified:
        before = newest.get(one["subject"], 0)
        if not before <= one["sequence"] <= before + 1:
            out_of_order += 1
        newest[one["subject"]] = max(before, one["sequence"])
        after_200 += one["id"] in told
        if one["trick"] == "200":
            told.add(one["id"])
    return {
        "requests": len(receipts),
        "tricks": dict(Counter(one["trick"] for one in receipts).most_common()),
        "lost": events - len(taken),
        "out_of_order": out_of_order,
        "unverified": sum(not one["verified"] for one in receipts),
        "overlapping": sum(one["overlaps"] for one in receipts),
        "duplicates": sum(taken.values()) - len(taken),
        "repeats_after_200": after_200,
    }
