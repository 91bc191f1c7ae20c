"""`GET /v1/model`: which model answers, how well it was measured to do, and its card."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.context import ContextDep
from riskscore.wire.answers import model_answer
from riskscore.wire.schemas import ModelAnswer

router = APIRouter(tags=["model"], dependencies=[needs("read")])


@router.get(
    "/v1/model",
    summary="Describe the model",
    response_model=ModelAnswer,
    responses=problems.documented(),
)
async def show_model(context: ContextDep) -> Response:
    """The model's version, thresholds, metrics, hashes and card."""
    return json_response(model_answer(context.assessor))
