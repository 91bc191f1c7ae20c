"""Whether what is stored holds together: hashes, references that the database does not watch, the counter."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable

from sqlalchemy import Connection, func, select

from riskscore.store import tables
from riskscore.store.changes import CHANGES
from riskscore.store.schema import differences

_BATCH = 1_000


def check_store(connection: Connection, progress: Callable[[int, float], None] | None = None) -> list[str]:
    """Everything that is wrong, in words; empty when nothing is."""
    faults = [f"schema: {difference}" for difference in differences(connection)]
    if faults:
        return faults
    faults += _counter(connection)
    faults += _lost_mentions(connection)
    faults += _assessments(connection, progress)
    return faults


def _counter(connection: Connection) -> list[str]:
    counter = tables.change_counter.c
    counted = (
        connection.execute(select(counter.last).where(counter.name == CHANGES)).scalar_one_or_none() or 0
    )
    sequence = tables.changes.c.sequence
    first, last, kept = connection.execute(select(func.min(sequence), func.max(sequence), func.count())).one()
    faults = []
    if last is not None and last != counted:
        faults.append(f"changes: the last is {last}, the counter says {counted}")
    if last is not None and last - first + 1 != kept:
        faults.append(f"changes: {last - first + 1 - kept} are missing between {first} and {last}")
    return faults


def _lost_mentions(connection: Connection) -> list[str]:
    lost = connection.execute(
        select(func.count())
        .select_from(tables.mentions)
        .join(tables.articles, tables.articles.c.article_id == tables.mentions.c.article_id)
        .where(tables.articles.c.story_id != tables.mentions.c.story_id)
    ).scalar_one()
    return [f"mentions: {lost} name another story than their article"] if lost else []


def _assessments(connection: Connection, progress: Callable[[int, float], None] | None) -> list[str]:
    columns = tables.assessments.c
    total = connection.execute(select(func.count()).select_from(tables.assessments)).scalar_one()
    faults: list[str] = []
    after, done = 0, 0
    while True:
        rows = connection.execute(
            select(columns.assessment_key, columns.assessment_id, columns.answer, columns.answer_sha256)
            .where(columns.assessment_key > after)
            .order_by(columns.assessment_key)
            .limit(_BATCH)
        ).all()
        if not rows:
            return faults
        for key, assessment_id, answer, sha256 in rows:
            after = key
            try:
                intact = hashlib.sha256(zlib.decompress(answer)).hexdigest() == sha256
            except zlib.error:
                intact = False
            if not intact:
                faults.append(f"assessment {assessment_id}: its answer does not fit its hash")
        done += len(rows)
        if progress is not None:
            progress(done, done / total)
