"""Feeds and watched folders, with where each stands."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, select, update

from riskscore.store import tables
from riskscore.store.upsert import upsert

FeedKind = Literal["web", "folder"]
_F = tables.feeds.c


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """A feed."""

    feed_id: str
    url: str
    kind: FeedKind
    name: str | None
    added_at: datetime
    etag: str | None
    last_modified: str | None
    checked_at: datetime | None
    succeeded_at: datetime | None
    next_due_at: datetime
    failures: int
    last_error: str | None


def feed_id(url: str) -> str:
    """The id of a feed at this address."""
    return f"fd_{hashlib.sha256(url.encode()).hexdigest()[:16]}"


def add_feed(connection: Connection, url: str, kind: FeedKind, name: str | None, at: datetime) -> FeedRecord:
    """Add a feed, due at once; one that is there already is only renamed."""
    known = find_feed(connection, url)
    if known is None:
        upsert(
            connection,
            tables.feeds,
            [
                {
                    "feed_id": feed_id(url),
                    "url": url,
                    "kind": kind,
                    "name": name,
                    "added_at": at,
                    "next_due_at": at,
                    "failures": 0,
                }
            ],
            ["feed_id"],
        )
    elif name is not None:
        connection.execute(update(tables.feeds).where(_F.feed_id == known.feed_id).values(name=name))
    found = find_feed(connection, url)
    assert found is not None
    return found


def find_feed(connection: Connection, which: str) -> FeedRecord | None:
    """The feed of this id or address."""
    row = connection.execute(
        select(tables.feeds).where((_F.url == which) | (_F.feed_id == which))
    ).one_or_none()
    return None if row is None else FeedRecord(**row._mapping)


def list_feeds(connection: Connection, due_at: datetime | None = None) -> list[FeedRecord]:
    """All feeds, or those due by a moment, the longest overdue first."""
    query = select(tables.feeds).order_by(_F.next_due_at, _F.feed_id)
    if due_at is not None:
        query = query.where(_F.next_due_at <= due_at)
    return [FeedRecord(**row._mapping) for row in connection.execute(query)]


def remove_feed(connection: Connection, which: str) -> bool:
    """Forget a feed, not its articles; whether there was one."""
    gone = connection.execute(
        delete(tables.feeds).where((_F.url == which) | (_F.feed_id == which)).returning(_F.feed_id)
    )
    return gone.first() is not None


def record_success(
    connection: Connection,
    feed: FeedRecord,
    at: datetime,
    next_due_at: datetime,
    *,
    etag: str | None,
    last_modified: str | None,
    name: str | None = None,
) -> None:
    """The feed was read, or had nothing new."""
    connection.execute(
        update(tables.feeds)
        .where(_F.feed_id == feed.feed_id)
        .values(
            etag=etag,
            last_modified=last_modified,
            name=feed.name or name,
            checked_at=at,
            succeeded_at=at,
            next_due_at=next_due_at,
            failures=0,
            last_error=None,
        )
    )


def record_failure(
    connection: Connection, feed: FeedRecord, at: datetime, next_due_at: datetime, error: str
) -> None:
    """The feed could not be read; what is known of its last version stays."""
    connection.execute(
        update(tables.feeds)
        .where(_F.feed_id == feed.feed_id)
        .values(checked_at=at, next_due_at=next_due_at, failures=feed.failures + 1, last_error=error[:500])
    )
