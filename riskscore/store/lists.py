"""Entries of official lists (Entity List, 1260H, NS-CMIC …): facts beside the score, never part of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from riskscore.store import tables
from riskscore.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Membership:
    """An entry of a list; `company_id` is None where it is no company we know."""

    list_code: str
    entry_id: str
    company_id: str | None
    name: str  # as the list has it
    listed_on: str | None  # ISO date
    source: str
    retrieved_at: datetime


def save_memberships(connection: Connection, memberships: Sequence[Membership]) -> None:
    """Insert or update entries."""
    upsert(
        connection,
        tables.list_memberships,
        [
            {
                "list_code": entry.list_code,
                "entry_id": entry.entry_id,
                "company_id": entry.company_id,
                "name": entry.name,
                "listed_on": entry.listed_on,
                "source": entry.source,
                "retrieved_at": entry.retrieved_at,
            }
            for entry in memberships
        ],
        ["list_code", "entry_id"],
    )


def memberships_of(connection: Connection, company_ids: Iterable[str]) -> list[Membership]:
    """Entries that name these companies."""
    columns = tables.list_memberships.c
    rows = connection.execute(
        select(
            columns.list_code,
            columns.entry_id,
            columns.company_id,
            columns.name,
            columns.listed_on,
            columns.source,
            columns.retrieved_at,
        )
        .where(columns.company_id.in_(list(company_ids)))
        .order_by(columns.list_code, columns.entry_id)
    )
    return [Membership(*row) for row in rows]
