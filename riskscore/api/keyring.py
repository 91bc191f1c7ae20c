"""Presented keys in, principals out: the keys of one running server, read anew from the database in time.

All keys are held in memory, and read again, in one query, when they are older than `key_refresh_s` and
somebody asks. So a key costs a request no query, and what another process changed is known within that time.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from datetime import date, datetime

import anyio
import anyio.to_thread

from riskscore.access.gate import Gate
from riskscore.access.keys import Key
from riskscore.access.principal import LOCAL, Principal
from riskscore.access.sessions import Sessions
from riskscore.access.tally import Use, utc_day
from riskscore.errors import StoreError, StoreUnreachableError, UnauthenticatedError
from riskscore.settings import Settings
from riskscore.store import Store, connect
from riskscore.store.keys import store_uses, stored_keys
from riskscore.store.times import utc_now

log = logging.getLogger("riskscore.keys")

_WRITE_AFTER_S = 5.0  # uses are written down this long after the first that is not
_PATIENCE_S = 2.0  # with a database that does not answer
_TRUST_S = 60.0  # how long the keys last read are good while it does not


class KeyRing:
    """The keys of one application; for its event loop only.

    Parameters
    ----------
    clock, monotonic : callable
        As of `Gate`; tests hand in others.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._monotonic = monotonic
        self._gate = Gate(clock, monotonic)
        secret = settings.session_secret
        self.sessions = Sessions(
            None if secret is None else secret.get_secret_value(), settings.session_hours, clock
        )
        self._store: Store | None = None
        self._opening = threading.Lock()
        # One thread each, of their own: neither slow requests nor a locked database hold the reader up.
        self._reader = anyio.CapacityLimiter(1)
        self._writer = anyio.CapacityLimiter(1)
        self._reading = False
        self._stale_at = self._trusted_until = float("-inf")
        self._writing: asyncio.Task[None] | None = None
        self._hurry: asyncio.Event | None = None  # not to wait before writing

    async def identify(self, presented: str | None, *, local: bool) -> Principal:
        """Who asks.

        Parameters
        ----------
        presented : str or None
            The key; None for a request without one.
        local : bool
            Whether the caller is on this machine.

        Raises
        ------
        UnauthenticatedError
        StoreUnreachableError
            The keys cannot be read.
        """
        await self._keep_fresh()
        if not self._asks(local):
            return LOCAL
        if presented is None:
            remedy = "send it as Authorization: Bearer rsk_…; `riskscore keys create` makes one"
            raise UnauthenticatedError(f"this needs a key: {remedy}", presented=False)
        principal = self._gate.identify(presented)
        self._write_soon()
        return principal

    async def open_session(self, presented: str) -> str:
        """The token of a new session for whoever presents this key; errors as of `identify`."""
        await self._keep_fresh()
        key_id = self._gate.identify(presented).key_id or ""
        self._write_soon()
        return self.sessions.issue(key_id, self._gate.digest(key_id) or "")

    async def resume(self, session: str | None, *, local: bool) -> Principal:
        """Whose session it is.

        Parameters
        ----------
        session : str or None
            The token; None for a request without one.
        local : bool
            Whether the caller is on this machine.

        Raises
        ------
        UnauthenticatedError
        StoreUnreachableError
            The keys cannot be read.
        """
        await self._keep_fresh()
        if not self._asks(local):
            return LOCAL
        if not session:
            raise UnauthenticatedError("sign in with a key", presented=False)
        ticket = self.sessions.read(session)
        self.sessions.check(ticket, self._gate.digest(ticket.key_id))
        principal = self._gate.holder(ticket.key_id)
        self._write_soon()
        return principal

    def enter(self, principal: Principal) -> None:
        """Count a request, or refuse it; errors as of `Gate.enter`."""
        if principal.key_id is not None:
            self._gate.enter(principal.key_id)

    def _asks(self, local: bool) -> bool:
        if self._settings.require_keys or self._gate.has_keys:
            return True
        return not (local or self._settings.insecure_no_keys)

    async def check(self, principal: Principal) -> None:
        """Whether a long request may go on; errors as of `Gate.check` and of `identify`."""
        if principal.key_id is not None:
            await self._keep_fresh()
            self._gate.check(principal.key_id)

    def spend(self, principal: Principal, count: int) -> float:
        """Count further uses by a request that was let in; seconds to wait to keep to the key's rate."""
        if principal.key_id is None:
            return 0.0
        self._write_soon()
        return self._gate.spend(principal.key_id, count)

    def fields(self, principal: Principal) -> dict[str, str]:
        """Header fields that tell what is left to a principal's key."""
        return {} if principal.key_id is None else self._gate.fields(principal.key_id)

    def forget(self) -> None:
        """Read the keys again before the next request: they were changed here."""
        self._stale_at = float("-inf")

    async def close(self) -> None:
        """Write down what is not yet, and give the database's connections back."""
        if self._writing is not None and self._hurry is not None:
            self._hurry.set()
            await self._writing
        if self._store is not None:
            self._store.close()

    async def _keep_fresh(self) -> None:
        now = self._monotonic()
        if now < self._stale_at or (self._reading and now < self._trusted_until):
            return
        self._reading = True
        try:
            with anyio.fail_after(_PATIENCE_S):
                day = utc_day(self._clock())
                keys, used = await anyio.to_thread.run_sync(
                    self._read, day, abandon_on_cancel=True, limiter=self._reader
                )
        except (TimeoutError, StoreUnreachableError) as error:
            self._stale_at = self._monotonic() + self._settings.key_refresh_s
            log.warning("the keys cannot be read: %s", type(error.__cause__ or error).__name__)
            if self._monotonic() < self._trusted_until:
                return
            self._stale_at = float("-inf")
            raise StoreUnreachableError("the database with the keys does not answer; try again") from None
        finally:
            self._reading = False
        self._gate.renew(keys, used, day)
        self._stale_at = now + self._settings.key_refresh_s
        self._trusted_until = now + self._settings.key_refresh_s + _TRUST_S

    def _read(self, day: date) -> tuple[list[Key], dict[str, int]]:
        return stored_keys(self._opened(), day)

    def _opened(self) -> Store:
        with self._opening:
            if self._store is None:
                self._store = connect(self._settings.database_url)
            return self._store

    def _write_soon(self) -> None:
        if self._writing is None or self._writing.done():
            self._hurry = asyncio.Event()
            self._writing = asyncio.get_running_loop().create_task(self._write(self._hurry))

    async def _write(self, hurry: asyncio.Event) -> None:
        with anyio.move_on_after(_WRITE_AFTER_S):
            await hurry.wait()
        uses = self._gate.tally.take()
        try:
            totals = await anyio.to_thread.run_sync(self._store_uses, uses, limiter=self._writer)
        except StoreError as error:
            log.warning("uses of keys are not written down yet: %s", error)
            self._gate.tally.give_back()
        else:
            self._gate.tally.wrote(totals)

    def _store_uses(self, uses: list[Use]) -> dict[tuple[str, date], int]:
        return store_uses(self._opened(), uses)
