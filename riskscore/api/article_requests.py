"""Decoded JSON of an article to store in, a `Submission` out; one object, or one line of a bulk request."""

from __future__ import annotations

from pydantic import Field

from riskscore.api.faults import validated
from riskscore.api.requests import MAX_ID_CHARS, ArticleFields, Limits, Submission, item_id, submission_of
from riskscore.wire.encoding import decode_json


class ArticleRequest(ArticleFields):
    """An article to score and keep."""


class BulkLine(ArticleFields):
    """One line of a bulk request."""

    id: str | None = Field(
        default=None,
        max_length=MAX_ID_CHARS,
        description="Your own name for the article; comes back with its result.",
    )


def read_article(value: object, limits: Limits) -> Submission:
    """Check one `ArticleRequest`.

    Raises
    ------
    InvalidRequestError
        With every fault found, each naming its field.
    """
    return submission_of(validated(ArticleRequest, value), limits)


def read_line(line: bytes, limits: Limits) -> tuple[str | None, Submission]:
    """Check one `BulkLine`: its `id` and its article.

    Raises
    ------
    MalformedJsonError, InvalidRequestError
    """
    value = decode_json(line)
    return item_id(value), submission_of(validated(BulkLine, value), limits)
