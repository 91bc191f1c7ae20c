"""Entries in, appended to the audit ledger with the transaction that they tell of; entries and the head out.

The ledger is one chain, so appending is one at a time: on PostgreSQL the row of the head is locked until the
commit, on SQLite there is one writer anyway. To hold that lock for a moment only, and always as the last one
(so that no two transactions can wait for each other), `append` just notes an entry; `Store.write` calls
`seal` when all else is done. See docs/decisions/0009-audit-ledger.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, func, insert, select, update
from sqlalchemy.exc import StatementError

from riskscore.audit.chain import Head, Sealed
from riskscore.audit.chain import seal as chain
from riskscore.audit.entry import Action, Entry, canonical
from riskscore.errors import StoreError
from riskscore.store.ledger_tables import ledger, ledger_head

NOTED = "riskscore_noted"  # execution option of a write transaction: the list of its entries
_C = ledger.c
_BATCH = 2_000
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)

# By dialect, in the migration: what refuses changes.
GUARDS = {
    "sqlite": ("ledger_kept_on_insert", "ledger_kept_on_update", "ledger_kept_on_delete",
               "ledger_head_goes_on", "ledger_head_kept", "ledger_head_once"),
    "postgresql": ("ledger_kept", "ledger_head_goes_on", "ledger_head_kept"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which entries to show; None stands for all."""

    actor: str | None = None
    key_id: str | None = None
    action: Action | None = None
    subject: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None  # not included

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL."""
        wanted: list[ColumnElement[bool]] = []
        for name in ("actor", "key_id", "action", "subject", "request_id"):
            value = getattr(self, name)
            if value is not None:
                wanted.append(_C[name] == value)
        if self.since is not None:
            wanted.append(_C.occurred_at >= self.since)
        if self.until is not None:
            wanted.append(_C.occurred_at < self.until)
        return wanted


def append(connection: Connection, *entries: Entry) -> None:
    """Have entries appended with this transaction: they are there if it is committed, and only then.

    Parameters
    ----------
    connection : Connection
        Of `Store.write` or `Store.in_transaction`.
    """
    connection.get_execution_options()[NOTED].extend(entries)


def seal(connection: Connection) -> None:
    """Append what was noted; the last statements of a transaction."""
    noted: list[Entry] = connection.get_execution_options()[NOTED]
    if not noted:
        return
    last = connection.execute(select(ledger_head).with_for_update()).one_or_none()
    if last is None:
        raise StoreError("the head of the audit ledger is gone; see: riskscore audit verify")
    sealed = chain(Head(last.sequence, last.entry_hash), noted)
    connection.execute(insert(ledger), [_row(one) for one in sealed])
    end = sealed[-1].head
    connection.execute(update(ledger_head).values(sequence=end.sequence, entry_hash=end.entry_hash))


def _row(sealed: Sealed) -> dict[str, Any]:
    entry = sealed.entry
    return {
        "sequence": sealed.sequence,
        "occurred_at": entry.occurred_at,
        "actor": entry.actor,
        "key_id": entry.key_id,
        "action": entry.action,
        "subject": entry.subject,
        "request_id": entry.request_id,
        "input_hash": entry.input_hash,
        "output_hash": entry.output_hash,
        "model_version": entry.model_version,
        "knowledge_hash": entry.knowledge_hash,
        "detail": None if entry.detail is None else canonical(entry.detail).decode(),
        "previous_hash": sealed.previous_hash,
        "entry_hash": sealed.entry_hash,
    }


def stored_head(connection: Connection) -> Head | None:
    """The head that is stored beside the entries; None where it is gone."""
    found = connection.execute(select(ledger_head.c.sequence, ledger_head.c.entry_hash)).first()
    return None if found is None else Head(found.sequence, found.entry_hash)


def find_entry(connection: Connection, sequence: int) -> Sealed | None:
    """The entry of that number."""
    return next(iter(_read(connection, _C.sequence == sequence)), None)


def last_entry(connection: Connection, action: Action) -> Entry | None:
    """The newest entry of an action."""
    newest = select(func.max(_C.sequence)).where(_C.action == action).scalar_subquery()
    found = _read(connection, _C.sequence == newest)
    return found[0].entry if found else None


def list_entries(
    connection: Connection,
    wanted: LedgerFilter,
    limit: int,
    *,
    newest_first: bool = True,
    place: int | None = None,
) -> list[Sealed]:
    """At most `limit` entries that fit.

    Parameters
    ----------
    place : int or None
        Sequence number behind which to go on, in the direction of the list.
    """
    conditions = wanted.conditions()
    if place is not None:
        conditions.append(_C.sequence < place if newest_first else _C.sequence > place)
    return _read(connection, *conditions, limit=limit, newest_first=newest_first)


def entries_after(connection: Connection, sequence: int | None = None) -> Iterator[Sealed]:
    """All entries with a higher number, in order, whatever their state; in batches, for memory's sake.

    A row that cannot even be read (a number where a hash should be, a date beyond the calendar) comes as an
    entry whose hash does not fit.
    """
    while True:
        condition = [] if sequence is None else [_C.sequence > sequence]
        try:
            batch = _read(connection, *condition, limit=_BATCH)
        except _UNREADABLE:
            batch = _one_by_one(connection, *condition)
        if not batch:
            return
        yield from batch
        sequence = batch[-1].sequence


def count_after(connection: Connection, sequence: int) -> int:
    """How many entries have a higher number."""
    counted: int = connection.execute(
        select(func.count()).select_from(ledger).where(_C.sequence > sequence)
    ).scalar_one()
    return counted


def missing_guards(connection: Connection) -> list[str]:
    """Names of the triggers that should refuse changes, and are not there or switched off."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    there = {name for (name,) in connection.exec_driver_sql(query)}
    return [name for name in GUARDS[connection.dialect.name] if name not in there]


# What drivers and types raise over a value that is none of ours.
_UNREADABLE = (ValueError, TypeError, OverflowError, AttributeError, StatementError)


def _read(
    connection: Connection,
    *conditions: ColumnElement[bool],
    limit: int | None = None,
    newest_first: bool = False,
) -> list[Sealed]:
    order = _C.sequence.desc() if newest_first else _C.sequence
    rows = connection.execute(select(ledger).where(*conditions).order_by(order).limit(limit))
    return [_sealed(row) for row in rows]


def _one_by_one(connection: Connection, *conditions: ColumnElement[bool]) -> list[Sealed]:
    numbers = connection.execute(select(_C.sequence).where(*conditions).order_by(_C.sequence).limit(_BATCH))
    found = []
    for sequence in list(numbers.scalars()):
        try:
            found += _read(connection, _C.sequence == sequence)
        except _UNREADABLE:
            unreadable = Entry(_NO_TIME, "?", "ledger.read", detail={"unreadable": True})
            found.append(Sealed(sequence, unreadable, "", ""))
    return found


def _sealed(row: Any) -> Sealed:
    entry = Entry(
        occurred_at=row.occurred_at,
        actor=row.actor,
        action=row.action,
        key_id=row.key_id,
        subject=row.subject,
        request_id=row.request_id,
        input_hash=row.input_hash,
        output_hash=row.output_hash,
        model_version=row.model_version,
        knowledge_hash=row.knowledge_hash,
        detail=None if row.detail is None else _detail(row.detail),
    )
    return Sealed(row.sequence, entry, row.previous_hash, row.entry_hash)


def _detail(written: str) -> Mapping[str, Any]:
    """The facts; as one text where they are not as we write them, which then fits no hash."""
    try:
        detail = orjson.loads(written)
    except orjson.JSONDecodeError:
        return {"unreadable": written}
    if isinstance(detail, dict) and canonical(detail).decode() == written:
        return detail
    return {"unreadable": written}
