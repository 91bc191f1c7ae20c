"""Analysts' labels: each added, none changed; an author's newest of an article is in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Select, exists, func, insert, select

from riskscore.labels.label import Author, Label, NamedCompany
from riskscore.store import label_tables, tables
from riskscore.types import REGIMES, Regime

_labels = label_tables.labels
_newer = _labels.alias("newer")
_L, _N = _labels.c, _newer.c
_SUPERSEDES = (
    (_N.article_id == _L.article_id)
    & (_N.author == _L.author)
    & (_N.key_id == _L.key_id)
    & (_N.sequence == _L.sequence + 1)
)


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """A label as stored."""

    label_key: int
    label_id: str
    article_id: str
    story_id: str
    assessment_id: str  # that was corrected
    model_version: str  # by which that was made
    author: Author
    sequence: int  # of the author's labels of the article
    label: Label
    genre: str | None
    note: str | None
    labelled_at: datetime
    superseded_at: datetime | None  # by the author's next; None: in force


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """Which labels to list; None asks for all."""

    article_id: str | None = None
    story_id: str | None = None
    author: str | None = None
    key_id: str | None = None
    regime: Regime | None = None  # that is labelled
    since: datetime | None = None
    until: datetime | None = None
    in_force: bool = True  # False: those that were superseded too


def add_label(
    connection: Connection,
    label_id: str,
    article_id: str,
    assessment_key: int,
    author: Author,
    label: Label,
    *,
    genre: str | None,
    note: str | None,
    at: datetime,
) -> LabelRecord:
    """Store a label; the author's one before is superseded by it.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        The same author labelled the article at the same time.
    """
    mine = (_L.article_id == article_id) & (_L.author == author.name) & (_L.key_id == (author.key_id or ""))
    last = connection.execute(select(func.max(_L.sequence)).where(mine)).scalar_one() or 0
    connection.execute(
        insert(_labels).values(
            label_id=label_id,
            article_id=article_id,
            assessment_key=assessment_key,
            author=author.name,
            key_id=author.key_id or "",
            sequence=last + 1,
            **{f"{regime}_severity": label.severity[regime] for regime in REGIMES},
            stage=label.stage,
            direction=label.direction,
            companies=orjson.dumps([list(one) for one in label.companies]).decode(),
            evidence=orjson.dumps({**label.evidence}).decode(),
            genre=genre,
            note=note,
            labelled_at=at,
        )
    )
    return _record(connection.execute(_select().where(_L.label_id == label_id)).one())


def list_labels(
    connection: Connection, wanted: LabelFilter, limit: int, before: int | None = None
) -> list[LabelRecord]:
    """Labels, the newest first, beginning before a label's key."""
    query = _filtered(_select(), wanted)
    if wanted.in_force:
        query = query.where(_N.label_key.is_(None))
    if before is not None:
        query = query.where(_L.label_key < before)
    rows = connection.execute(query.order_by(_L.label_key.desc()).limit(limit))
    return [_record(row) for row in rows]


def labels_of(connection: Connection, article_ids: Iterable[str]) -> dict[str, list[LabelRecord]]:
    """By article, the labels in force, oldest first."""
    query = _select().where(_L.article_id.in_(list(article_ids)), _N.label_key.is_(None))
    found: dict[str, list[LabelRecord]] = {}
    for row in connection.execute(query.order_by(_L.label_key)):
        found.setdefault(row.article_id, []).append(_record(row))
    return found


def last_key(connection: Connection) -> int:
    """The highest key; 0 where there is no label."""
    return connection.execute(select(func.max(_L.label_key))).scalar_one() or 0


def last_words(
    connection: Connection, wanted: LabelFilter, limit: int, after: int, upto: int
) -> list[LabelRecord]:
    """Of each article the newest label of all, whoever gave it, in the order of their keys.

    Parameters
    ----------
    after : int
        Only those of higher keys.
    upto : int
        Newer labels are left out of account: who reads batch by batch sees each article once.
    """
    later = _labels.alias("later").c
    outdone = exists().where(
        later.article_id == _L.article_id, later.label_key > _L.label_key, later.label_key <= upto
    )
    query = _filtered(_select(), wanted).where(_L.label_key > after, _L.label_key <= upto, ~outdone)
    return [_record(row) for row in connection.execute(query.order_by(_L.label_key).limit(limit))]


def shared_labels(connection: Connection, *, first: bool) -> dict[str, dict[Author, Label]]:
    """Of each article that several have labelled, the label of each.

    Parameters
    ----------
    first : bool
        The first of each, else the one in force.
    """
    several = select(_L.article_id).where(_L.sequence == 1).group_by(_L.article_id).having(func.count() > 1)
    query = _select().where(_L.article_id.in_(several))
    query = query.where(_L.sequence == 1) if first else query.where(_N.label_key.is_(None))
    found: dict[str, dict[Author, Label]] = {}
    for row in connection.execute(query):
        record = _record(row)
        found.setdefault(record.article_id, {})[record.author] = record.label
    return found


def count_labels(connection: Connection) -> tuple[int, int]:
    """How many labels are in force, and of how many articles."""
    query = select(func.count(), func.count(_L.article_id.distinct())).select_from(_labels)
    counted = connection.execute(query.where(_L.sequence == 1)).one()
    return counted[0], counted[1]


def _select() -> Select[Any]:
    return (
        select(
            *_labels.c,
            tables.articles.c.story_id,
            tables.assessments.c.assessment_id,
            tables.assessments.c.model_version,
            _N.labelled_at.label("superseded_at"),
        )
        .join(tables.articles, tables.articles.c.article_id == _L.article_id)
        .join(tables.assessments, tables.assessments.c.assessment_key == _L.assessment_key)
        .outerjoin(_newer, _SUPERSEDES)
    )


def _filtered(query: Select[Any], wanted: LabelFilter) -> Select[Any]:
    for column, value in (
        (_L.article_id, wanted.article_id),
        (tables.articles.c.story_id, wanted.story_id),
        (_L.author, wanted.author),
        (_L.key_id, wanted.key_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.regime is not None:
        query = query.where(_L[f"{wanted.regime}_severity"] > 0)
    if wanted.since is not None:
        query = query.where(_L.labelled_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_L.labelled_at < wanted.until)
    return query


def _record(row: Any) -> LabelRecord:
    return LabelRecord(
        label_key=row.label_key,
        label_id=row.label_id,
        article_id=row.article_id,
        story_id=row.story_id,
        assessment_id=row.assessment_id,
        model_version=row.model_version,
        author=Author(row.author, row.key_id or None),
        sequence=row.sequence,
        label=Label(
            severity={regime: row._mapping[f"{regime}_severity"] for regime in REGIMES},
            stage=row.stage,
            direction=row.direction,
            companies=tuple(NamedCompany(*one) for one in orjson.loads(row.companies)),
            evidence={regime: tuple(spans) for regime, spans in orjson.loads(row.evidence).items()},
        ),
        genre=row.genre,
        note=row.note,
        labelled_at=row.labelled_at,
        superseded_at=row.superseded_at,
    )
