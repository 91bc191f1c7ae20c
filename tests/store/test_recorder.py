"""Scores and queries on their way to the ledger: gathered, written at the end, refused if they cannot be."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from riskscore.audit.verification import verify
from riskscore.auditing.recorder import Recorder
from riskscore.errors import BusyStoreError
from riskscore.store import Store
from riskscore.store.ledger import count_after, entries_after, stored_head
from tests.audit.made import entry

NUMBERS = range(1, 201)


def listed(store: Store) -> list[str | None]:
    with store.read() as connection:
        found = list(entries_after(connection))
        assert verify(found, stored_head(connection)) == []
    return [one.entry.subject for one in found]


@contextmanager
def unwritable(store: Store) -> Iterator[None]:
    """Meanwhile the database takes nothing."""
    table, away = "ledger", "ledger_away"
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {away}")
    yield
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {away} RENAME TO {table}")


def test_what_many_threads_put_is_written_together_and_in_order(store: Store) -> None:
    recorder = Recorder(store, interval_s=0.05)

    def put(first: int) -> None:
        for number in NUMBERS[first::4]:
            recorder.put([entry(number)])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(put, range(4)))
    assert recorder.flush()
    assert recorder.waiting == 0
    found = listed(store)
    assert sorted(found) == sorted(f"subject-{number}" for number in NUMBERS)  # type: ignore[type-var]
    for first in range(4):
        own = [f"subject-{number}" for number in NUMBERS[first::4]]
        assert [subject for subject in found if subject in own] == own
    assert recorder.close() == 0


def test_closing_writes_what_waits(store: Store) -> None:
    recorder = Recorder(store, interval_s=60)
    recorder.put([entry(1), entry(2)])
    assert recorder.waiting == 2
    began = time.monotonic()
    assert recorder.close() == 0
    assert time.monotonic() - began < 10
    assert listed(store) == ["subject-1", "subject-2"]
    with pytest.raises(BusyStoreError):
        recorder.put([entry(3)])


def test_waiting_callers_find_their_entry_on_disk_and_share_transactions(store: Store) -> None:
    recorder = Recorder(store, wait=True)
    together = threading.Barrier(8)

    def put(number: int) -> bool:
        together.wait()
        recorder.put([entry(number)])
        with store.read() as connection:
            return any(one.entry == entry(number) for one in entries_after(connection))

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(put, range(1, 9)))
    recorder.close()
    assert len(listed(store)) == 8


def test_nobody_is_told_that_an_entry_stands_that_does_not(store: Store) -> None:
    recorder = Recorder(store, wait=True, timeout_s=20)
    with unwritable(store):
        began = time.monotonic()
        with pytest.raises(BusyStoreError):
            recorder.put([entry(1)])
        assert time.monotonic() - began < 15
    recorder.put([entry(2)])
    recorder.close()
    assert listed(store) == ["subject-2"]


def test_a_database_that_comes_back_gets_all_that_was_taken(store: Store) -> None:
    recorder = Recorder(store, interval_s=0.01, capacity=3)
    with unwritable(store):
        for number in (1, 2, 3):
            recorder.put([entry(number)])
        with pytest.raises(BusyStoreError, match="audit_backlog"):
            recorder.put([entry(4)])
        assert not recorder.flush(0.3)
    assert recorder.flush()
    assert listed(store) == ["subject-1", "subject-2", "subject-3"]
    recorder.close()


def test_what_cannot_be_written_at_the_end_is_counted(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder(store, interval_s=0.01)
    with unwritable(store):
        recorder.put([entry(1), entry(2)])
        assert recorder.close(timeout_s=0.5) == 2
    assert "2 entries of the audit ledger are lost" in caplog.text
    with store.read() as connection:
        assert count_after(connection, 0) == 0


_CHILD = """
import itertools, sys, time
from riskscore.auditing.recorder import Recorder
from riskscore.store import connect
from tests.audit.made import entry

recorder = Recorder(connect(sys.argv[1]), wait=sys.argv[2] == "waiting", interval_s=0.05)
for number in itertools.count(1):
    recorder.put([entry(number)])
    print(number, flush=True)
    time.sleep(0.001)
"""


@pytest.mark.parametrize("way", ["waiting", "gathered"])
def test_a_killed_process_leaves_a_whole_ledger(store: Store, database_url: str, way: str) -> None:
    command = [sys.executable, "-c", _CHILD, database_url, way]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(10)]
        give_up_at = time.monotonic() + 60
        while not listed(store) and time.monotonic() < give_up_at:
            told.append(int(child.stdout.readline()))
        child.kill()
        told += [int(line) for line in child.stdout if line.endswith("\n")]
    found = listed(store)
    assert found
    assert found == [f"subject-{number}" for number in range(1, len(found) + 1)]
    if way == "waiting":
        assert len(found) >= told[-1]  # none that was answered is lost
