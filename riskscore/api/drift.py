"""`GET /v1/drift`: whether a model's scores still look as they did, told from counts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.context import ContextDep
from riskscore.api.endpoints import READ_PROBLEMS
from riskscore.api.model_answers import drift_answer
from riskscore.api.model_schemas import DriftAnswer
from riskscore.api.models import ProductionDep
from riskscore.api.records import Records, RecordsDep
from riskscore.drift.counts import HeadSet
from riskscore.drift.evaluation import evaluate
from riskscore.models.production import Production

router = APIRouter(tags=["model"], dependencies=[needs("read")])


class DriftQuery(BaseModel):
    """Which model, and over how long."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model_version: str | None = Field(
        None, max_length=100, description="The one that answers by default when not given."
    )
    language: str = Field("en", pattern="^[a-z]{2}$", description="Of the head set.")
    hours: int | None = Field(
        None, ge=1, le=8_760, description="Up to now; the setting `drift_window_h` when not given."
    )


@router.get("/v1/drift", summary="Tell how scores drift", response_model=DriftAnswer, responses=READ_PROBLEMS)
async def show_drift(
    context: ContextDep,
    records: RecordsDep,
    production: ProductionDep,
    query: Annotated[DriftQuery, Query()],
) -> Response:
    """Per source: stability of the scores, share flagged, share abstained on, words never seen in training.

    No text is kept for it. `message` says what is missing where there is no index.
    """
    return json_response(
        await context.run_unscored(context.deadline(), answered_drift, records, production, query)
    )


def answered_drift(records: Records, production: Production, query: DriftQuery) -> DriftAnswer:
    """The drift of one model."""
    production.keeper.try_to(production.keeper.flush)  # what was scored a moment ago counts too
    heads = HeadSet(query.model_version or records.lineup.default, query.language)
    policy = production.policy
    if query.hours is not None:
        policy = replace(policy, window=timedelta(hours=query.hours))
    now = records.newsroom.clock()
    with records.store.read() as connection:
        found = evaluate(connection, policy, production.training_reference, now)
    return drift_answer(heads, found.get(heads, []), policy, now)
