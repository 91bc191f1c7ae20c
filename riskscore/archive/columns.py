"""A row of an archive (column name → value) in, the article that it holds out; says which column is which."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from riskscore.errors import InputError
from riskscore.types import Article

# Names under which each field is commonly stored, the first that a file has is taken.
_USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "article_id", "doc_id", "document_id", "item_id", "guid", "uuid"),
    "title": ("title", "headline", "head", "heading"),
    "text": (
        *("text", "body", "content", "article", "article_text", "full_text", "fulltext", "maintext"),
        *("main_text", "body_text", "plain_text", "story", "description", "summary"),
    ),
    "html": ("html", "body_html", "raw_html", "content_html"),
    "url": ("url", "link", "href", "web_url", "article_url", "source_url"),
    "source": ("source", "publisher", "publication", "outlet", "domain", "source_domain", "site"),
    "published_at": (
        *("published_at", "published", "publish_date", "pub_date", "pubdate", "date_publish"),
        *("date_published", "publication_date", "datetime", "timestamp", "date", "time"),
    ),
    "language": ("language", "lang"),
}
# "October 19, 2021" or "August 26, 2021 -- 10:05 GMT (11:05 BST)"; numbers alone would be ambiguous.
_MONTH_FIRST = re.compile(
    r"([A-Z][a-z]{2,8})\.? (\d{1,2}), (\d{4})(?:\W+(\d{1,2}:\d{2}) (?:GMT|UTC|Z)\b.*)?\Z", re.ASCII
)
_LAST_SECOND = 253_402_300_800  # of the year 9999; a greater number counts milliseconds
_NOT_FOUND = "found no column for the title, text or html among: {}; name one with --text-column"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds each field of an article; None where none does."""

    id: str | None = None
    title: str | None = None
    text: str | None = None
    html: str | None = None
    url: str | None = None
    source: str | None = None
    published_at: str | None = None
    language: str | None = None

    def completed(self, names: Iterable[str]) -> Columns:
        """The given columns, with the usual names of the others where `names` has them.

        An empty name leaves a field out. A dotted name reaches into a nested object, which only the
        rows can tell, so it is not looked for here.

        Raises
        ------
        InputError
            A given column is not among the names, or none of them can hold an article.
        """
        names = list(names)
        written = {name.strip().lower(): name for name in reversed(names)}
        listed = ", ".join(names) or "(no columns)"
        found: dict[str, str | None] = {}
        for field, usual in _USUAL_NAMES.items():
            given = getattr(self, field)
            if given is None:
                found[field] = next((written[name] for name in usual if name in written), None)
            elif given and given not in names and "." not in given:
                raise InputError(f"there is no column {given!r} for {field}; there are: {listed}", field)
            else:
                found[field] = given or None
        if self.text is None and found["html"] and (self.html or found["text"] in _WEAK_TEXT_COLUMNS):
            found["text"] = None  # a page and its teaser: the page is the article
        if found["text"] and found["html"] and self.html is None:
            found["html"] = None
        if not (found["title"] or found["text"] or found["html"]):
            raise InputError(_NOT_FOUND.format(listed))
        return Columns(**found)

    def given(self) -> dict[str, str]:
        """The fields that the caller named a column for."""
        return {
            field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None
        }


_WEAK_TEXT_COLUMNS = ("description", "summary")


@dataclass(frozen=True, slots=True)
class Item:
    """An article of an archive with the caller's own name for it."""

    id: str | None
    article: Article


def read_item(row: Mapping[str, object], columns: Columns) -> Item:
    """The article of one row.

    Parameters
    ----------
    columns : Columns
        Complete: as `Columns.completed` gives them.

    Raises
    ------
    InputError
        A value is of the wrong type, no text is there, or the date cannot be read.
    """
    text, html = _text(row, columns.text), _text(row, columns.html)
    title = _text(row, columns.title)
    if text is None and html is None and title is None:
        raise InputError("the row has no title, text or html")
    return Item(
        id=_text(row, columns.id, number=True),
        article=Article(
            title=title or "",
            text=text if html is None else None,
            html=html,
            url=_text(row, columns.url),
            source=_text(row, columns.source),
            published_at=read_moment(_value(row, columns.published_at), columns.published_at),
            language=_text(row, columns.language),
        ),
    )


def _value(row: Mapping[str, object], column: str | None) -> object:
    if column is None:
        return None
    if column in row:
        return row[column]
    value: object = row
    for part in column.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _text(row: Mapping[str, object], column: str | None, *, number: bool = False) -> str | None:
    value = _value(row, column)
    if isinstance(value, str):
        return value if value.strip() else None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if number and isinstance(value, int | float):
        return str(value)
    raise InputError(f"column {column!r} holds {type(value).__name__}, not text", column)


def read_moment(value: object, column: str | None) -> datetime | None:
    """UTC-aware time of a written date (ISO, RFC 2822, American), a date object or seconds since 1970."""
    try:
        if isinstance(value, str):
            written = value.strip()
            if not written:
                return None
            try:
                value = datetime.fromisoformat(written.upper())
            except ValueError:
                american = _MONTH_FIRST.match(written)
                if american:
                    written = f"{american[2]} {american[1][:3]} {american[3]} {american[4] or '00:00'} +0000"
                value = parsedate_to_datetime(written)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if math.isnan(value):
                return None
            value = datetime.fromtimestamp(value if abs(value) < _LAST_SECOND else value / 1000, UTC)
        if isinstance(value, datetime):
            if value != value:  # pandas' NaT
                return None
            if type(value) is not datetime:  # pandas' Timestamp, which not every library takes for one
                value = datetime.combine(value.date(), value.timetz())
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, OSError):
        pass
    if value is None:
        return None
    shown = repr(value)[:60]
    raise InputError(f"column {column!r}: {shown} is no ISO 8601 or RFC 2822 date", column)
