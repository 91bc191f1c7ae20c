"""An article, a model and the knowledge in, the id of their assessment out."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import orjson

from riskscore.types import Article


def assessment_id(article: Article, model_identity: str, knowledge_hash: str, base_rate: float | None) -> str:
    """Same article, model, knowledge and base rate, same id."""
    identity = orjson.dumps(
        [
            model_identity,
            knowledge_hash,
            *(
                None if part is None else part.encode("utf-8", "surrogatepass").hex()
                for part in (article.title, article.text, article.html, article.language)
            ),
            in_utc(article.published_at),
            *(() if base_rate is None else (base_rate,)),
        ]
    )
    return f"as_{hashlib.sha256(identity).hexdigest()[:32]}"


def in_utc(moment: datetime | None) -> datetime | None:
    """The same instant, and the same day, whatever zone it was given in."""
    if moment is None or moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within a day of the first year's beginning or the last one's end
        return moment
