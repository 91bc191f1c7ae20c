"""The feed of changes: complete and in the order of commit, so that a cursor never misses one.

A sequence of the database would give numbers before commit, and a reader could pass the number of a
writer that commits late. Here a writer takes its numbers from one row, which stays locked until it has
committed; it does so last, so that the lock is held for a moment only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, func, insert, select, update

from riskscore.store import tables

ChangeKind = Literal[
    "article.added",
    "article.rescored",
    "article.searched",
    "article.deleted",
    "company.imported",
    "company.removed",
    "membership.imported",
]
CHANGES = "changes"  # the name of their counter


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to the records."""

    sequence: int
    recorded_at: datetime
    kind: str
    subject: dict[str, Any]  # ids concerned


def record_changes(
    connection: Connection, changes: Iterable[tuple[ChangeKind, dict[str, Any]]], at: datetime
) -> None:
    """Append (kind, subject) pairs. To be called last in a transaction."""
    listed = list(changes)
    if not listed:
        return
    last = connection.execute(
        update(tables.change_counter)
        .where(tables.change_counter.c.name == CHANGES)
        .values(last=tables.change_counter.c.last + len(listed))
        .returning(tables.change_counter.c.last)
    ).scalar_one_or_none()
    if last is None:  # a race for the first row fails one writer, which then tries again
        last = len(listed)
        connection.execute(insert(tables.change_counter).values(name=CHANGES, last=last))
    connection.execute(
        insert(tables.changes),
        [
            {
                "sequence": last - len(listed) + 1 + index,
                "recorded_at": at,
                "kind": kind,
                "subject": orjson.dumps(subject).decode(),
            }
            for index, (kind, subject) in enumerate(listed)
        ],
    )


def changes_after(connection: Connection, sequence: int, limit: int) -> list[Change]:
    """At most `limit` changes with a higher sequence number, in order."""
    rows = connection.execute(
        select(tables.changes)
        .where(tables.changes.c.sequence > sequence)
        .order_by(tables.changes.c.sequence)
        .limit(limit)
    )
    return [Change(row.sequence, row.recorded_at, row.kind, orjson.loads(row.subject)) for row in rows]


def bounds(connection: Connection) -> Sequence[int]:
    """The first and last sequence number that are kept; (0, 0) when there is none."""
    first, last = connection.execute(
        select(func.min(tables.changes.c.sequence), func.max(tables.changes.c.sequence))
    ).one()
    return (first or 0, last or 0)
