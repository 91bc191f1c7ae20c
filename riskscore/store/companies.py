"""Companies of the user's own: with aliases, identifiers and the parent whose exposure theirs adds to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from riskscore.companies.search import fold_name
from riskscore.store import tables
from riskscore.store.upsert import upsert

_MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class CompanyRecord:
    """A company that was imported; `company_id` is that of the knowledge files where they have it."""

    company_id: str
    name: str
    country: str | None
    parent_id: str | None
    origin: str
    names: tuple[tuple[str, str], ...] = ()  # (kind, as written): name, alias, ticker, lei


def save_companies(connection: Connection, records: Sequence[CompanyRecord], at: datetime) -> None:
    """Insert or update companies; their aliases are replaced by those given."""
    upsert(
        connection,
        tables.companies,
        [
            {
                "company_id": record.company_id,
                "name": record.name,
                "country": record.country,
                "parent_id": record.parent_id,
                "origin": record.origin,
                "imported_at": at,
            }
            for record in records
        ],
        ["company_id"],
    )
    ids = [record.company_id for record in records]
    connection.execute(delete(tables.company_aliases).where(tables.company_aliases.c.company_id.in_(ids)))
    aliases = {}
    for record in records:
        for kind, written in (("name", record.name), *record.names):
            folded = fold_name(written)[:400]
            if folded:
                aliases[(folded, record.company_id)] = {
                    "folded": folded,
                    "company_id": record.company_id,
                    "alias": written,
                    "kind": kind,
                }
    upsert(connection, tables.company_aliases, list(aliases.values()), ["folded", "company_id"])


def find_companies(connection: Connection, company_ids: Iterable[str]) -> dict[str, CompanyRecord]:
    """Imported companies by id, without their aliases."""
    columns = tables.companies.c
    rows = connection.execute(
        select(columns.company_id, columns.name, columns.country, columns.parent_id, columns.origin).where(
            columns.company_id.in_(list(company_ids))
        )
    )
    return {row.company_id: CompanyRecord(*row) for row in rows}


def by_name(connection: Connection, written: str) -> list[str]:
    """Ids of imported companies that have this name, alias, ticker or LEI."""
    columns = tables.company_aliases.c
    return list(
        connection.execute(
            select(columns.company_id)
            .where(columns.folded == fold_name(written)[:400])
            .order_by(columns.company_id)
        ).scalars()
    )


def descendants(connection: Connection, company_id: str) -> dict[str, tuple[str, ...]]:
    """The company and all its subsidiaries, each with the path of ids that leads down to it."""
    columns = tables.companies.c
    paths: dict[str, tuple[str, ...]] = {company_id: (company_id,)}
    level = [company_id]
    for _ in range(_MAX_DEPTH):
        rows = connection.execute(
            select(columns.company_id, columns.parent_id)
            .where(columns.parent_id.in_(level))
            .order_by(columns.company_id)
        )
        level = []
        for child, parent in rows:
            if child not in paths:  # a ring of owners ends here
                paths[child] = (*paths[parent], child)
                level.append(child)
        if not level:
            break
    return paths
