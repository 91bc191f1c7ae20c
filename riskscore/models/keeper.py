"""Counts that gather in memory in, rows of the database out, every few seconds and at the end.

A database that cannot be reached keeps nobody waiting: the counts stay in memory, and go with the next try.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from riskscore.drift.counts import HeadSet, Tally
from riskscore.drift.evaluation import DriftPolicy, TrainingReference, evaluate, is_news, tell_drift
from riskscore.drift.figures import SourceDrift
from riskscore.errors import RiskscoreError
from riskscore.models.comparison import Comparison, Pair
from riskscore.models.shadow import Shadow
from riskscore.store.drift import add_counts, forget_before
from riskscore.store.late import LateStore
from riskscore.store.shadow import add_comparisons, comparisons_of

_log = logging.getLogger("riskscore.models")

FLUSH_EVERY_S = 5.0
_EVALUATE_EVERY_S = 60.0


class CountKeeper:
    """Writes down what a `Tally` and a `Shadow` count, and looks at what became of it.

    Parameters
    ----------
    training : callable
        Gives the histograms that a head set was trained with, or None.
    keep : timedelta
        Age at which counts are deleted.
    public_url : str
        Where the API is reached from outside, for links in events.

    Attributes
    ----------
    drifts : mapping of HeadSet to sequence of SourceDrift
        As of the last look.
    comparisons : mapping of Pair to mapping of str to Comparison
        The same of the present challenger.
    """

    def __init__(
        self,
        late: LateStore,
        tally: Tally,
        clock: Callable[[], datetime],
        training: TrainingReference,
        *,
        shadow: Shadow | None = None,
        pair: Callable[[], Pair | None] = lambda: None,
        policy: DriftPolicy | None = None,
        keep: timedelta = timedelta(days=92),
        public_url: str = "",
    ) -> None:
        self.policy = policy or DriftPolicy()
        self.drifts: Mapping[HeadSet, Sequence[SourceDrift]] = {}
        self.comparisons: Mapping[Pair, Mapping[str, Comparison]] = {}
        self._late = late
        self._tally = tally
        self._shadow = shadow
        self._pair = pair
        self._clock = clock
        self._training = training
        self._keep = keep
        self._public_url = public_url
        self._fault: str | None = None
        self._forgotten_on: date | None = None
        self._flushing = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write in a thread."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._work, name="riskscore-counts", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End, with all that was counted written."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.try_to(self.flush)

    def flush(self) -> None:
        """Write what was counted since the last time.

        Raises
        ------
        RiskscoreError, sqlalchemy.exc.DBAPIError
            Nothing is lost: it is counted again.
        """
        with self._flushing:
            counts = self._tally.take()
            compared = self._shadow.take() if self._shadow is not None else {}
            if not counts and not compared:
                return

            def write(connection: Connection) -> None:
                add_counts(connection, counts)
                add_comparisons(connection, compared)

            try:
                self._late.store().in_transaction(write)
            except BaseException:
                self._tally.give_back(counts)
                if self._shadow is not None:
                    self._shadow.give_back(compared)
                raise

    def look(self) -> None:
        """Work out the drift of the window, tell what is new, and forget what is old.

        Raises
        ------
        RiskscoreError, sqlalchemy.exc.DBAPIError
        """
        if not self._late.exists():
            return  # nothing was ever counted; a look alone makes no database
        store, now, pair = self._late.store(), self._clock(), self._pair()
        with store.read() as connection:
            drifts = evaluate(connection, self.policy, self._training, now)
            news = is_news(connection, drifts, self.policy)
            since = now - self.policy.window
            self.comparisons = {} if pair is None else {pair: comparisons_of(connection, pair, since)}
        self.drifts = drifts
        if news:
            store.in_transaction(
                lambda connection: tell_drift(connection, drifts, self.policy, now, self._public_url)
            )
        if now.date() != self._forgotten_on:
            store.in_transaction(lambda connection: forget_before(connection, now - self._keep))
            self._forgotten_on = now.date()

    def try_to(self, do: Callable[[], None]) -> None:
        """Do something with the database; where it fails, say so once and go on."""
        try:
            do()
            self._fault = None
        except (RiskscoreError, DBAPIError) as error:
            fault = str(error).partition("\n")[0][:300]
            if fault != self._fault:
                _log.warning("counts of drift wait in memory: %s", fault)
            self._fault = fault
        except Exception:
            _log.exception("drift could not be recorded")

    def _work(self) -> None:
        look_at = time.monotonic()
        while not self._stopping.wait(FLUSH_EVERY_S):
            self.try_to(self.flush)
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + _EVALUATE_EVERY_S
                self.try_to(self.look)
