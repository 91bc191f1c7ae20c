"""Articles that were answered in, what the challenger would have said out, as counts alone.

In a thread of its own, behind a queue that drops what does not fit: no answer waits for it. It works while
nobody else scores, and at most once a second when somebody always does.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from riskscore.models.comparison import WHOLE, Comparison, Pair, compare
from riskscore.models.rotation import Rotation
from riskscore.types import Article, Assessment

_log = logging.getLogger("riskscore.models")

# Of all articles that wait; a queue of the longest would be hundreds of megabytes.
_MOST_CHARS = 8_000_000
_LONGEST_WAIT_S = 1.0  # for a moment in which nobody scores
_LOOK_EVERY_S = 0.002

Counted = dict[tuple[datetime, Pair, str], Comparison]


class _Waiting(NamedTuple):
    article: Article
    answered: Assessment
    base_rate: float | None
    chars: int


class Shadow:
    """Has a challenger score a share of what is answered; safe to share between threads.

    Parameters
    ----------
    clock : callable
        Gives this moment.
    most : int
        Articles that may wait.
    seed : int, optional
        Of the draw of the share.
    """

    def __init__(
        self,
        rotation: Rotation,
        clock: Callable[[], datetime],
        *,
        most: int = 256,
        seed: int | None = None,
    ) -> None:
        self._rotation = rotation
        self._clock = clock
        self._is_idle: Callable[[], bool] = lambda: True
        self._chance = random.Random(seed)  # noqa: S311
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(most)
        self._chars = 0
        self._counts: Counted = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def offer(self, article: Article, answered: Assessment, base_rate: float | None = None) -> None:
        """Let the challenger see an article that the default has just answered; never waits."""
        lineup = self._rotation.lineup
        if lineup.challenger is None or answered.model_version != lineup.default:
            return
        if self._chance.random() >= lineup.share:
            return
        chars = len(article.title) + len(article.text or article.html or "")
        with self._lock:
            fits = self._thread is not None and self._chars + chars <= _MOST_CHARS
            if fits:
                self._chars += chars
        if fits:
            try:
                self._queue.put_nowait(_Waiting(article, answered, base_rate, chars))
                return
            except queue.Full:
                with self._lock:
                    self._chars -= chars
        self._add(Pair(lineup.default, lineup.challenger), WHOLE, Comparison(dropped=1))

    def start(self, is_idle: Callable[[], bool] = lambda: True) -> None:
        """Begin to work off the queue.

        Parameters
        ----------
        is_idle : callable
            Whether nobody scores at this moment.
        """
        if self._thread is None:
            self._is_idle = is_idle
            self._thread = threading.Thread(target=self._work, name="riskscore-shadow", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End, with what waits compared: a second's work at most."""
        if self._thread is None:
            return
        thread, self._thread = self._thread, None  # what is offered from now on is dropped
        self._is_idle = lambda: True
        self._queue.put(None)
        thread.join()

    def take(self) -> Counted:
        """What was compared since the last call."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def give_back(self, counts: Mapping[tuple[datetime, Pair, str], Comparison]) -> None:
        """Count again what could not be stored."""
        with self._lock:
            for key, found in counts.items():
                self._counts.setdefault(key, Comparison()).add(found)

    def _work(self) -> None:
        while (waiting := self._queue.get()) is not None:
            with self._lock:
                self._chars -= waiting.chars
            patience = time.monotonic() + _LONGEST_WAIT_S
            while not self._is_idle() and time.monotonic() < patience:
                time.sleep(_LOOK_EVERY_S)
            self._compare(waiting)

    def _compare(self, waiting: _Waiting) -> None:
        lineup = self._rotation.lineup
        if lineup.challenger is None or waiting.answered.model_version != lineup.default:
            return  # exchanged since
        pair = Pair(lineup.default, lineup.challenger)
        try:
            other = lineup.assessors[lineup.challenger].assess(
                waiting.article, max_contributions=0, max_evidence=0, base_rate=waiting.base_rate
            )
            for regime, comparison in compare(waiting.answered, other):
                self._add(pair, regime, comparison)
        except Exception as error:
            _log.warning("the challenger %s failed with %s", pair.challenger, type(error).__name__)
            self._add(pair, WHOLE, Comparison(failed=1))

    def _add(self, pair: Pair, regime: str, comparison: Comparison) -> None:
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        with self._lock:
            self._counts.setdefault((hour, pair, regime), Comparison()).add(comparison)
