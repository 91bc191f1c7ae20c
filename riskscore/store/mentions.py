"""What assessments say of companies, read for a company's risk; `riskscore.store.mention_rows` writes it.

Rows are valid from the assessment's recording until the article is scored or searched again, so that the
question "what was known at that moment" is a filter, and so is "what does today's model say of the same
news".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, type_coerce

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
    query = select(*_SIGHTING).where(_M.company_id.in_(list(company_ids)), _M.flagged, view.condition())
    query = _between(query, since, until).order_by(_M.observed_at)  # the order of the primary key
    return list(map(Sighting._make, connection.execute(query).all()))


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
    where = and_(_M.company_id.in_(scope), view.condition())
    # In a view, an article has one row for each company it names.
    per_article = func.count() if len(scope) == 1 else func.count(_M.article_id.distinct())
    span = (func.min(_M.observed_at), func.max(_M.observed_at))
    by_source = _between(select(_M.source, per_article, *span).where(where), since, until)
    rows = connection.execute(by_source.group_by(_M.source)).all()
    sources = {source or "unknown": count for source, count, _, _ in rows}
    oldest, newest = (min(row[2] for row in rows), max(row[3] for row in rows)) if rows else (None, None)
    counted = _between(select(func.count(_M.story_id.distinct())).where(where), since, until)
    stories: int = connection.execute(counted).scalar_one()
    before = func.lag(_M.observed_at, type_=UtcDateTime()).over(order_by=_M.observed_at).label("before")
    moments = _between(select(_M.observed_at, before).where(where), since, until).subquery()
    least = time_span(GAP, connection.dialect.name)
    silent = type_coerce(moments.c.observed_at, Untyped) - type_coerce(moments.c.before, Untyped) >= least
    gaps = connection.execute(
        select(moments.c.before, moments.c.observed_at).where(silent).order_by(moments.c.before.desc())
    )
    # An article has one source, so the sources' counts add up to it.
    return Coverage(
        sum(row[1] for row in rows),
        stories,
        sources,
        oldest,
        newest,
        tuple((start, end) for start, end in gaps.all()),
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
    rows = connection.execute(
        select(_M.article_id, _M.company_id)
        .where(_M.article_id.in_(list(article_ids)), _M.valid_to.is_(None))
        .order_by(_M.company_id)
    )
    found: dict[str, list[str]] = {}
    for article_id, company_id in rows:
        found.setdefault(article_id, []).append(company_id)
    return found


def known_company_ids(connection: Connection) -> list[str]:
    """Companies that any stored article names, in order."""
    return list(connection.execute(select(_M.company_id).distinct().order_by(_M.company_id)).scalars())
