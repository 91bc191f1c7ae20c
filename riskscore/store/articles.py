"""Articles as they were sent: stored once by content, read back for replay and for people."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from riskscore.errors import InputError
from riskscore.store import tables
from riskscore.types import Article


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """A stored article; `article` is None where the text was not kept."""

    article_id: str
    story_id: str
    title: str
    url: str | None
    source: str | None
    language: str | None
    published_at: datetime | None
    received_at: datetime
    article: Article | None


_MAX_LANGUAGE = 35


def require_storable(article: Article) -> None:
    """Refuse what one of the databases cannot hold; both refuse the same.

    Raises
    ------
    InputError
        A lone surrogate anywhere, a NUL outside the body, or a language that is no language tag.
    """
    for name in ("title", "text", "html", "url", "source", "language"):
        value = getattr(article, name)
        if value is None:
            continue
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"holds a lone surrogate at character {error.start}; remove it", name) from None
        if "\x00" in value and name not in {"text", "html"}:
            raise InputError("holds a NUL character, which cannot be kept; remove it", name)
    if article.language is not None and len(article.language) > _MAX_LANGUAGE:
        raise InputError(f"has more than {_MAX_LANGUAGE} characters; give a tag such as en", "language")


def content_id(article: Article) -> str:
    """The id of an article: the same title and body from the same source are one article.

    Address and time do not count, since publishers move and re-date their items; the source does, since
    a reprint elsewhere is another article (of the same story).
    """
    parts = [article.title, article.text, article.html, (article.source or "").strip().casefold()]
    return f"ar_{hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32]}"


def known_articles(connection: Connection, article_ids: Iterable[str]) -> dict[str, str]:
    """Of these ids, those that are stored, each with its story's id."""
    columns = tables.articles.c
    rows = connection.execute(
        select(columns.article_id, columns.story_id).where(columns.article_id.in_(list(article_ids)))
    )
    return dict(map(tuple, rows))


def insert_articles(
    connection: Connection,
    articles: Sequence[tuple[str, str, Article]],
    received_at: datetime,
    *,
    keep_text: bool,
) -> None:
    """Store (article_id, story_id, article) triples."""
    rows = []
    for article_id, story_id, article in sorted(articles, key=lambda triple: triple[0]):
        field = "html" if article.html is not None else "text" if article.text is not None else None
        body = article.html if article.html is not None else article.text
        kept = keep_text and body is not None
        rows.append(
            {
                "article_id": article_id,
                "story_id": story_id,
                "title": article.title,
                "body": zlib.compress(body.encode()) if kept and body is not None else None,
                "body_field": field,
                "url": article.url,
                "source": article.source,
                "language": article.language,
                "published_at": article.published_at,
                "received_at": received_at,
            }
        )
    if rows:
        connection.execute(insert(tables.articles), rows)


def find_articles(connection: Connection, article_ids: Iterable[str]) -> dict[str, ArticleRecord]:
    """Stored articles by id."""
    rows = connection.execute(
        select(tables.articles).where(tables.articles.c.article_id.in_(list(article_ids)))
    )
    return {row.article_id: _record(row) for row in rows}


def articles_of_story(
    connection: Connection, story_id: str, after: tuple[datetime, str] | None, limit: int
) -> list[ArticleRecord]:
    """A story's articles in the order of arrival, beginning after a (received_at, article_id)."""
    columns = tables.articles.c
    query = select(tables.articles).where(columns.story_id == story_id)
    if after is not None:
        moment, article_id = after
        query = query.where(
            (columns.received_at > moment)
            | ((columns.received_at == moment) & (columns.article_id > article_id))
        )
    rows = connection.execute(query.order_by(columns.received_at, columns.article_id).limit(limit))
    return [_record(row) for row in rows]


def _record(row: Any) -> ArticleRecord:
    values = row._mapping
    body = None if values["body"] is None else zlib.decompress(values["body"]).decode()
    article = None
    if body is not None or values["body_field"] is None:
        article = Article(
            title=values["title"],
            text=body if values["body_field"] == "text" else None,
            html=body if values["body_field"] == "html" else None,
            url=values["url"],
            source=values["source"],
            published_at=values["published_at"],
            language=values["language"],
        )
    return ArticleRecord(
        article_id=values["article_id"],
        story_id=values["story_id"],
        title=values["title"],
        url=values["url"],
        source=values["source"],
        language=values["language"],
        published_at=values["published_at"],
        received_at=values["received_at"],
        article=article,
    )
