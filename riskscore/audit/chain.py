"""Entries in, a chain out: a sealed entry holds the hash of the one before, and its own over all of that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from riskscore.audit.entry import Entry, canonical, digest

GENESIS = "0" * 64  # stands before the first entry

# In the order in which they are shown. Those that an entry has not are left out of what is hashed, so that
# a field can be added without a change to any hash.
FIELDS = (
    "sequence",
    "occurred_at",
    "actor",
    "key_id",
    "action",
    "subject",
    "request_id",
    "input_hash",
    "output_hash",
    "model_version",
    "knowledge_hash",
    "detail",
    "previous_hash",
    "entry_hash",
)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a ledger ends: its length, and the hash of its last entry."""

    sequence: int = 0
    entry_hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry in its place."""

    sequence: int  # from 1, without gaps
    entry: Entry
    previous_hash: str
    entry_hash: str

    def record(self) -> dict[str, Any]:
        """The entry as it is written out; without `entry_hash`, it is what that is the hash of."""
        return record(self.sequence, self.entry, self.previous_hash) | {"entry_hash": self.entry_hash}

    def own_hash(self) -> str:
        """The hash that belongs to this content in this place; "" where no entry of ours has such content."""
        try:
            return digest(canonical(record(self.sequence, self.entry, self.previous_hash)))
        except TypeError:  # bytes for a text: SQLite keeps what it is given
            return ""

    @property
    def head(self) -> Head:
        """Where the ledger ended when this was its last entry."""
        return Head(self.sequence, self.entry_hash)


def record(sequence: int, entry: Entry, previous_hash: str) -> dict[str, Any]:
    """An entry in its place as a JSON object."""
    values: Mapping[str, Any] = {
        "sequence": sequence,
        "occurred_at": moment(entry.occurred_at),
        "actor": entry.actor,
        "key_id": entry.key_id,
        "action": entry.action,
        "subject": entry.subject,
        "request_id": entry.request_id,
        "input_hash": entry.input_hash,
        "output_hash": entry.output_hash,
        "model_version": entry.model_version,
        "knowledge_hash": entry.knowledge_hash,
        "detail": entry.detail,
        "previous_hash": previous_hash,
    }
    return {name: value for name, value in values.items() if value is not None}


def moment(at: datetime) -> str:
    """A moment in UTC to the microsecond, always as long."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def seal(head: Head, entries: Iterable[Entry]) -> list[Sealed]:
    """Put entries, in order, behind the end of a ledger."""
    sealed = []
    for entry in entries:
        sequence = head.sequence + 1
        entry_hash = digest(canonical(record(sequence, entry, head.entry_hash)))
        sealed.append(Sealed(sequence, entry, head.entry_hash, entry_hash))
        head = sealed[-1].head
    return sealed
