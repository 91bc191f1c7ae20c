"""Entries of scores and queries in, from any thread; appended to the ledger by one other, many at a time.

A score writes nothing else, so a transaction for each would cost more than the score. What waits here when
the process is killed is lost from the ledger; `close` writes it down first. `wait` makes callers wait until
their entry is on disk: those who wait at the same time share a transaction.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from riskscore.audit.entry import Entry
from riskscore.errors import BusyStoreError
from riskscore.store import Store
from riskscore.store.ledger import append, stored_head

_log = logging.getLogger("riskscore.audit")

# In one transaction: some ten milliseconds, for which the ledger is closed to others.
_MOST_AT_ONCE = 1_000
_LONGEST_PAUSE_S = 5.0  # between tries to reach the database
_HEAD_EVERY_S = 300.0


@dataclass(slots=True)
class _Put:
    """Entries of one caller."""

    entries: Sequence[Entry]
    state: Literal["waits", "written", "refused"] = "waits"


class Recorder:
    """The background writer of one process; safe to share between threads.

    Parameters
    ----------
    interval_s : float
        Seconds for which entries are gathered.
    capacity : int
        Most entries that wait.
    wait : bool
        Whether callers wait until their entries are on disk.
    timeout_s : float
        Longest time that they do.
    """

    def __init__(
        self,
        store: Store,
        *,
        interval_s: float = 0.2,
        capacity: int = 20_000,
        wait: bool = False,
        timeout_s: float = 30.0,
    ) -> None:
        self._store = store
        self._interval_s = interval_s
        self._capacity = capacity
        self._wait = wait
        self._timeout_s = timeout_s
        self._changed = threading.Condition()
        self._waiting: deque[_Put] = deque()
        self._count = 0
        self._closed = False
        self._deadline = float("inf")  # of a writer that was closed
        self._thread: threading.Thread | None = None
        self._head_at = 0.0

    @property
    def waiting(self) -> int:
        """How many entries are not on disk yet."""
        return self._count

    def put(self, entries: Sequence[Entry]) -> None:
        """Have entries written.

        Raises
        ------
        BusyStoreError
            They are not, or it is not known in time: the database does not take them. Nothing may be answered
            of what they record.
        """
        put = _Put(entries)
        with self._changed:
            if self._closed:
                raise BusyStoreError("the audit ledger is closed: the server is stopping")
            if self._count + len(entries) > self._capacity:
                raise BusyStoreError(
                    f"{self._count:,} entries wait for the audit ledger (audit_backlog); try again later"
                )
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="riskscore-ledger", daemon=True)
                self._thread.start()
                atexit.register(self.close)
            self._waiting.append(put)
            self._count += len(entries)
            if self._wait or len(self._waiting) == 1 or self._count >= _MOST_AT_ONCE:
                self._changed.notify_all()
            if self._wait:
                self._changed.wait_for(lambda: put.state != "waits", self._timeout_s)
                if put.state != "written":
                    raise BusyStoreError("the audit ledger did not take the entry; try again later")

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until all that was put is on disk; whether it is."""
        with self._changed:
            last = self._waiting[-1] if self._waiting else None
            return last is None or self._changed.wait_for(lambda: last.state != "waits", timeout_s)

    def close(self, timeout_s: float = 10.0) -> int:
        """Write down what waits, and take nothing more.

        Returns
        -------
        int
            How many entries could not be written in time; they are lost.
        """
        with self._changed:
            self._closed = True
            self._deadline = time.monotonic() + timeout_s
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s + 1.0)
            atexit.unregister(self.close)
            if self._count:
                _log.error("%d entries of the audit ledger are lost: it could not be written", self._count)
        return self._count

    def _run(self) -> None:
        pause_s = 0.1
        while True:
            batch = self._next()
            if not batch:
                return
            try:
                self._store.in_transaction(
                    lambda connection, batch=batch: append(connection, *_entries(batch))  # type: ignore[misc]
                )
            except Exception as error:  # whatever it is: nothing may be answered that is not recorded
                _log.error("the audit ledger cannot be written: %s", type(error).__name__)
                if self._wait:
                    self._settle(batch, "refused")
                if time.monotonic() >= self._deadline:
                    return
                self._pause(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                continue
            pause_s = 0.1
            self._settle(batch, "written")
            if time.monotonic() >= self._head_at:
                self._head_at = time.monotonic() + _HEAD_EVERY_S
                self._log_head()

    def _next(self) -> list[_Put]:
        """What is to be written next, once there is something; nothing when that was all."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._wait:
                self._changed.wait_for(
                    lambda: self._closed or self._count >= _MOST_AT_ONCE, timeout=self._interval_s
                )
            batch: list[_Put] = []
            count = 0
            for put in self._waiting:
                if batch and count + len(put.entries) > _MOST_AT_ONCE:
                    break
                batch.append(put)
                count += len(put.entries)
            return batch

    def _settle(self, batch: list[_Put], state: Literal["written", "refused"]) -> None:
        with self._changed:
            for put in batch:
                self._waiting.popleft()
                self._count -= len(put.entries)
                put.state = state
            self._changed.notify_all()

    def _pause(self, pause_s: float) -> None:
        with self._changed:
            closed = self._closed
            self._changed.wait_for(lambda: self._closed and not closed, pause_s)

    def _log_head(self) -> None:
        """For whoever keeps the log apart from the database: `riskscore audit verify --heads` reads it."""
        try:
            with self._store.read() as connection:
                head = stored_head(connection)
        except SQLAlchemyError:
            return  # the next write tells
        if head is not None:
            _log.info("ledger head %d %s", head.sequence, head.entry_hash)


def _entries(batch: Sequence[_Put]) -> list[Entry]:
    return [entry for put in batch for entry in put.entries]
