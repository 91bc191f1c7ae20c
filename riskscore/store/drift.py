"""Counts of scored articles by hour, model and source; what they are compared with; what was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, delete, func, select

from riskscore.drift.counts import Counts, HeadSet, SourceKey
from riskscore.drift.histogram import BINS
from riskscore.store import model_tables as tables
from riskscore.store.upsert import add_up, upsert
from riskscore.types import REGIMES, Regime

_D = tables.drift_counts.c
_R = tables.drift_references.c
_A = tables.drift_alarms.c
_S = tables.shadow_counts.c
_SUMMED = tuple(column for column in _D if not column.primary_key)


@dataclass(frozen=True, slots=True)
class ReferenceRecord:
    """A stretch of production that was taken as what scores should look like."""

    bins: Mapping[Regime, Sequence[int]]
    items: int
    adopted_by: str
    adopted_at: datetime


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """Whether the passing of the limit is told, and how many events there were."""

    raised: bool
    sequence: int
    psi: float
    changed_at: datetime


def add_counts(connection: Connection, counts: Mapping[tuple[datetime, SourceKey], Counts]) -> None:
    """Add counts, by the hour's beginning, to those that are there."""
    rows = [
        {"window_at": window_at, **_key(key), **_values(found)} for (window_at, key), found in counts.items()
    ]
    add_up(connection, tables.drift_counts, rows, ("window_at", "model_version", "language", "source"))


def counts_since(connection: Connection, since: datetime) -> dict[SourceKey, Counts]:
    """The counts of all hours that began at `since` or later, added up."""
    key = (_D.model_version, _D.language, _D.source)
    query = select(*key, *(func.sum(column).label(column.name) for column in _SUMMED))
    rows = connection.execute(query.where(_D.window_at >= since).group_by(*key).order_by(*key)).mappings()
    return {
        SourceKey(HeadSet(row["model_version"], row["language"]), row["source"]): _counts(row) for row in rows
    }


def forget_before(connection: Connection, until: datetime) -> None:
    """Delete the counts, those of shadow scoring too, of hours that began before."""
    connection.execute(delete(tables.drift_counts).where(_D.window_at < until))
    connection.execute(delete(tables.shadow_counts).where(_S.window_at < until))


def references_of(connection: Connection, heads: HeadSet) -> dict[str, ReferenceRecord]:
    """By source, "*" for all together, what production was taken as a reference."""
    rows = connection.execute(
        select(tables.drift_references).where(
            _R.model_version == heads.model_version, _R.language == heads.language
        )
    )
    return {
        row.source: ReferenceRecord(orjson.loads(row.counts), row.items, row.adopted_by, row.adopted_at)
        for row in rows
    }


def adopt_references(
    connection: Connection, found: Mapping[SourceKey, Counts], by: str, at: datetime
) -> None:
    """Take counts as what later ones are compared with, in place of what was taken before."""
    rows = [
        {
            **_key(key),
            "counts": orjson.dumps(counts.bins).decode(),
            "items": counts.scored,
            "adopted_by": by,
            "adopted_at": at,
        }
        for key, counts in found.items()
    ]
    upsert(connection, tables.drift_references, rows, ("model_version", "language", "source"))


def alarms_of(connection: Connection, heads: Iterable[HeadSet]) -> dict[tuple[SourceKey, str], AlarmRecord]:
    """By key and regime, all alarms of some head sets that were ever raised."""
    wanted = set(heads)
    rows = connection.execute(
        select(tables.drift_alarms).where(_A.model_version.in_({one.model_version for one in wanted}))
    )
    found = {}
    for row in rows:
        key = SourceKey(HeadSet(row.model_version, row.language), row.source)
        if key.heads in wanted:
            found[key, row.regime] = AlarmRecord(row.raised, row.sequence, row.psi, row.changed_at)
    return found


def save_alarm(connection: Connection, key: SourceKey, regime: str, alarm: AlarmRecord) -> None:
    """Note that an alarm was raised or cleared."""
    row = {
        **_key(key),
        "regime": regime,
        "raised": alarm.raised,
        "sequence": alarm.sequence,
        "psi": alarm.psi,
        "changed_at": alarm.changed_at,
    }
    upsert(connection, tables.drift_alarms, [row], ("model_version", "language", "source", "regime"))


def _key(key: SourceKey) -> dict[str, Any]:
    return {
        "model_version": key.heads.model_version,
        "language": key.heads.language,
        "source": key.source,
    }


def _values(counts: Counts) -> dict[str, int]:
    values = {
        "scored": counts.scored,
        "abstained": counts.abstained,
        "words": counts.words,
        "unknown_words": counts.unknown_words,
    }
    for regime in REGIMES:
        values[f"{regime}_flagged"] = counts.flagged[regime]
        values |= {f"{regime}_bin{at}": count for at, count in enumerate(counts.bins[regime])}
    return values


def _counts(row: RowMapping) -> Counts:
    # PostgreSQL sums big integers as decimals.
    return Counts(
        scored=int(row["scored"]),
        abstained=int(row["abstained"]),
        words=int(row["words"]),
        unknown_words=int(row["unknown_words"]),
        flagged={regime: int(row[f"{regime}_flagged"]) for regime in REGIMES},
        bins={regime: [int(row[f"{regime}_bin{at}"]) for at in range(BINS)] for regime in REGIMES},
    )
