"""What came in lately, by source, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from riskscore.store import Store, tables
from riskscore.store.arrivals import arrivals_since, count_arrivals
from riskscore.store.articles import insert_articles
from riskscore.types import Article

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def bring(
    store: Store, name: str, source: str | None, published: datetime | None, received: datetime
) -> None:
    story = {"story_id": name, "title": "t", "published_at": NOW, "created_at": NOW, "signature": b""}
    article = Article(title=name, source=source, published_at=published)
    with store.write() as connection:
        connection.execute(insert(tables.stories).values(story))
        insert_articles(connection, [(name, name, article)], received, keep_text=True)


def test_sources_by_what_they_brought_with_their_lag(store: Store) -> None:
    with store.read() as connection:
        assert arrivals_since(connection, NOW, 5) == []
        assert count_arrivals(connection, NOW) == (0, None)
    hour = timedelta(hours=1)
    bring(store, "a", "Wire", NOW - 5 * hour, NOW - 3 * hour)
    bring(store, "b", "Wire", NOW - 5 * hour, NOW - hour)
    bring(store, "c", None, None, NOW - 2 * hour)
    bring(store, "d", "Old", NOW - 90 * hour, NOW - 80 * hour)
    with store.read() as connection:
        wire, unknown = arrivals_since(connection, NOW - 4 * hour, 5)
        assert (wire.source, wire.articles, wire.newest, wire.lag) == ("Wire", 2, NOW - hour, 3 * hour)
        assert (unknown.source, unknown.articles, unknown.lag) == (None, 1, None)
        assert len(arrivals_since(connection, NOW - 4 * hour, 1)) == 1
        assert count_arrivals(connection, NOW - 2 * hour) == (2, NOW - hour)
