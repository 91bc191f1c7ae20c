"""Watchlists: named sets of companies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from riskscore.store import tables
from riskscore.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Watchlist:
    """A watchlist and the ids of its companies, in order."""

    watchlist_id: str
    name: str
    companies: tuple[str, ...]


def save_watchlist(
    connection: Connection, watchlist_id: str, name: str, company_ids: Iterable[str], at: datetime
) -> None:
    """Make or rename a watchlist, and add companies to it."""
    upsert(
        connection,
        tables.watchlists,
        [{"watchlist_id": watchlist_id, "name": name, "created_at": at}],
        ["watchlist_id"],
    )
    rows = [
        {"watchlist_id": watchlist_id, "company_id": company_id, "added_at": at}
        for company_id in dict.fromkeys(company_ids)
    ]
    upsert(connection, tables.watchlist_members, rows, ["watchlist_id", "company_id"])


def find_watchlist(connection: Connection, watchlist_id: str) -> Watchlist | None:
    """The watchlist of that id."""
    name = connection.execute(
        select(tables.watchlists.c.name).where(tables.watchlists.c.watchlist_id == watchlist_id)
    ).scalar_one_or_none()
    if name is None:
        return None
    members = tables.watchlist_members.c
    companies = connection.execute(
        select(members.company_id).where(members.watchlist_id == watchlist_id).order_by(members.company_id)
    ).scalars()
    return Watchlist(watchlist_id, name, tuple(companies))


def replace_members(
    connection: Connection, watchlist_id: str, company_ids: Iterable[str], at: datetime
) -> None:
    """Make these the companies of a watchlist, and no others."""
    connection.execute(
        delete(tables.watchlist_members).where(tables.watchlist_members.c.watchlist_id == watchlist_id)
    )
    rows = [
        {"watchlist_id": watchlist_id, "company_id": company_id, "added_at": at}
        for company_id in dict.fromkeys(company_ids)
    ]
    upsert(connection, tables.watchlist_members, rows, ["watchlist_id", "company_id"])


def list_watchlists(connection: Connection) -> list[Watchlist]:
    """All watchlists with their companies, in order."""
    members: dict[str, list[str]] = {}
    columns = tables.watchlist_members.c
    rows = connection.execute(
        select(columns.watchlist_id, columns.company_id).order_by(columns.watchlist_id, columns.company_id)
    )
    for watchlist_id, company_id in rows:
        members.setdefault(watchlist_id, []).append(company_id)
    named = connection.execute(
        select(tables.watchlists.c.watchlist_id, tables.watchlists.c.name).order_by(
            tables.watchlists.c.watchlist_id
        )
    )
    return [
        Watchlist(watchlist_id, name, tuple(members.get(watchlist_id, ()))) for watchlist_id, name in named
    ]


def remove_watchlist(connection: Connection, watchlist_id: str) -> bool:
    """Delete a watchlist; whether there was one."""
    found = connection.execute(
        delete(tables.watchlists)
        .where(tables.watchlists.c.watchlist_id == watchlist_id)
        .returning(tables.watchlists.c.watchlist_id)
    )
    return found.first() is not None
