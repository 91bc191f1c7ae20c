"""Stored articles that might be reviewed by an analyst: the newest, and those that others have labelled."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Exists, Select, exists, or_, select

from riskscore.labels.label import Author
from riskscore.store import label_tables, tables
from riskscore.stories import Signature

_A, _S, _L = tables.articles.c, tables.stories.c, label_tables.labels.c
_COPIES = 4  # articles looked at for each story wanted: more copies than that leave fewer stories


class ReviewRow(NamedTuple):
    """An article whose text is kept."""

    article_id: str
    story_id: str
    signature: Signature


def newest_unlabelled(connection: Connection, limit: int) -> list[ReviewRow]:
    """Of the newest stories of which nobody has labelled a copy, one article each, the newest first."""
    query = _select().where(~_labelled_story()).order_by(_A.received_at.desc(), _A.article_id)
    return _one_of_each(connection, query, limit)


def labelled_by_others(connection: Connection, author: Author, limit: int) -> list[ReviewRow]:
    """Of the stories that others have labelled and the author has not, the article labelled last."""
    query = (
        _select()
        .join(label_tables.labels, _L.article_id == _A.article_id)
        .where(_L.sequence == 1, ~_labelled_story(author))
        .order_by(_L.label_key.desc())
    )
    return _one_of_each(connection, query, limit)


def _select() -> Select[Any]:
    # A title alone has no body to keep.
    readable = or_(_A.body.is_not(None), _A.body_field.is_(None))
    query = select(_A.article_id, _A.story_id, _S.signature)
    return query.join(tables.stories, _S.story_id == _A.story_id).where(readable)


def _labelled_story(author: Author | None = None) -> Exists:
    """Whether a copy of the article's story is labelled: by anybody, or by an author."""
    copies, given = tables.articles.alias(), label_tables.labels.alias()
    found = exists().where(copies.c.story_id == _A.story_id, given.c.article_id == copies.c.article_id)
    if author is not None:
        found = found.where(given.c.author == author.name, given.c.key_id == (author.key_id or ""))
    return found


def _one_of_each(connection: Connection, query: Select[Any], limit: int) -> list[ReviewRow]:
    found: dict[str, ReviewRow] = {}
    for row in connection.execute(query.limit(_COPIES * limit)):
        found.setdefault(row.story_id, ReviewRow(*row))
    return list(found.values())[:limit]
