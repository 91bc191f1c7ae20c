"""What happened in, an `Entry` out: who did what, when, to what, and the hashes of what went in and came out.

An entry never holds the text of an article. It holds the text of a question only where `keep_query_text`
is set.
"""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import orjson

from riskscore.types import Article

Action = Literal[
    "alert.decided",
    "archive.scored",
    "article.added",
    "article.rescored",
    "article.scored",
    "articles.searched",
    "assessment.replayed",
    "company.compared",
    "company.imported",
    "company.memo",
    "company.ranked",
    "company.removed",
    "company.risk",
    "company.searched",
    "company.timeline",
    "db.pruned",
    "deliveries.replayed",
    "endpoint.changed",
    "endpoint.created",
    "endpoint.deleted",
    "endpoint.secret_changed",
    "feed.added",
    "feed.removed",
    "hold.placed",
    "hold.released",
    "key.changed",
    "key.created",
    "key.revoked",
    "key.rotated",
    "label.added",
    "label.changed",
    "ledger.exported",
    "ledger.read",
    "membership.imported",
    "model.changed",
    "model.judged",
    "model.promoted",
    "model.rolled_back",
    "subscription.changed",
    "subscription.created",
    "subscription.deleted",
    "watchlist.deleted",
    "watchlist.saved",
]
ACTIONS: tuple[Action, ...] = get_args(Action)

_MOST_CHARS = {"actor": 200, "action": 40, "key_id": 64, "subject": 200, "request_id": 64}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the holder of an API key, or whoever runs a command."""

    name: str
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One action, as it goes into the ledger. Hashes are SHA-256 in lower-case hexadecimal.

    Attributes
    ----------
    subject : str or None
        Id of what was acted on, or asked about; never free text.
    input_hash : str or None
        Of what was given: an article (see `article_hash`) or the canonical JSON of a request.
    output_hash : str or None
        Of what came out: the bytes of an answer, or the canonical JSON of the thing made.
    detail : mapping or None
        A few facts more: strings, whole numbers, booleans, lists and mappings of these.

    Raises
    ------
    ValueError
        A field cannot be stored: in the hands of whoever acts, not later in the ledger's.
    """

    occurred_at: datetime  # UTC-aware
    actor: str
    action: Action
    key_id: str | None = None
    subject: str | None = None
    request_id: str | None = None
    input_hash: str | None = None
    output_hash: str | None = None
    model_version: str | None = None
    knowledge_hash: str | None = None
    detail: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        for name, most in _MOST_CHARS.items():
            value = getattr(self, name)
            if value is None and name != "actor":
                continue
            if not value or len(value) > most or "\0" in value:
                raise ValueError(f"an entry's {name} has 1 to {most} characters, and no NUL among them")
            value.encode()  # a lone surrogate is no text
        if self.occurred_at.tzinfo is None:
            raise ValueError("an entry's time needs a time zone")
        try:
            canonical(self.detail)
        except TypeError as error:
            raise ValueError(f"an entry's detail must be JSON: {error}") from None


def canonical(value: object) -> bytes:
    """JSON text in UTF-8 with sorted keys and no blanks: one value, one spelling.

    The same as Python's ``json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))``.
    Numbers with very large or very small exponents apart, which nothing here holds.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def article_hash(article: Article) -> str:
    """The hash of an article's fields as sent: the same however it came in, whatever was made of it.

    Of the canonical JSON of those of `title`, `text`, `html`, `url`, `source`, `published_at` (ISO 8601 in
    UTC) and `language` that were given.
    """
    fields = {
        "title": article.title or None,
        "text": article.text,
        "html": article.html,
        "url": article.url,
        "source": article.source,
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "language": article.language,
    }
    return digest(canonical({name: value for name, value in fields.items() if value is not None}))


def process_actor() -> Actor:
    """Who runs this process: "cli:" and the name of the operating system's user."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        name = f"uid {os.getuid()}"
    return Actor(f"cli:{plain(name)}"[:200])


def plain(text: str) -> str:
    """A text without what databases do not take: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
