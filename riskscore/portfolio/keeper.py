"""A store in, the matcher of its imported companies as they are now out; kept until they change.

Asking costs one small query. Whoever finds a new version loads it while the others go on with the old one;
and no more than a tenth of the time goes into loading, so that an import of many batches stalls nobody.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from riskscore.portfolio.matcher import Portfolio
from riskscore.store.portfolio import load_portfolio, portfolio_version

if TYPE_CHECKING:
    from riskscore.store import Store

_REST = 9.0  # times a load took before the next …
_QUICK_S = 0.25  # … unless it is over before anyone notices


class PortfolioKeeper:
    """Holds the newest portfolio of a store; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._held: Portfolio | None = None
        self._rests_until = 0.0
        self._looked_at = 0.0

    def current(self, connection: Connection | None = None) -> Portfolio:
        """The imported companies as they are; as they were a moment ago while a change is being loaded.

        Parameters
        ----------
        connection : Connection, optional
            To ask with, that of a read.
        """
        if connection is None:
            with self._store.read() as own:
                return self.current(own)
        held = self._held
        self._looked_at = time.monotonic()
        if held is not None and portfolio_version(connection) == held.version:
            return held
        if held is not None and (self._looked_at < self._rests_until or self._lock.locked()):
            return held
        with self._lock:
            if self._held is not None and self._held.version >= portfolio_version(connection):
                return self._held
            began = time.monotonic()
            self._held = load_portfolio(connection)
            ended = time.monotonic()
            if ended - began > _QUICK_S:
                self._rests_until = ended + _REST * (ended - began)
            return self._held

    def recent(self, within_s: float = 1.0) -> Portfolio:
        """The same, without asking the store if it was asked less than `within_s` seconds ago."""
        held = self._held
        if held is not None and time.monotonic() - self._looked_at < within_s:
            return held
        return self.current()
