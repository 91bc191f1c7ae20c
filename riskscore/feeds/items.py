"""A feed document in, its articles out: RSS, Atom, EDGAR's filings, and feeds that are not well-formed."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from riskscore.archive.columns import read_moment
from riskscore.errors import FeedError, InputError
from riskscore.types import Article

_MAX_TITLE = 2_000


@dataclass(frozen=True, slots=True)
class FeedContent:
    """What a feed holds."""

    title: str | None
    articles: tuple[Article, ...]


def read_feed(content: bytes, content_type: str, url: str) -> FeedContent:
    """The articles of a feed document.

    Parameters
    ----------
    content_type : str
        As the server declares it; a wrong charset is overruled by what the document says and is.
    url : str
        Where it was found; links are relative to it, and its host is the source of a feed without title.

    Raises
    ------
    FeedError
        It is no feed.
    """
    told = {"content-type": content_type, "content-location": url}
    try:
        parsed = feedparser.parse(content, response_headers=told, sanitize_html=False)
    except Exception as error:  # "&#xd800;" is enough; one feed must not end the polling
        raise FeedError(f"this feed cannot be read: {type(error).__name__}") from error
    if not parsed.entries and not parsed.get("version"):  # an empty document has none
        fault = parsed.get("bozo_exception")
        raise FeedError(f"this is no RSS or Atom feed{f': {fault}' if fault else ''}")
    title = str(parsed.feed.get("title", "")).strip() or None
    source = title or urlsplit(url).hostname
    articles = [_article(entry, source, url) for entry in parsed.entries]
    return FeedContent(title, tuple(article for article in articles if article is not None))


def _article(entry: Any, source: str | None, url: str) -> Article | None:
    title = " ".join(str(entry.get("title", "")).split())[:_MAX_TITLE]
    bodies = [part.get("value", "") for part in entry.get("content", ())]
    body = max([*bodies, str(entry.get("summary", ""))], key=len).strip()
    if not title and not body:
        return None
    own_source = str(entry.get("source", {}).get("title", "")).strip()
    is_html = "<" in body and ">" in body
    return Article(
        title=title,
        text=None if is_html or not body else body,
        html=body if is_html else None,
        url=urljoin(url, entry["link"]) if entry.get("link") else None,
        source=own_source or source,
        published_at=_moment(entry),
    )


def _moment(entry: Any) -> datetime | None:
    """When an entry was published; a date that feedparser cannot read is read as an archive's would be.

    An entry that seems to have no date counts as news of today.
    """
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        moment = entry.get(name)
        if moment:
            try:
                return datetime.fromtimestamp(calendar.timegm(moment), UTC)
            except (ValueError, OverflowError, OSError):
                continue
    for name in ("published", "updated", "created"):
        written = entry.get(name)
        if isinstance(written, str) and written.strip():
            try:
                return read_moment(written, name)
            except InputError:
                continue
    return None
