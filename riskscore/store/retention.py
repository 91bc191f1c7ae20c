"""What is deleted with age, class by class, and what a legal hold keeps all the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from riskscore.store import alert_tables, tables
from riskscore.store.changes import ChangeKind, record_changes

HoldKind = Literal["article", "story", "company"]
_A = tables.articles.c
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Retention:
    """Ages in days from which each class goes; None keeps it."""

    text_days: int | None = None  # bodies of articles
    record_days: int | None = None  # articles with their assessments and mentions
    change_days: int | None = None  # the feed of changes, and idempotency keys
    delivery_days: int | None = None  # deliveries that ended, with their attempts, and then their events


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold: nothing of its target is deleted until it is released."""

    hold_key: int
    kind: HoldKind
    target_id: str
    reason: str
    placed_at: datetime
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much was, or would be, deleted."""

    texts: int = 0
    articles: int = 0
    stories: int = 0
    changes: int = 0
    deliveries: int = 0
    held: int = 0  # articles old enough to go that a hold keeps


def place_hold(connection: Connection, kind: HoldKind, target_id: str, reason: str, at: datetime) -> int:
    """Keep an article, a story, or every article that names a company."""
    statement = insert(tables.legal_holds).values(
        kind=kind, target_id=target_id, reason=reason, placed_at=at, released_at=None
    )
    key: int = connection.execute(statement.returning(tables.legal_holds.c.hold_key)).scalar_one()
    return key


def release_hold(connection: Connection, hold_key: int, at: datetime) -> bool:
    """End a hold; it stays on record. Whether there was one in force."""
    holds = tables.legal_holds.c
    ended = connection.execute(
        update(tables.legal_holds)
        .where(holds.hold_key == hold_key, holds.released_at.is_(None))
        .values(released_at=at)
        .returning(holds.hold_key)
    )
    return ended.first() is not None


def list_holds(connection: Connection) -> list[Hold]:
    """All holds, released ones too."""
    rows = connection.execute(select(tables.legal_holds).order_by(tables.legal_holds.c.hold_key))
    return [Hold(**row._mapping) for row in rows]


def prune(connection: Connection, retention: Retention, now: datetime, *, dry_run: bool = False) -> Pruned:
    """Delete what is old enough and not held.

    A story goes with its last article. Each deleted article leaves a change behind, so that whoever
    follows the feed can delete it too. Alerts and what was decided on them stay; deliveries only tell so.
    """
    texts = articles = stories = changes = held = 0
    if retention.record_days is not None:
        old = _A.received_at < now - timedelta(days=retention.record_days)
        held = _count(connection, old & _is_held())
        going = list(connection.execute(select(_A.article_id).where(old & ~_is_held())).scalars())
        articles = len(going)
        if not dry_run:
            stories = _delete_articles(connection, going, now)
    if retention.text_days is not None:
        old = (
            (_A.received_at < now - timedelta(days=retention.text_days)) & _A.body.is_not(None) & ~_is_held()
        )
        texts = _count(connection, old)
        if not dry_run:
            connection.execute(update(tables.articles).where(old).values(body=None))
    if retention.change_days is not None:
        limit = now - timedelta(days=retention.change_days)
        sequence = tables.changes.c.sequence
        old_enough = select(func.max(sequence)).where(tables.changes.c.recorded_at < limit)
        aged = sequence <= old_enough.scalar_subquery()  # from the beginning on: the rest has no gaps
        changes = connection.execute(
            select(func.count()).select_from(tables.changes).where(aged)
        ).scalar_one()
        if not dry_run:
            connection.execute(delete(tables.changes).where(aged))
            connection.execute(
                delete(tables.idempotency_keys).where(tables.idempotency_keys.c.created_at < limit)
            )
    deliveries = 0
    if retention.delivery_days is not None:
        deliveries = _prune_deliveries(connection, now - timedelta(days=retention.delivery_days), dry_run)
    return Pruned(texts, articles, stories, changes, deliveries, held)


def _prune_deliveries(connection: Connection, limit: datetime, dry_run: bool) -> int:
    """Delete what ended before `limit`; what still waits is kept however old it is."""
    deliveries, attempts, events = alert_tables.deliveries, alert_tables.attempts, alert_tables.events
    aged = deliveries.c.finished_at < limit
    going = select(deliveries.c.delivery_key).where(aged)
    count: int = connection.execute(select(func.count()).select_from(deliveries).where(aged)).scalar_one()
    if not dry_run:
        connection.execute(delete(attempts).where(attempts.c.delivery_key.in_(going)))
        connection.execute(delete(deliveries).where(aged))
        told = select(deliveries.c.event_key).where(deliveries.c.event_key == events.c.event_key).exists()
        connection.execute(delete(events).where(events.c.occurred_at < limit, ~told))
    return count


def _count(connection: Connection, condition: Any) -> int:
    counted: int = connection.execute(
        select(func.count()).select_from(tables.articles).where(condition)
    ).scalar_one()
    return counted


def _is_held() -> Any:
    """The condition on `articles`."""
    holds = tables.legal_holds.c
    in_force = holds.released_at.is_(None)

    def targets(kind: HoldKind) -> Any:
        return select(holds.target_id).where(holds.kind == kind, in_force)

    named = select(tables.mentions.c.article_id).where(tables.mentions.c.company_id.in_(targets("company")))
    return or_(
        _A.article_id.in_(targets("article")), _A.story_id.in_(targets("story")), _A.article_id.in_(named)
    )


def _delete_articles(connection: Connection, article_ids: list[str], now: datetime) -> int:
    """Delete articles and the stories left empty; returns the number of those."""
    left_empty = 0
    for start in range(0, len(article_ids), _BATCH):
        batch = article_ids[start : start + _BATCH]
        of_batch = select(_A.story_id).where(_A.article_id.in_(batch)).distinct()
        stories = list(connection.execute(of_batch).scalars())
        connection.execute(delete(tables.articles).where(_A.article_id.in_(batch)))
        kept = select(_A.story_id).where(_A.story_id.in_(stories)).distinct()
        empty = set(stories) - set(connection.execute(kept).scalars())
        connection.execute(delete(tables.stories).where(tables.stories.c.story_id.in_(empty)))
        left_empty += len(empty)
    deleted: list[tuple[ChangeKind, dict[str, Any]]] = [
        ("article.deleted", {"article_id": article_id}) for article_id in article_ids
    ]
    record_changes(connection, deleted, now)
    return left_empty
