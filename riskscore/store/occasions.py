"""What stored articles say of companies, as alert rules take it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from riskscore.alerts.rules import Occasion
from riskscore.risk import Sighting
from riskscore.store import tables

_M = tables.mentions.c
_COLUMNS = (*(_M[name] for name in Sighting._fields), _M.source, _M.received_at)


def _occasion(row: Any) -> Occasion:
    return Occasion(Sighting._make(row[:-2]), row[-2], row[-1])


def occasions_of(connection: Connection, assessment_keys: Iterable[int]) -> dict[int, list[Occasion]]:
    """By assessment, what it says of each company; only of flagged news."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(_M.assessment_key.in_(list(assessment_keys)), _M.flagged)
        .order_by(_M.assessment_key, _M.company_id)
    )
    found: dict[int, list[Occasion]] = {}
    for row in rows:
        occasion = _occasion(row)
        found.setdefault(occasion.sighting.assessment_key, []).append(occasion)
    return found


def history(
    connection: Connection, since: datetime, until: datetime, company_ids: Sequence[str] | None = None
) -> dict[str, list[Occasion]]:
    """By company, what flagged articles published between two moments say of it by the newest model."""
    query = select(*_COLUMNS).where(
        _M.flagged, _M.valid_to.is_(None), _M.observed_at >= since, _M.observed_at <= until
    )
    if company_ids is not None:
        query = query.where(_M.company_id.in_(company_ids))
    found: dict[str, list[Occasion]] = {}
    for row in connection.execute(query.order_by(_M.observed_at, _M.article_id)):
        occasion = _occasion(row)
        found.setdefault(occasion.sighting.company_id, []).append(occasion)
    return found
