"""What a challenger would have said, as counts by hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from riskscore.models.comparison import Comparison, Pair
from riskscore.store import model_tables as tables
from riskscore.store.upsert import add_up

_S = tables.shadow_counts.c
_FIGURES = ("compared", "agreed", "difference", "flagged_more", "flagged_less", "dropped", "failed")


def add_comparisons(connection: Connection, counts: Mapping[tuple[datetime, Pair, str], Comparison]) -> None:
    """Add comparisons, by the hour's beginning, pair and regime, to those that are there."""
    rows = [
        {
            "window_at": window_at,
            "model_version": pair.model_version,
            "challenger": pair.challenger,
            "regime": regime,
            **{name: getattr(found, name) for name in _FIGURES},
        }
        for (window_at, pair, regime), found in counts.items()
    ]
    add_up(
        connection,
        tables.shadow_counts,
        rows,
        ("window_at", "model_version", "challenger", "regime"),
    )


def comparisons_of(connection: Connection, pair: Pair, since: datetime) -> dict[str, Comparison]:
    """By regime, "*" for the article as a whole, all comparisons of a pair since a moment."""
    query = (
        select(_S.regime, *(func.sum(_S[name]).label(name) for name in _FIGURES))
        .where(
            _S.model_version == pair.model_version, _S.challenger == pair.challenger, _S.window_at >= since
        )
        .group_by(_S.regime)
    )
    found = {}
    for row in connection.execute(query).mappings():
        # PostgreSQL sums big integers as decimals.
        counts = {name: int(row[name]) for name in _FIGURES if name != "difference"}
        found[row["regime"]] = Comparison(difference=float(row["difference"]), **counts)
    return found
