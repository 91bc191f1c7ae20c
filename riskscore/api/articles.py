"""`POST /v1/articles` and `GET /v1/articles/{id}`: news to score and keep, and how it was kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.article_requests import ArticleRequest, read_article
from riskscore.api.body import JsonBody, documented_body, json_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.faults import shown
from riskscore.api.record_answers import article_answer, stored_answer
from riskscore.api.record_schemas import ArticleAnswer, StoredAnswer
from riskscore.api.records import Records, RecordsDep
from riskscore.api.requests import Limits
from riskscore.errors import InputError
from riskscore.examples import example_request
from riskscore.service import request_hash
from riskscore.store.articles import find_articles
from riskscore.store.assessments import assessments_of
from riskscore.store.mentions import companies_of
from riskscore.store.portfolio import searches_of
from riskscore.wire.encoding import encode_json

router = APIRouter(tags=["articles"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="A word of your own for this request. Sent again with the same body, it gets the same "
        "answer; with another body, a problem.",
    ),
]


@router.post(
    "/v1/articles",
    summary="Score an article and keep it",
    dependencies=[needs("write")],
    response_model=StoredAnswer,
    responses={
        202: {"model": StoredAnswer, "description": "Stored now; what follows from it may take a moment."},
        **problems.documented(
            problems.MALFORMED_JSON,
            problems.SLOW_BODY,
            problems.TOO_LARGE,
            problems.UNSUPPORTED_MEDIA_TYPE,
            problems.INVALID_REQUEST,
            problems.BUSY,
        ),
    },
    openapi_extra=documented_body(ArticleRequest, {"news item": example_request()}),
)
async def store_article(
    context: ContextDep, records: RecordsDep, body: JsonBody, idempotency_key: IdempotencyKey = None
) -> Response:
    """Status 202 when the article is new, 200 when it was stored before; either way with its assessment.

    An answer means that the article is on disk. The same title and body from the same source are one
    article, with or without an `Idempotency-Key`; it is not scored again, whatever `model_version` says.
    """
    content, created = await context.run(
        context.deadline(), store, records, context.limits, body, idempotency_key
    )
    return Response(content, 202 if created else 200, media_type="application/json")


def store(records: Records, limits: Limits, body: object, key: str | None) -> tuple[bytes, bool]:
    """Store the article of a request: the answer, and whether it is new."""
    submission = read_article(body, limits)
    assessor = records.scorer(submission.model_version)
    newsroom = records.newsroom
    if key is not None:
        result = newsroom.ingest_once(submission.article, key, request_hash(encode_json(body)), assessor)
    else:
        (only,) = newsroom.ingest([submission.article], [assessor])
        if isinstance(only, InputError):
            raise only
        result = only
    return stored_answer(result, submission.warnings), result.created


@router.get(
    "/v1/articles/{article_id}",
    summary="Show a stored article",
    dependencies=[needs("read")],
    response_model=ArticleAnswer,
    responses=problems.documented(problems.NOT_FOUND, problems.INVALID_REQUEST, problems.BUSY),
)
async def show_article(context: ContextDep, records: RecordsDep, article_id: ItemId) -> Response:
    """The article as it was sent, and every assessment of it."""
    return json_response(await context.run_unscored(context.deadline(), show_stored, records, article_id))


def show_stored(records: Records, article_id: str) -> ArticleAnswer:
    """A stored article."""
    with records.store.read() as connection:
        record = find_articles(connection, [article_id]).get(article_id)
        if record is None:
            raise problems.NotFoundError(f"there is no article {shown(article_id)!r}", "article_id")
        companies = companies_of(connection, [article_id]).get(article_id, [])
        assessments = assessments_of(connection, article_id)
        searches = searches_of(connection, [one.assessment_key for one in assessments])
        return article_answer(record, assessments, companies, searches)
