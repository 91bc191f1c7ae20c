"""A query in, companies out: those of the knowledge files and those of the user's own as one list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import Connection

from riskscore.knowledge import Knowledge
from riskscore.store.companies import CompanyRecord, find_companies, first_by_name, with_names
from riskscore.store.company_search import search_imported
from riskscore.types import Company

KNOWLEDGE = "knowledge"
_MOST_QUERY_CHARS = 200


class Ranks(Protocol):
    """What of a `CompanyIndex` or `CompanyMatcher` is needed here."""

    def ranked(self, query: str, limit: int = 10) -> list[tuple[Company, float]]: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A company, and where we have it from.

    Attributes
    ----------
    origins : tuple of str
        "knowledge" for the knowledge files, the importers' formats for the user's own lists.
    parent_id : str or None
        Of its owner, as imported.
    """

    company: Company
    origins: tuple[str, ...]
    leis: tuple[str, ...] = ()
    parent_id: str | None = None


def search(
    connection: Connection, knowledge: Knowledge, index: Ranks, query: str, limit: int
) -> list[Listed]:
    """Companies that a query may mean, best first; of equals, those of the knowledge files.

    Parameters
    ----------
    index : CompanyIndex or CompanyMatcher
        Of the knowledge files' companies.
    """
    if limit <= 0:
        return []
    best = {company.company_id: alike for company, alike in index.ranked(query, limit)}
    for company_id, alike in search_imported(connection, query[:_MOST_QUERY_CHARS], limit):
        best[company_id] = max(alike, best.get(company_id, 0.0))
    order = sorted(best, key=lambda one: (-best[one], one not in knowledge.companies, one))
    return _listed(connection, knowledge, order[:limit])


def show(connection: Connection, knowledge: Knowledge, company_id: str) -> Listed | None:
    """The company of that id."""
    return next(iter(_listed(connection, knowledge, [company_id])), None)


def first(connection: Connection, knowledge: Knowledge, limit: int) -> list[Listed]:
    """The first companies in the order of their names."""
    names = {company.company_id: company.name for company in knowledge.companies.values()}
    names |= {
        record.company_id: record.name
        for record in first_by_name(connection, limit)
        if record.company_id not in names
    }
    order = sorted(names, key=lambda company_id: (names[company_id].casefold(), company_id))
    return _listed(connection, knowledge, order[:limit])


def _listed(connection: Connection, knowledge: Knowledge, company_ids: Iterable[str]) -> list[Listed]:
    wanted = list(company_ids)
    records = with_names(connection, find_companies(connection, wanted).values())
    imported = {record.company_id: record for record in records}
    found = []
    for company_id in wanted:
        known, record = knowledge.companies.get(company_id), imported.get(company_id)
        if known is not None and record is None:
            found.append(Listed(known, (KNOWLEDGE,)))
        elif record is not None:
            found.append(_merged(known, record))
    return found


def _merged(known: Company | None, record: CompanyRecord) -> Listed:
    def written(kind: str) -> tuple[str, ...]:
        return tuple(name for of_kind, name in record.names if of_kind == kind)

    if known is None:
        company = Company(
            company_id=record.company_id,
            name=record.name,
            aliases=tuple(name for name in (*written("name"), *written("alias")) if name != record.name),
            tickers=written("ticker"),
            country=record.country or "",
            chinese_name=next(iter(written("chinese_name")), None),
        )
        return Listed(company, (record.origin,), written("lei"), record.parent_id)
    company = replace(
        known,
        aliases=tuple(dict.fromkeys((*known.aliases, *written("alias")))),
        tickers=tuple(dict.fromkeys((*known.tickers, *written("ticker")))),
        country=known.country or record.country or "",
        chinese_name=known.chinese_name or next(iter(written("chinese_name")), None),
    )
    return Listed(company, (KNOWLEDGE, record.origin), written("lei"), record.parent_id)
