"""What a key has used in, how long it must wait out: a token bucket, and a count for each UTC day.

Both are spent after the fact where a request turns out to be worth more than one (a batch): what was begun
is finished, and the next request waits until the debt is paid.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

MINUTE_S = 60
DAY_S = 86_400


class TokenBucket:
    """Holds a minute's worth of requests, and fills up evenly.

    Parameters
    ----------
    per_minute : int
        Requests per minute in the long run, and most at once.
    at : float
        This moment, in seconds of a clock that never goes back.
    """

    def __init__(self, per_minute: int, at: float) -> None:
        self.per_minute = per_minute
        self._tokens = float(per_minute)
        self._at = at

    def spend(self, count: int, at: float) -> None:
        """Take `count` requests out, below zero if need be."""
        self._fill(at)
        self._tokens -= count

    def wait_s(self, at: float, wanted: int = 1) -> float:
        """Seconds until `wanted` requests are there; 0.0 when they are."""
        self._fill(at)
        return max(0.0, (wanted - self._tokens) * MINUTE_S / self.per_minute)

    def remaining(self, at: float) -> int:
        """Whole requests that are there."""
        self._fill(at)
        return max(0, math.floor(self._tokens))

    def full_in_s(self, at: float) -> float:
        """Seconds until it is full."""
        return self.wait_s(at, self.per_minute)

    def _fill(self, at: float) -> None:
        self._tokens = min(self.per_minute, self._tokens + (at - self._at) * self.per_minute / MINUTE_S)
        self._at = at


def to_midnight_s(at: datetime) -> float:
    """Seconds until the next UTC day begins."""
    at = at.astimezone(UTC)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - at).total_seconds()
