"""What assessments say of companies, read for a company's risk; `riskscore.store.mention_rows` writes it.

Rows are valid from the assessment's recording until the article is scored or searched again, so that the
question "what was known at that moment" is a filter, and so is "what does today's model say of the same
news".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    and_,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)

from riskscore.risk import GAP, Coverage, Sighting
from riskscore.store import tables
from riskscore.store.times import Untyped, UtcDateTime, time_span
from riskscore.types import REGIMES

_M = tables.mentions.c


@dataclass(frozen=True, slots=True)
class View:
    """Which rows count.

    Attributes
    ----------
    known_at : datetime or None
        Only news that was stored by then; None for all.
    model_at : datetime or None
        Scores as they stood then; None for the newest.
    """

    known_at: datetime | None = None
    model_at: datetime | None = None

    def condition(self) -> Any:
        """The SQL condition on `mentions`."""
        conditions = []
        if self.known_at is not None:
            conditions.append(_M.received_at <= self.known_at)
        if self.model_at is None:
            conditions.append(_M.valid_to.is_(None))
        else:
            conditions.append(_M.valid_from <= self.model_at)
            conditions.append(or_(_M.valid_to.is_(None), _M.valid_to > self.model_at))
        return and_(*conditions)


NOW = View()


_SIGHTING = (
    _M.company_id,
    _M.story_id,
    _M.article_id,
    _M.assessment_key,
    _M.observed_at,
    _M.relevance,
    _M.exposure_probability,
    _M.exposed,
    _M.stage,
    _M.direction,
    _M.instruments,
    *(_M[f"{regime}_score"] for regime in REGIMES),
    *(_M[f"{regime}_severity"] for regime in REGIMES),
)


def sightings(
    connection: Connection,
    company_ids: Iterable[str],
    view: View = NOW,
    *,
    until: datetime | None = None,
    since: datetime | None = None,
) -> list[Sighting]:
    """What flagged articles say of these companies, oldest first."""
    scope = list(company_ids)
    query = select(*_SIGHTING).where(_M.company_id.in_(scope), _M.flagged, view.condition())
    query = _between(query, since, until)
    if connection.dialect.name == "sqlite" and len(scope) > 1:
        # Companies stand one after the other, each in order: merging those is quicker than SQLite's sorting.
        return sorted(_sightings(connection.execute(query)), key=_OBSERVED_AT)
    return _sightings(connection.execute(query.order_by(_M.observed_at)))  # of one, the primary key's order


def _sightings(result: CursorResult[Any]) -> list[Sighting]:
    if result.dialect.name == "postgresql" and result.cursor is not None:
        # The driver's own tuples need nothing done to them; SQLAlchemy's rows take half as long again.
        rows = result.cursor.fetchall()
        result.close()
    else:
        rows = result.all()
    return list(map(_AS_SIGHTING, rows))


_OBSERVED_AT = attrgetter("observed_at")
_AS_SIGHTING: Any = partial(tuple.__new__, Sighting)


def all_sightings(
    connection: Connection, view: View = NOW, *, until: datetime, since: datetime
) -> dict[str, list[Sighting]]:
    """The same of every company that flagged articles name between two moments."""
    query = select(*_SIGHTING).where(_M.flagged, view.condition())
    found: dict[str, list[Sighting]] = {}
    for row in connection.execute(
        _between(query, since, until).order_by(_M.observed_at, _M.article_id)
    ).all():
        found.setdefault(row[0], []).append(Sighting._make(row))
    return found


def coverage(
    connection: Connection,
    company_ids: Iterable[str],
    view: View = NOW,
    *,
    until: datetime | None = None,
    since: datetime | None = None,
) -> Coverage:
    """How much news, flagged or not, stands behind an answer about these companies."""
    scope = list(company_ids)
    before = func.lag(_M.observed_at, type_=UtcDateTime()).over(order_by=_M.observed_at)
    read = select(_M.source, _M.story_id, _M.assessment_key, _M.observed_at, before.label("before"))
    where = and_(_M.company_id.in_(scope), view.condition())
    # Read once, and looked at three times.
    seen = _between(read.where(where), since, until).cte("seen")
    # Counted after they were told apart: that takes hashing, where count(DISTINCT) sorts.
    items: Any = seen
    if len(scope) > 1:  # in a view, an article has one assessment, with a row for each company it names
        items = select(seen.c.assessment_key, seen.c.source, seen.c.observed_at).distinct().subquery()
    span = (func.min(items.c.observed_at).label("first"), func.max(items.c.observed_at).label("last"))
    by_source = select(literal("source").label("kind"), items.c.source, func.count().label("number"), *span)
    distinct = select(seen.c.story_id).distinct().subquery()
    counted = select(func.count()).select_from(distinct).scalar_subquery()
    nothing = (null(), type_coerce(null(), UtcDateTime()), type_coerce(null(), UtcDateTime()))
    stories = select(literal("stories"), nothing[0], counted, *nothing[1:])
    least = time_span(GAP, connection.dialect.name)
    silent = type_coerce(seen.c.observed_at, Untyped) - type_coerce(seen.c.before, Untyped) >= least
    gaps = select(literal("gap"), null(), literal(0), seen.c.before, seen.c.observed_at).where(silent)
    rows = connection.execute(union_all(by_source.group_by(items.c.source), stories, gaps)).all()
    sources = [row for row in rows if row.kind == "source"]
    return Coverage(
        # An article has one source, so the sources' counts add up to it.
        articles=sum(row.number for row in sources),
        stories=next(row.number for row in rows if row.kind == "stories"),
        sources={row.source or "unknown": row.number for row in sources},
        oldest=min((row.first for row in sources), default=None),
        newest=max((row.last for row in sources), default=None),
        gaps=tuple(sorted(((row.first, row.last) for row in rows if row.kind == "gap"), reverse=True)),
    )


def count_unknown_then(connection: Connection, company_ids: Iterable[str], moment: datetime) -> int:
    """Articles published by `moment` that were stored only later."""
    return connection.execute(
        select(func.count(_M.article_id.distinct())).where(
            _M.company_id.in_(list(company_ids)),
            _M.observed_at <= moment,
            _M.received_at > moment,
            _M.valid_to.is_(None),
        )
    ).scalar_one()


def _between(query: Any, since: datetime | None, until: datetime | None) -> Any:
    if since is not None:
        query = query.where(_M.observed_at >= since)
    if until is not None:
        query = query.where(_M.observed_at <= until)
    return query


def companies_of(connection: Connection, article_ids: Iterable[str]) -> dict[str, list[str]]:
    """By article, the companies that its newest assessment names."""
    return _named(connection, article_ids)


def imported_of(connection: Connection, article_ids: Iterable[str]) -> dict[str, list[str]]:
    """By article, the imported ones among them."""
    return _named(connection, article_ids, _M.portfolio_key.is_not(None))


def _named(connection: Connection, article_ids: Iterable[str], *conditions: Any) -> dict[str, list[str]]:
    rows = connection.execute(
        select(_M.article_id, _M.company_id)
        .where(_M.article_id.in_(list(article_ids)), _M.valid_to.is_(None), *conditions)
        .order_by(_M.company_id)
    )
    found: dict[str, list[str]] = {}
    for article_id, company_id in rows:
        found.setdefault(article_id, []).append(company_id)
    return found


def known_company_ids(connection: Connection) -> list[str]:
    """Companies that any stored article names, in order."""
    return list(connection.execute(select(_M.company_id).distinct().order_by(_M.company_id)).scalars())
