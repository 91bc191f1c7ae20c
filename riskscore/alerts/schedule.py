"""When a delivery is tried again: the schedule as data, with jitter, and what the receiver asks for."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from riskscore.errors import SettingsError

# The default of the setting `delivery_retry_delays_s`.
# Seconds to wait after the first, second … failed attempt: ten attempts over about 75 hours.
RETRY_DELAYS_S: tuple[float, ...] = (
    5,
    300,  # 5 minutes
    1_800,
    7_200,  # 2 hours
    18_000,
    36_000,  # 10 hours
    50_400,
    72_000,
    86_400,  # a day
)
MAX_ATTEMPTS = len(RETRY_DELAYS_S) + 1
JITTER = 0.2  # a wait is stretched by up to this share, so that receivers are not hit in step
_LONGEST_ASKED_S = 86_400.0

_MOST_DELAYS = 100
_LONGEST_DELAY_S = 30 * 86_400.0

GONE = 410


def read_delays(written: str) -> tuple[float, ...]:
    """A schedule as the setting has it: seconds, separated by commas.

    Raises
    ------
    SettingsError
    """
    try:
        delays = tuple(float(part) for part in written.split(","))
    except ValueError:
        delays = ()
    if not 1 <= len(delays) <= _MOST_DELAYS or not all(0 < delay <= _LONGEST_DELAY_S for delay in delays):
        raise SettingsError(
            f"RISKSCORE_DELIVERY_RETRY_DELAYS_S={written!r} must be 1 to {_MOST_DELAYS} numbers of seconds "
            "above 0, separated by commas"
        )
    return delays


def next_attempt(
    attempts: int,
    at: datetime,
    *,
    retry_after_s: float | None = None,
    delays_s: tuple[float, ...] = RETRY_DELAYS_S,
    chance: Callable[[], float] = random.random,
) -> datetime | None:
    """When to try again after `attempts` failures; None when that was the last.

    Parameters
    ----------
    retry_after_s : float or None
        What the receiver asked for; never shortens the wait, and counts up to a day.
    chance : callable
        Gives a number from 0 to below 1; a seam for tests.
    """
    if attempts > len(delays_s):
        return None
    wait_s = delays_s[attempts - 1] * (1.0 + JITTER * chance())
    if retry_after_s is not None:
        wait_s = max(wait_s, min(retry_after_s, _LONGEST_ASKED_S))
    return at + timedelta(seconds=wait_s)


def retry_after_s(headers: Mapping[str, str], at: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks for (a number or an HTTP date); None if none usable."""
    written = headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return min(float(written[:12]), _LONGEST_ASKED_S)
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, min((moment - at).total_seconds(), _LONGEST_ASKED_S))
