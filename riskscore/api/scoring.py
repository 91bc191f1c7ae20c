"""`POST /v1/score` and `/v1/score/batch`: articles in, assessments out."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import charge, needs
from riskscore.api.body import JsonBody, documented_body
from riskscore.api.context import Context, ContextDep
from riskscore.api.middleware import log_fault
from riskscore.api.records import Records, RecordsDep
from riskscore.api.requests import (
    BatchRequest,
    ScoreRequest,
    Submission,
    item_id,
    read_item,
    read_items,
    read_submission,
)
from riskscore.examples import example_batch, example_request
from riskscore.types import Assessment
from riskscore.wire.answers import score_answer
from riskscore.wire.encoding import encode_json
from riskscore.wire.schemas import AssessmentAnswer, BatchAnswer

router = APIRouter(tags=["scoring"], dependencies=[needs("score")])

_BODY_PROBLEMS = problems.documented(
    problems.MALFORMED_JSON,
    problems.SLOW_BODY,
    problems.TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
    problems.INVALID_REQUEST,
    problems.BUSY,
)


@router.post(
    "/v1/score",
    summary="Score one article",
    response_model=AssessmentAnswer,
    responses=_BODY_PROBLEMS,
    openapi_extra=documented_body(ScoreRequest, {"news item": example_request()}),
)
async def score(context: ContextDep, records: RecordsDep, body: JsonBody) -> Response:
    """Regime by regime: score, probability, severity, evidence, contributions and the rules it is about.

    An article that cannot be judged (too short, not English) is abstained on with a reason, never scored 0.
    """
    content = await context.run(context.deadline(), _score, context, records, body)
    return Response(content, media_type="application/json")


def _score(context: Context, records: Records, body: object) -> bytes:
    return assessed(records, read_submission(body, context.limits))


def assessed(records: Records, submission: Submission) -> bytes:
    """An article's assessment, encoded, and recorded in the ledger."""
    return judged(records, submission)[1]


def judged(records: Records, submission: Submission) -> tuple[Assessment, bytes]:
    """An article's assessment, and the same encoded, as it is recorded in the ledger."""
    assessor = records.scorer(submission.model_version, f"{submission.path}model_version")
    assessment = submission.assess(assessor, records.portfolio)
    content = encode_json(score_answer(assessment))
    records.trail.scored(submission.article, assessment, content, submission.options())
    return assessment, content


@router.post(
    "/v1/score/batch",
    summary="Score many articles",
    response_model=BatchAnswer,
    responses=_BODY_PROBLEMS,
    openapi_extra=documented_body(BatchRequest, {"two items": example_batch()}),
)
async def score_batch(request: Request, context: ContextDep, records: RecordsDep, body: JsonBody) -> Response:
    """One result per item, in order: an assessment, or a problem that leaves the other items alone.

    Items that are not reached in time come back with a problem of status 503; send those again.
    """
    deadline = context.deadline()
    items = await context.run(deadline, read_items, body, context.limits)
    charge(request, len(items) - 1)
    results = [
        await _result(request, context, records, deadline, index, item) for index, item in enumerate(items)
    ]
    return Response(b'{"results":[' + b",".join(results) + b"]}", media_type="application/json")


async def _result(
    request: Request, context: Context, records: Records, deadline: float, index: int, item: object
) -> bytes:
    """The encoded result of one item; whatever goes wrong with it stays within it."""
    try:
        return await context.run_on(deadline, _score_item, context, records, index, item)
    except Exception as error:
        problem = problems.problem_of(error)
        if problem.kind is problems.INTERNAL_ERROR:
            log_fault(error, request.state.request_id)
        instance = f"{problems.instance_of(request)}#/items/{index}"
        return encode_json({"id": item_id(item), "error": problem.answer(instance, request.state.request_id)})


def _score_item(context: Context, records: Records, index: int, item: object) -> bytes:
    assessment = assessed(records, read_item(item, index, context.limits))
    return b'{"id":' + encode_json(item_id(item)) + b',"assessment":' + assessment + b"}"
