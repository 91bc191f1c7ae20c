"""The outbox in, attempts out: claims due deliveries, sends them, records every attempt, for ever.

One transaction records what has ended and claims what is next. A worker that dies leaves its claims to run
out, after which another sends the same events again: at least once, and no subject out of order.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import anyio
import anyio.abc
import anyio.to_thread
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from riskscore.alerting.outbox import send_digests
from riskscore.alerts.sender import Outcome, Sender
from riskscore.auditing.trail import Trail, process_trail
from riskscore.errors import BusyStoreError
from riskscore.outcomes import Policy, record_outcomes
from riskscore.store import Store
from riskscore.store.delivery_queue import Claimed, claim, release
from riskscore.store.times import utc_now

_log = logging.getLogger("riskscore.worker")

# Outcomes that end within this time share a transaction; longer while there is enough to send meanwhile.
_GATHER_S = 0.01
_GATHER_BUSY_S = 0.05
_LONGEST_PAUSE_S = 5.0  # between tries to reach the database
_DIGESTS_EVERY_S = 5.0
_SPARE_S = 2.0  # of a claim's time, to record the outcome
# Claimed ahead, as a multiple of what is sent at a time: work for the while that a transaction takes.
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is done at a time."""

    concurrency: int = 32
    per_endpoint: int = 16
    timeout_s: float = 15.0  # of an attempt; the sender keeps to it
    lease_s: float = 60.0  # a claim's time; a dead worker's events wait so long
    idle_s: float = 0.5  # between looks at an empty queue
    policy: Policy = field(default_factory=Policy)


class Worker:
    """Delivers events; run as many as you like, in any number of processes.

    Parameters
    ----------
    trail : Trail or None
        Records in the audit ledger what it does to endpoints; by default as whoever runs this process.
    """

    def __init__(
        self,
        store: Store,
        sender: Sender,
        pace: Pace | None = None,
        clock: Callable[[], datetime] = utc_now,
        trail: Trail | None = None,
    ) -> None:
        self.name = f"{socket.gethostname()[:30]}/{os.getpid()}/{secrets.token_hex(4)}"
        self._store = store
        self._sender = sender
        self._pace = pace or Pace()
        self._clock = clock
        self._trail = trail or process_trail(store, clock=clock)
        self._sending = anyio.Semaphore(self._pace.concurrency)
        self._sending_to: dict[str, anyio.Semaphore] = {}  # by endpoint
        self._in_hand: Counter[str] = Counter()  # by endpoint
        self._keys: set[int] = set()  # of deliveries in hand
        self._ended: list[tuple[Claimed, Outcome]] = []
        self._unused: list[int] = []
        self._wake = anyio.Event()
        self._digests_at = 0.0
        self._stopping = False
        self.delivered = 0

    async def run(self, stop: anyio.Event, *, once: bool = False) -> None:
        """Deliver until `stop` is set, then finish what is in hand.

        Parameters
        ----------
        once : bool
            Stop as soon as nothing is due.
        """
        pause_s = 0.1
        async with anyio.create_task_group() as tasks:
            while True:
                stopping = self._stopping = stop.is_set()
                if stopping and not (self._in_hand.total() or self._ended or self._unused):
                    return
                ended, self._ended = self._ended, []
                unused, self._unused = self._unused, []
                self._wake = anyio.Event()
                room = 0 if stopping else _AHEAD * self._pace.concurrency - self._in_hand.total()
                try:
                    claimed = await anyio.to_thread.run_sync(self._turn, ended, unused, room)
                except (DBAPIError, BusyStoreError) as error:
                    # Nothing is lost: the outcomes are kept here, the queue in the database.
                    _log.warning("the database fails, trying again in %.1f s: %s", pause_s, error)
                    self._ended, self._unused = ended + self._ended, unused + self._unused
                    await anyio.sleep(pause_s)
                    pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                    continue
                pause_s = 0.1
                # A claim that ran out while it waited here comes back; its first task gives it back.
                claimed = [one for one in claimed if one.delivery_key not in self._keys]
                for one in claimed:
                    self._keys.add(one.delivery_key)
                    self._in_hand[one.endpoint.endpoint_id] += 1
                    tasks.start_soon(self._attempt, one)
                if once and not claimed and not self._in_hand.total() and not self._ended:
                    return
                await self._rest()

    async def _rest(self) -> None:
        """Until an attempt has ended, and a moment longer for others to end, or it is time to look again."""
        with anyio.move_on_after(self._pace.idle_s):
            await self._wake.wait()
            busy = self._in_hand.total() > 2 * self._pace.concurrency
            await anyio.sleep(_GATHER_BUSY_S if busy else _GATHER_S)

    def _turn(self, ended: list[tuple[Claimed, Outcome]], unused: list[int], room: int) -> list[Claimed]:
        busy = dict(self._in_hand)

        def work(connection: Connection) -> list[Claimed]:
            now = self._clock()
            record_outcomes(connection, self.name, ended, now, self._pace.policy, self._trail)
            release(connection, self.name, unused)
            if room > 0 and time.monotonic() >= self._digests_at:
                send_digests(connection, now)
            if room <= 0:
                return []
            return claim(
                connection,
                self.name,
                now,
                timedelta(seconds=self._pace.lease_s),
                limit=room,
                per_endpoint=self._pace.per_endpoint,
                ahead=_AHEAD,
                busy=busy,
            )

        claimed = self._store.in_transaction(work)
        if time.monotonic() >= self._digests_at:
            self._digests_at = time.monotonic() + _DIGESTS_EVERY_S
        return claimed

    async def _attempt(self, claimed: Claimed) -> None:
        endpoint = claimed.endpoint
        limit = self._sending_to.setdefault(endpoint.endpoint_id, anyio.Semaphore(self._pace.per_endpoint))
        try:
            async with limit, self._sending:  # in this order: who waits for one endpoint keeps no place
                now = self._clock()
                left_s = (claimed.claimed_until - now).total_seconds()
                if self._stopping or left_s < self._pace.timeout_s + _SPARE_S:
                    # It waited too long here: another worker may claim it before this attempt has ended.
                    self._unused.append(claimed.delivery_key)
                    return
                outcome = await self._sender.send(
                    endpoint.channel,
                    endpoint.target,
                    claimed.event_id,
                    claimed.payload,
                    endpoint.valid_secrets(now),
                )
            self.delivered += outcome.succeeded
            self._ended.append((claimed, outcome))
        finally:
            self._in_hand[endpoint.endpoint_id] -= 1
            self._keys.discard(claimed.delivery_key)
            self._wake.set()
