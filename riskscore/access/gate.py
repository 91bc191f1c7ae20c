"""A presented key in; who that is and what is left to it out, or why it is not let in.

Pure but for its two clocks: whoever owns a `Gate` reads the stored keys into it now and then (`renew`), and
writes down what its `tally` counts. Not for several threads at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

from riskscore.access.keys import Key, digest_of, key_id_of
from riskscore.access.limits import DAY_S, MINUTE_S, TokenBucket, to_midnight_s
from riskscore.access.principal import Principal
from riskscore.access.tally import Tally, utc_day
from riskscore.errors import LimitError, UnauthenticatedError


class Gate:
    """Every key, its bucket, and the tally of their uses.

    Parameters
    ----------
    clock : callable
        Gives this moment, UTC-aware.
    monotonic : callable
        Gives seconds that never go back, so that no change of the clock fills or empties a bucket.
    """

    def __init__(
        self, clock: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.tally = Tally()
        self._clock = clock
        self._monotonic = monotonic
        self._keys: dict[str, Key] = {}
        self._had_keys = False
        self._buckets: dict[str, TokenBucket] = {}

    @property
    def has_keys(self) -> bool:
        """Whether a key was ever made: those that expired or were revoked count, and those lost since."""
        return self._had_keys

    def renew(self, keys: Iterable[Key], used: Mapping[str, int], day: date) -> None:
        """Take the keys as they are stored now, and how often each was used on `day`."""
        self._keys = {key.key_id: key for key in keys}
        self._had_keys = self._had_keys or bool(self._keys)
        self._buckets = {
            key_id: bucket
            for key_id, bucket in self._buckets.items()
            if key_id in self._keys and self._keys[key_id].rate_per_minute == bucket.per_minute
        }
        self.tally.note_stored(used, day)

    def identify(self, presented: str) -> Principal:
        """Who presents this key.

        Raises
        ------
        UnauthenticatedError
        """
        at = self._clock()
        key_id = key_id_of(presented)
        if key_id is None:
            raise UnauthenticatedError("this is no key, or was not copied whole", presented=True)
        key = self._keys.get(key_id)
        fitting = key.fits(digest_of(presented), at) if key else None
        if key is None or fitting is None:
            raise UnauthenticatedError("the key is not known, or was replaced by another", presented=True)
        state = key.state(at)
        if state != "active":  # told to none but those who have the secret
            raise UnauthenticatedError(f"the key {key_id} ({key.name}) is {state}", presented=True)
        self.tally.add(key_id, 0, at, former=fitting == "former")
        return Principal(key_id, key.name, key.scopes)

    def digest(self, key_id: str) -> str | None:
        """The hash of a key's present secret, to which sessions are bound; None for an unknown key."""
        key = self._keys.get(key_id)
        return None if key is None else key.sha256

    def holder(self, key_id: str) -> Principal:
        """Whom a key stands for that was presented before.

        Raises
        ------
        UnauthenticatedError
            It was revoked, or expired, meanwhile.
        """
        at = self._clock()
        key = self._keys.get(key_id)
        if key is None or key.state(at) != "active":
            raise UnauthenticatedError(f"the key {key_id} is no longer valid", presented=True)
        self.tally.add(key_id, 0, at)
        return Principal(key_id, key.name, key.scopes)

    def enter(self, key_id: str) -> None:
        """Count a request, or refuse it.

        Raises
        ------
        UnauthenticatedError, LimitError
        """
        self.check(key_id)
        key = self._keys[key_id]
        wait_s = self._wait_s(key, 1)
        if wait_s > 0:
            raise LimitError(f"the key {key_id} may ask {key.rate_per_minute} times a minute", wait_s)
        self._spend(key, 1)

    def check(self, key_id: str) -> None:
        """Whether a key that was identified may go on.

        Raises
        ------
        UnauthenticatedError
            The key was revoked, or expired, meanwhile.
        LimitError
            Its quota is used up.
        """
        at = self._clock()
        key = self._keys.get(key_id)
        if key is None or key.state(at) != "active":
            raise UnauthenticatedError(f"the key {key_id} is no longer valid", presented=True)
        if key.daily_quota is not None and self.tally.used(key_id, utc_day(at)) >= key.daily_quota:
            raise LimitError(
                f"the key {key_id} may ask {key.daily_quota} times in a day (UTC)", to_midnight_s(at)
            )

    def spend(self, key_id: str, count: int) -> float:
        """Count further uses by a request that was let in, over the limits if need be.

        Returns
        -------
        float
            Seconds to wait before going on, to keep to the key's rate.
        """
        key = self._keys.get(key_id)
        if key is None:
            return 0.0
        self._spend(key, count)
        return self._wait_s(key, 0)

    def fields(self, key_id: str) -> dict[str, str]:
        """Header fields that tell what is left to a key; none where it has no limit.

        Named as in https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/10/.
        """
        key = self._keys.get(key_id)
        policies: list[str] = []
        left: list[str] = []
        if key is not None and key.rate_per_minute is not None:
            bucket, now = self._bucket(key, key.rate_per_minute), self._monotonic()
            policies.append(f'"minute";q={key.rate_per_minute};w={MINUTE_S}')
            left.append(f'"minute";r={bucket.remaining(now)};t={bucket.full_in_s(now):.0f}')
        if key is not None and key.daily_quota is not None:
            at = self._clock()
            rest = max(0, key.daily_quota - self.tally.used(key_id, utc_day(at)))
            policies.append(f'"day";q={key.daily_quota};w={DAY_S}')
            left.append(f'"day";r={rest};t={to_midnight_s(at):.0f}')
        return {"ratelimit-policy": ", ".join(policies), "ratelimit": ", ".join(left)} if left else {}

    def _spend(self, key: Key, count: int) -> None:
        if key.rate_per_minute is not None:
            self._bucket(key, key.rate_per_minute).spend(count, self._monotonic())
        self.tally.add(key.key_id, count, self._clock())

    def _wait_s(self, key: Key, wanted: int) -> float:
        if key.rate_per_minute is None:
            return 0.0
        return self._bucket(key, key.rate_per_minute).wait_s(self._monotonic(), wanted)

    def _bucket(self, key: Key, per_minute: int) -> TokenBucket:
        bucket = self._buckets.get(key.key_id)
        if bucket is None:
            bucket = self._buckets[key.key_id] = TokenBucket(per_minute, self._monotonic())
        return bucket
