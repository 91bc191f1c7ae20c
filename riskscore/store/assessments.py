"""Assessments: immutable, each stored as the bytes that the API answers with."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, exists, func, insert, select

from riskscore.store import tables
from riskscore.types import Assessment


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """A stored assessment; `answer` is the JSON text, byte for byte as it was first worked out."""

    assessment_key: int
    assessment_id: str
    article_id: str
    model_version: str
    knowledge_hash: str
    recorded_at: datetime
    abstained: bool
    score: float | None
    answer: bytes
    answer_sha256: str

    @property
    def content(self) -> dict[str, Any]:
        """The answer, decoded."""
        content: dict[str, Any] = orjson.loads(self.answer)
        return content


def insert_assessments(
    connection: Connection, rows: Sequence[tuple[str, Assessment, bytes]], recorded_at: datetime
) -> list[int]:
    """Store (article_id, assessment, answer) triples; returns their keys, in order."""
    if not rows:
        return []
    statement = insert(tables.assessments).returning(
        tables.assessments.c.assessment_key, sort_by_parameter_order=True
    )
    values = [
        {
            "assessment_id": assessment.assessment_id,
            "article_id": article_id,
            "model_version": assessment.model_version,
            "knowledge_hash": assessment.knowledge_hash,
            "recorded_at": recorded_at,
            "abstained": assessment.abstained,
            "score": assessment.score,
            "answer": zlib.compress(answer),
            "answer_sha256": hashlib.sha256(answer).hexdigest(),
        }
        for article_id, assessment, answer in rows
    ]
    return list(connection.execute(statement, values).scalars())


def assessed_with(
    connection: Connection, article_ids: Iterable[str], model_version: str, knowledge_hash: str
) -> set[str]:
    """Of these articles, those that were scored with this model and this knowledge."""
    columns = tables.assessments.c
    return set(
        connection.execute(
            select(columns.article_id).where(
                columns.article_id.in_(list(article_ids)),
                columns.model_version == model_version,
                columns.knowledge_hash == knowledge_hash,
            )
        ).scalars()
    )


def find_assessment(connection: Connection, assessment_id: str) -> AssessmentRecord | None:
    """The assessment of that id; the first of several articles with the same text and time."""
    rows = connection.execute(
        select(tables.assessments)
        .where(tables.assessments.c.assessment_id == assessment_id)
        .order_by(tables.assessments.c.assessment_key)
        .limit(1)
    )
    return next((_record(row) for row in rows), None)


def find_by_key(connection: Connection, keys: Iterable[int]) -> dict[int, AssessmentRecord]:
    """Assessments by their key."""
    rows = connection.execute(
        select(tables.assessments).where(tables.assessments.c.assessment_key.in_(list(keys)))
    )
    return {row.assessment_key: _record(row) for row in rows}


def assessments_of(connection: Connection, article_id: str) -> list[AssessmentRecord]:
    """All assessments of an article, oldest first."""
    columns = tables.assessments.c
    rows = connection.execute(
        select(tables.assessments).where(columns.article_id == article_id).order_by(columns.assessment_key)
    )
    return [_record(row) for row in rows]


def latest_assessments(connection: Connection, article_ids: Iterable[str]) -> dict[str, AssessmentRecord]:
    """By article, its newest assessment."""
    columns = tables.assessments.c
    rows = connection.execute(
        select(tables.assessments)
        .where(columns.article_id.in_(list(article_ids)))
        .order_by(columns.assessment_key)
    )
    return {row.article_id: _record(row) for row in rows}


def newest_after(connection: Connection, key: int, limit: int) -> list[tuple[int, str]]:
    """(key, article_id) of assessments that are their article's newest, in order, beginning after a key."""
    columns, newer = tables.assessments.c, tables.assessments.alias().c
    later = exists().where(
        newer.article_id == columns.article_id, newer.assessment_key > columns.assessment_key
    )
    rows = connection.execute(
        select(columns.assessment_key, columns.article_id)
        .where(columns.assessment_key > key, ~later)
        .order_by(columns.assessment_key)
        .limit(limit)
    )
    return [(row.assessment_key, row.article_id) for row in rows]


def newest_keys(connection: Connection, article_ids: Iterable[str]) -> set[int]:
    """Keys of the newest assessments of these articles."""
    columns = tables.assessments.c
    query = select(func.max(columns.assessment_key)).where(columns.article_id.in_(list(article_ids)))
    return set(connection.execute(query.group_by(columns.article_id)).scalars())


def last_key(connection: Connection) -> int:
    """The highest key; 0 where there is no assessment."""
    return connection.execute(select(func.max(tables.assessments.c.assessment_key))).scalar_one() or 0


def _record(row: Any) -> AssessmentRecord:
    return AssessmentRecord(
        assessment_key=row.assessment_key,
        assessment_id=row.assessment_id,
        article_id=row.article_id,
        model_version=row.model_version,
        knowledge_hash=row.knowledge_hash,
        recorded_at=row.recorded_at,
        abstained=row.abstained,
        score=row.score,
        answer=zlib.decompress(row.answer),
        answer_sha256=row.answer_sha256,
    )
