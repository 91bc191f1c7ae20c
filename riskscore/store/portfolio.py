"""The imported companies as one thing: their names, their version, and with which of them news was searched.

The version counts up in the transaction that changes a name, so that whoever holds a matcher asks for one
number to know whether it is still right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select, update

from riskscore.portfolio.matcher import NameRow, Portfolio
from riskscore.store import tables

_COUNTER = "portfolio"
_P, _S, _C = tables.portfolios.c, tables.searches.c, tables.companies.c


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """An assessment's article was searched for the imported companies of that moment."""

    assessment_key: int
    searched_at: datetime
    version: int
    sha256: str
    companies: int  # imported then


def portfolio_version(connection: Connection) -> int:
    """Of the imported companies; 0 where none ever was."""
    counter = tables.change_counter.c
    last = connection.execute(select(counter.last).where(counter.name == _COUNTER)).scalar_one_or_none()
    return last or 0


def raise_version(connection: Connection) -> int:
    """Count a change of the imported companies' names; returns the new version."""
    counter = tables.change_counter
    version = connection.execute(
        update(counter)
        .where(counter.c.name == _COUNTER)
        .values(last=counter.c.last + 1)
        .returning(counter.c.last)
    ).scalar_one_or_none()
    if version is None:  # a race for the first row fails one writer, which then tries again
        version = 1
        connection.execute(insert(counter).values(name=_COUNTER, last=version))
    return version


def load_portfolio(connection: Connection) -> Portfolio:
    """A matcher of the imported companies as this connection sees them."""
    columns = tables.company_aliases.c
    version = portfolio_version(connection)
    rows = connection.execute(
        select(columns.company_id, columns.origin, columns.kind, columns.alias).where(columns.kind != "lei")
    )
    return Portfolio(map(NameRow._make, rows), version)


def has_articles(connection: Connection) -> bool:
    """Whether any article is stored."""
    return bool(connection.execute(select(exists(select(tables.articles.c.article_id)))).scalar_one())


def key_of(connection: Connection, portfolio: Portfolio, at: datetime) -> int:
    """The key under which a portfolio is on record; a race for a new one fails one writer, which retries."""
    known: int | None = connection.execute(
        select(_P.portfolio_key).where(_P.sha256 == portfolio.sha256, _P.version == portfolio.version)
    ).scalar_one_or_none()
    if known is not None:
        return known
    key: int = connection.execute(
        insert(tables.portfolios)
        .values(
            sha256=portfolio.sha256,
            version=portfolio.version,
            companies=len(portfolio),
            names=portfolio.names,
            first_used_at=at,
            completed_at=None,
            skipped=0,
        )
        .returning(_P.portfolio_key)
    ).scalar_one()
    return key


def record_searches(
    connection: Connection, assessment_keys: Iterable[int], portfolio_key: int, at: datetime
) -> None:
    """Put on record that these assessments' articles were searched."""
    rows = [
        {"assessment_key": key, "searched_at": at, "portfolio_key": portfolio_key} for key in assessment_keys
    ]
    if rows:
        connection.execute(insert(tables.searches), rows)


def searches_of(connection: Connection, assessment_keys: Sequence[int]) -> dict[int, list[SearchRecord]]:
    """By assessment, all its searches, oldest first."""
    rows = connection.execute(
        select(_S.assessment_key, _S.searched_at, _P.version, _P.sha256, _P.companies)
        .join_from(tables.searches, tables.portfolios)
        .where(_S.assessment_key.in_(assessment_keys))
        .order_by(_S.assessment_key, _S.searched_at)
    )
    found: dict[int, list[SearchRecord]] = {}
    for row in rows:
        found.setdefault(row.assessment_key, []).append(SearchRecord(*row))
    return found


def complete(connection: Connection, portfolio_key: int, skipped: int, at: datetime) -> None:
    """Put on record that all stored articles were searched with a portfolio, but for those skipped."""
    connection.execute(
        update(tables.portfolios)
        .where(_P.portfolio_key == portfolio_key)
        .values(completed_at=at, skipped=skipped)
    )


def not_searched_back(connection: Connection, company_ids: Iterable[str]) -> list[str]:
    """Of these companies, those that older news was not searched for since they were imported or renamed."""
    wanted = list(company_ids)
    if not wanted:
        return []
    rows = connection.execute(
        select(_C.company_id).where(_C.company_id.in_(wanted), _behind()).order_by(_C.company_id)
    )
    return list(rows.scalars())


def any_not_searched_back(connection: Connection) -> bool:
    """Whether there is such a company."""
    return bool(connection.execute(select(exists(select(_C.company_id).where(_behind())))).scalar_one())


def _behind() -> ColumnElement[bool]:
    """The condition on `companies`."""
    done = select(func.max(_P.version)).where(_P.completed_at.is_not(None)).scalar_subquery()
    return _C.names_version > func.coalesce(done, 0)
