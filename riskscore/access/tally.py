"""Uses of keys in, the day's counts out: what is stored already, and what is still to be written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

_Place = tuple[str, date]  # key id, UTC day


@dataclass(frozen=True, slots=True)
class Use:
    """What a key did on one UTC day."""

    key_id: str
    day: date
    count: int
    last_at: datetime
    former_at: datetime | None  # when its former secret was last presented


def utc_day(at: datetime) -> date:
    """The UTC day of a moment."""
    return at.astimezone(UTC).date()


class Tally:
    """Counts uses by key and day; several processes that share a database each have one.

    Each knows what the others have written down, not what they have not: their sum may pass a quota by what
    is used between two writes.
    """

    def __init__(self) -> None:
        self._day = date.min
        self._stored: dict[str, int] = {}  # uses on `_day`, of all processes
        self._waiting: dict[_Place, Use] = {}  # to be written down
        self._taken: dict[_Place, Use] = {}  # being written down

    def add(self, key_id: str, count: int, at: datetime, *, former: bool = False) -> None:
        """Count `count` uses, with the key's former secret or the present one."""
        self._add(Use(key_id, utc_day(at), count, at, at if former else None))

    def used(self, key_id: str, day: date) -> int:
        """Uses on a day, as far as known."""
        stored = self._stored.get(key_id, 0) if day == self._day else 0
        ours = (self._waiting.get((key_id, day)), self._taken.get((key_id, day)))
        return stored + sum(use.count for use in ours if use)

    def note_stored(self, counts: Mapping[str, int], day: date) -> None:
        """Learn what is stored of a day."""
        if day > self._day:
            self._day, self._stored = day, {}
        if day == self._day:
            # Counts only rise: a lower one was read before what we know was written.
            self._stored |= {
                key_id: max(count, self._stored.get(key_id, 0)) for key_id, count in counts.items()
            }

    @property
    def waits(self) -> bool:
        """Whether there is something to write down."""
        return bool(self._waiting)

    def take(self) -> list[Use]:
        """All that is to be written down; call `wrote` or `give_back` when that is done or failed."""
        self._taken, self._waiting = self._waiting, {}
        return sorted(self._taken.values(), key=lambda use: (use.key_id, use.day))

    def wrote(self, totals: Mapping[_Place, int]) -> None:
        """What was taken is stored; with the totals of its keys and days."""
        self._taken = {}
        for (key_id, day), total in totals.items():
            self.note_stored({key_id: total}, day)

    def give_back(self) -> None:
        """What was taken could not be stored: it waits again."""
        taken, self._taken = self._taken, {}
        for use in taken.values():
            self._add(use)

    def _add(self, use: Use) -> None:
        place = (use.key_id, use.day)
        before = self._waiting.get(place)
        if before is not None:
            use = Use(
                use.key_id,
                use.day,
                before.count + use.count,
                max(before.last_at, use.last_at),
                max(filter(None, (before.former_at, use.former_at)), default=None),
            )
        self._waiting[place] = use
