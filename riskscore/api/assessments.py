"""`GET /v1/assessments/{id}` and `/replay`: an assessment as recorded, and whether it still holds."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.faults import shown
from riskscore.api.record_answers import moment
from riskscore.api.record_schemas import ReplayAnswer
from riskscore.api.records import Records, RecordsDep
from riskscore.dossier.replay import replay
from riskscore.store.articles import find_articles
from riskscore.store.assessments import AssessmentRecord, find_assessment
from riskscore.wire.schemas import AssessmentAnswer

router = APIRouter(tags=["articles"], dependencies=[needs("read")])

_PROBLEMS = problems.documented(problems.NOT_FOUND, problems.INVALID_REQUEST, problems.BUSY)


@router.get(
    "/v1/assessments/{assessment_id}",
    summary="Show a stored assessment",
    response_model=AssessmentAnswer,
    responses=_PROBLEMS,
)
async def show_assessment(context: ContextDep, records: RecordsDep, assessment_id: ItemId) -> Response:
    """Byte for byte as it was worked out."""
    record = await context.run_unscored(context.deadline(), shown_assessment, records, assessment_id)
    headers = {"ETag": f'"{record.answer_sha256}"'}
    return Response(record.answer, headers=headers, media_type="application/json")


def shown_assessment(records: Records, assessment_id: str) -> AssessmentRecord:
    """A stored assessment."""
    with records.store.read() as connection:
        return _found(connection, assessment_id)


def _found(connection: Connection, assessment_id: str) -> AssessmentRecord:
    record = find_assessment(connection, assessment_id)
    if record is None:
        raise problems.NotFoundError(f"there is no assessment {shown(assessment_id)!r}", "assessment_id")
    return record


@router.get(
    "/v1/assessments/{assessment_id}/replay",
    summary="Score again with the recorded model",
    response_model=ReplayAnswer,
    responses=_PROBLEMS,
)
async def replay_assessment(context: ContextDep, records: RecordsDep, assessment_id: ItemId) -> Response:
    """`identical` is true when the bytes are equal; null, with a reason, when it cannot be tried."""
    return json_response(await context.run(context.deadline(), replayed, records, assessment_id))


def replayed(records: Records, assessment_id: str) -> ReplayAnswer:
    """Score a stored assessment again."""
    with records.store.read() as connection:
        record = _found(connection, assessment_id)
        article = find_articles(connection, [record.article_id])[record.article_id].article
    outcome = replay(record, article, records.assessor_of)
    answer: ReplayAnswer = {
        "assessment_id": assessment_id,
        "recorded_at": moment(record.recorded_at),
        "identical": outcome.identical,
        "reason": outcome.reason,
        "differences": list(outcome.differences),
        "recorded": {
            "model_version": record.model_version,
            "knowledge_hash": record.knowledge_hash,
            "sha256": record.answer_sha256,
        },
        "replayed": None,
    }
    if outcome.sha256 is not None and outcome.knowledge_hash is not None:
        answer["replayed"] = {
            "model_version": record.model_version,
            "knowledge_hash": outcome.knowledge_hash,
            "sha256": outcome.sha256,
        }
    records.trail.asked("assessment.replayed", [assessment_id], {"assessment_id": assessment_id}, answer)
    return answer
