"""The store's articles with their newest assessments out, one JSON object each; `ingest` reads them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from riskscore.store import tables
from riskscore.store.articles import find_articles
from riskscore.store.assessments import latest_assessments
from riskscore.store.engine import Store

_BATCH = 200


def exported(store: Store) -> Iterator[dict[str, Any]]:
    """Every article in the order of its id; in batches, so that memory stays small however many there are."""
    column = tables.articles.c.article_id
    after = ""
    while True:
        with store.read() as connection:
            ids = list(
                connection.execute(
                    select(column).where(column > after).order_by(column).limit(_BATCH)
                ).scalars()
            )
            articles = find_articles(connection, ids)
            assessments = latest_assessments(connection, ids)
        if not ids:
            return
        after = ids[-1]
        for article_id in ids:
            record = articles[article_id]
            yield {
                "id": article_id,
                "story_id": record.story_id,
                "title": record.title,
                "text": record.article.text if record.article else None,
                "html": record.article.html if record.article else None,
                "url": record.url,
                "source": record.source,
                "language": record.language,
                "published_at": record.published_at,
                "received_at": record.received_at,
                "assessment": assessments[article_id].content if article_id in assessments else None,
            }
