"""How much news came in lately, from where, and how long after it was published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, type_coerce

from riskscore.store import tables
from riskscore.store.times import Untyped

_A = tables.articles.c


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What one source brought."""

    source: str | None
    articles: int
    newest: datetime  # when the last came in
    lag: timedelta | None  # from publication to arrival, on average; None where no article has a date


def arrivals_since(connection: Connection, since: datetime, limit: int) -> list[Arrivals]:
    """By source, what came in since a moment; the `limit` sources that brought most."""
    lag = type_coerce(_A.received_at, Untyped) - type_coerce(_A.published_at, Untyped)
    count = func.count()
    rows = connection.execute(
        select(_A.source, count, func.max(_A.received_at), func.avg(lag))
        .where(_A.received_at >= since)
        .group_by(_A.source)
        .order_by(count.desc(), _A.source)
        .limit(limit)
    )
    return [Arrivals(source, number, newest, _span(lag)) for source, number, newest, lag in rows]


def count_arrivals(connection: Connection, since: datetime) -> tuple[int, datetime | None]:
    """How many articles came in since a moment, and when the last one did."""
    number: int = connection.execute(
        select(func.count()).select_from(tables.articles).where(_A.received_at >= since)
    ).scalar_one()
    newest = connection.execute(select(func.max(_A.received_at))).scalar_one()
    return number, newest


def _span(value: timedelta | float | None) -> timedelta | None:
    """PostgreSQL averages intervals; SQLite, which keeps times as microseconds, numbers."""
    if value is None or isinstance(value, timedelta):
        return value
    return timedelta(microseconds=float(value))
