"""`GET /health/live` and `/health/ready`: whether the process lives, and whether it could do its work now.

`/healthz` and `/readyz` are the same under the names that some orchestrators expect.
"""

from __future__ import annotations

import anyio
from fastapi import APIRouter
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import OPEN
from riskscore.api.body import json_response
from riskscore.api.context import Context, ContextDep
from riskscore.api.problems import BusyError, NotReadyError
from riskscore.api.readiness import amiss
from riskscore.api.records import Records, RecordsDep
from riskscore.assess import Assessor
from riskscore.types import Article, Assessment
from riskscore.wire.schemas import HealthAnswer, ReadyAnswer

router = APIRouter(tags=["health"], dependencies=[OPEN])

# Far longer than the probe takes, and shorter than those who ask wait as a rule.
_READY_WITHIN_S = 1.0

_READY_PROBLEMS = problems.documented(problems.BUSY)

_PROBE = Article(
    title="Washington weighs new licences for chip exports",
    text="The Commerce Department is weighing new licences for exports of advanced chips to China."
    " Officials said so on Monday.",
)


@router.get(
    "/healthz", summary="Is the process alive?", response_model=HealthAnswer, responses=problems.documented()
)
@router.get(
    "/health/live",
    summary="Is the process alive?",
    response_model=HealthAnswer,
    responses=problems.documented(),
)
async def healthz() -> Response:
    """200 as long as the event loop turns; restart the process when it does not come."""
    answer: HealthAnswer = {"status": "alive"}
    return json_response(answer)


@router.get("/readyz", summary="Can it do its work?", response_model=ReadyAnswer, responses=_READY_PROBLEMS)
@router.get(
    "/health/ready", summary="Can it do its work?", response_model=ReadyAnswer, responses=_READY_PROBLEMS
)
async def readyz(context: ContextDep, records: RecordsDep) -> Response:
    """200 once a short article was scored and could be stored; 503, saying what is amiss, otherwise.

    Scored by the model in force, whose hashes were checked when it was loaded. The database answers and has
    the schema of this code; beside an SQLite database there is room and leave to write. Send no traffic when
    it is 503; do not restart the process for it.
    """
    assessment = await checked(context, records)
    answer: ReadyAnswer = {
        "status": "ready",
        "model_version": assessment.model_version,
        "knowledge_hash": assessment.knowledge_hash,
    }
    return json_response(answer)


async def checked(context: Context, records: Records) -> Assessment:
    """The assessment of a short article by the model in force, where it could be stored too.

    Raises
    ------
    BusyError, NotReadyError
    """
    deadline = soon(context)
    assessment = await probed(context, context.assessor, deadline)
    if faults := await context.run_unscored(deadline, amiss, records):
        raise NotReadyError(faults)
    return assessment


def soon(context: Context) -> float:
    """By when a probe must have its answer (event loop's clock)."""
    return min(context.deadline(), anyio.current_time() + _READY_WITHIN_S)


async def probed(context: Context, assessor: Assessor, deadline: float) -> Assessment:
    """The assessment of a short article by any model.

    Raises
    ------
    BusyError
    """
    try:
        return await context.run(deadline, assessor.assess, _PROBE)
    except BusyError:
        raise BusyError("no article could be scored at once: every scoring thread is taken") from None
