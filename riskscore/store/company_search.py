"""A query as a person types it → the imported companies that it may mean, each with how alike it is."""

from __future__ import annotations

from sqlalchemy import Connection, func, or_, select

from riskscore.companies.search import LEAST_LENGTH, fold_name, likeness
from riskscore.store import tables

_A = tables.company_aliases.c
_MOST_ALIKE = 20_000  # names that are looked at for likeness, so that a query never takes a second


def search_imported(connection: Connection, query: str, limit: int) -> list[tuple[str, float]]:
    """(id, likeness) of imported companies by name, alias, ticker, LEI or Chinese name, best first.

    Parameters
    ----------
    query : str
        Typos are allowed, but not in the first letter, where nothing is found without.
    """
    wanted = fold_name(query)[:400]
    if not wanted:
        return []
    # Whole names and beginnings of their words first: the table is in the order of names.
    near = or_(
        _A.folded.startswith(wanted, autoescape=True), _A.folded.contains(f" {wanted}", autoescape=True)
    )
    if not wanted.isascii():
        near = _A.folded.contains(wanted, autoescape=True)
    exactly = (_A.folded == wanted).desc()
    rows = connection.execute(
        select(_A.folded, _A.company_id)
        .where(near)
        .order_by(exactly, func.length(_A.folded), _A.company_id)
        .limit(10 * limit)
    ).all()
    if not rows and len(wanted) >= LEAST_LENGTH:
        rows = connection.execute(
            select(_A.folded, _A.company_id)
            .where(
                _A.folded.startswith(wanted[0], autoescape=True),
                func.length(_A.folded).between(len(wanted) // 2, 2 * len(wanted)),
            )
            .limit(_MOST_ALIKE)
        ).all()
    best: dict[str, float] = {}
    for folded, company_id in rows:
        alike = likeness(wanted, folded)
        if alike > best.get(company_id, 0.0):
            best[company_id] = alike
    return sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
