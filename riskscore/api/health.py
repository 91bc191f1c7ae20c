"""`GET /healthz` and `/readyz`: whether the process lives, and whether it can score."""

from __future__ import annotations

import anyio
from fastapi import APIRouter
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.body import json_response
from riskscore.api.context import ContextDep
from riskscore.api.problems import BusyError
from riskscore.types import Article
from riskscore.wire.schemas import HealthAnswer, ReadyAnswer

router = APIRouter(tags=["health"])

# Far longer than the probe takes, and shorter than those who ask wait as a rule.
_READY_WITHIN_S = 1.0

_PROBE = Article(
    title="Washington weighs new licences for chip exports",
    text="The Commerce Department is weighing new licences for exports of advanced chips to China."
    " Officials said so on Monday.",
)


@router.get(
    "/healthz", summary="Is the process alive?", response_model=HealthAnswer, responses=problems.documented()
)
async def healthz() -> Response:
    """200 as long as the event loop turns; restart the process when it does not come."""
    answer: HealthAnswer = {"status": "alive"}
    return json_response(answer)


@router.get(
    "/readyz",
    summary="Can it score?",
    response_model=ReadyAnswer,
    responses=problems.documented(problems.BUSY),
)
async def readyz(context: ContextDep) -> Response:
    """200 once a short article was scored; 503 while every scoring thread is taken. Send no traffic then."""
    deadline = min(context.deadline(), anyio.current_time() + _READY_WITHIN_S)
    try:
        assessment = await context.run(deadline, context.assessor.assess, _PROBE)
    except BusyError:
        raise BusyError("no article could be scored at once: every scoring thread is taken") from None
    answer: ReadyAnswer = {
        "status": "ready",
        "model_version": assessment.model_version,
        "knowledge_hash": assessment.knowledge_hash,
    }
    return json_response(answer)
