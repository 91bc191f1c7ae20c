"""A ledger's rows and the heads kept of it in, every fault with its place out.

What can be told, and how:

====================  ==================================================================================
fault                 told by
====================  ==================================================================================
changed               an entry's hash is not that of its content
replaced              an entry and its hash fit each other, but the next entry names another hash
missing               sequence numbers are left out, or stop before the head that is stored beside them
moved                 an entry's hash is that of its content in another place, whose own entry is not there
inserted              it stands where another entry, found in a later place, had been sealed
head                  the head stored beside the entries is not that of the last one
rewritten             the ledger is whole, but not the one of which a head was kept elsewhere
====================  ==================================================================================

Whoever can write to the database past its triggers can seal a whole new chain. Only a head that was kept
elsewhere tells that, so keep some: `riskscore audit head`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from riskscore.audit.chain import Head, Sealed

FaultKind = Literal["changed", "replaced", "missing", "moved", "inserted", "head", "rewritten"]

# Entries at fault that are compared with each other's places; a ledger with more has been shifted.
_MOST_COMPARED = 200
MOST_FAULTS = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with entry `sequence`, or with all from it to `last`."""

    sequence: int
    kind: FaultKind
    message: str
    last: int | None = None


class Verification:
    """Checks entries as they come, in the order of their sequence numbers; `faults` ends it.

    Parameters
    ----------
    kept : iterable of Head
        Heads of this ledger that were kept elsewhere.
    after : Head
        Where the first entry must connect: the beginning, or a place up to which all was checked before.
    """

    def __init__(self, kept: Iterable[Head] = (), after: Head | None = None) -> None:
        self._last = self._begin = after or Head()
        self._connected = True  # the entry before is there, and its hash that of its content
        self._kept: dict[int, set[str]] = {}
        for head in kept:
            self._kept.setdefault(head.sequence, set()).add(head.entry_hash)
        self._faults: list[Fault] = []
        self._misfits: list[Sealed] = []  # whose hash is not that of their content
        self._agreed = 0  # the last kept head that fits
        self.count = 0

    def add(self, sealed: Sealed) -> None:
        """Check the next entry."""
        self.count += 1
        expected = self._last.sequence + 1
        if sealed.sequence < expected:
            self._fault(sealed.sequence, "inserted", "stands before the first entry of the ledger")
            return
        if sealed.sequence > expected:
            self._missing(expected, sealed.sequence - 1)
            self._connected = False
        fits = sealed.own_hash() == sealed.entry_hash
        if not fits:
            self._fault(sealed.sequence, "changed", "was changed: its hash is not that of its content")
            if len(self._misfits) < MOST_FAULTS:
                self._misfits.append(sealed)
        elif self._connected and sealed.previous_hash != self._last.entry_hash:
            self._disconnected(sealed)
        self._compare_kept(sealed)
        self._last = sealed.head
        self._connected = fits

    def _disconnected(self, sealed: Sealed) -> None:
        """An entry that is whole, behind one that is whole, but not the one that it was sealed behind."""
        if sealed.sequence == self._begin.sequence + 1:
            self._fault(sealed.sequence, "replaced", "is not the entry that followed the beginning")
            return
        self._fault(
            sealed.sequence - 1,
            "replaced",
            f"was replaced, perhaps with others before it: entry {sealed.sequence} was sealed behind "
            "another one",
        )

    def _compare_kept(self, sealed: Sealed) -> None:
        kept = self._kept.pop(sealed.sequence, None)
        if kept is None:
            return
        if kept == {sealed.entry_hash}:
            self._agreed = sealed.sequence
            return
        since = (
            f"after entry {self._agreed}, whose hash was kept too" if self._agreed else "from the first on"
        )
        self._fault(
            sealed.sequence,
            "rewritten",
            f"is not the one whose hash was kept: the ledger was rewritten here or earlier, {since}",
        )

    def _missing(self, first: int, last: int) -> None:
        what = "is missing" if first == last else f"to {last} are missing"
        self._fault(first, "missing", what, last)

    def _fault(self, sequence: int, kind: FaultKind, message: str, last: int | None = None) -> None:
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(Fault(sequence, kind, message, last))

    def faults(self, head: Head | None) -> list[Fault]:
        """Every fault, the first in the ledger first; to be called once, behind the last entry.

        Parameters
        ----------
        head : Head or None
            The head stored beside the entries; None where it is gone.
        """
        last = self._last
        if head is None:
            self._fault(last.sequence, "head", "the stored head of the ledger is gone")
        elif head.sequence > last.sequence:
            self._missing(last.sequence + 1, head.sequence)
        elif head.sequence < last.sequence:
            self._fault(head.sequence + 1, "inserted", "stands behind the stored head of the ledger")
        elif head.entry_hash != last.entry_hash and self._connected:
            self._fault(last.sequence, "head", "the stored head has another hash than the last entry")
        self._cut_off()
        self._name_moves()
        self._faults.sort(key=lambda fault: fault.sequence)
        return self._faults

    def _cut_off(self) -> None:
        """Kept heads of entries that are not there."""
        told = [(fault.sequence, fault.last or 0) for fault in self._faults if fault.kind == "missing"]
        lost = [
            sequence
            for sequence in self._kept
            if sequence > self._begin.sequence and not any(first <= sequence <= end for first, end in told)
        ]
        if lost:
            self._missing(self._last.sequence + 1, max(lost))

    def _name_moves(self) -> None:
        """Say of entries that are whole, but in a wrong place, where they come from."""
        misfits = self._misfits[:_MOST_COMPARED]
        places = {sealed.sequence for sealed in misfits}
        for fault in [fault for fault in self._faults if fault.kind == "missing"]:
            end = min(fault.last or 0, fault.sequence + _MOST_COMPARED)
            places.update(range(fault.sequence, end + 1))
        # Behind an inserted entry all others stand one further on.
        places.update(sealed.sequence - 1 for sealed in misfits)
        moved = {sealed.sequence: place for sealed in misfits if (place := _place(sealed, sorted(places)))}
        ousted = set(moved.values())
        named = {
            place: Fault(place, "inserted", "was inserted: another entry had been sealed in its place")
            for place in ousted
        } | {
            place: Fault(place, "moved", f"is the entry that was sealed as {origin}")
            for place, origin in moved.items()
        }
        at_fault = {fault.sequence for fault in self._faults}
        self._faults = [
            named.get(fault.sequence, fault) if fault.kind == "changed" else fault for fault in self._faults
        ] + [named[place] for place in sorted(ousted - at_fault)]


def _place(sealed: Sealed, places: Sequence[int]) -> int | None:
    """The place in which an entry's hash is that of its content, among these."""
    for place in places:
        if place != sealed.sequence and replace(sealed, sequence=place).own_hash() == sealed.entry_hash:
            return place
    return None


def verify(
    rows: Iterable[Sealed], head: Head | None, kept: Iterable[Head] = (), after: Head | None = None
) -> list[Fault]:
    """All at once: the faults of a ledger, the first in it first; see `Verification`."""
    verification = Verification(kept, after)
    for sealed in rows:
        verification.add(sealed)
    return verification.faults(head)
