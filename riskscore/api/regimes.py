"""`GET /v1/regimes`: the words in which an assessment answers, and what they mean."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.context import ContextDep
from riskscore.wire.answers import regimes_answer
from riskscore.wire.schemas import RegimesAnswer

router = APIRouter(tags=["knowledge"], dependencies=[needs("read")])


@router.get(
    "/v1/regimes",
    summary="List regimes, severities, stages and directions",
    response_model=RegimesAnswer,
    responses=problems.documented(),
)
async def list_regimes(context: ContextDep) -> Response:
    """What each regime covers, and what each word of an assessment stands for."""
    return json_response(regimes_answer(context.assessor.knowledge.vocabulary))
