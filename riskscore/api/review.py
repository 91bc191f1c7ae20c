"""`GET /v1/review/queue` and `/v1/review/agreement`: what to label next, and how far analysts agree."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.context import ContextDep
from riskscore.api.endpoints import READ_PROBLEMS
from riskscore.api.label_answers import agreement_answer, author_answer, queued_answer
from riskscore.api.label_schemas import AgreementAnswer, ReviewQueueAnswer
from riskscore.api.labels import author_of
from riskscore.api.records import Records, RecordsDep
from riskscore.labels.agreement import agreements
from riskscore.reviewing.picking import Ask, asking, pick
from riskscore.store.labels import shared_labels

router = APIRouter(tags=["review"], dependencies=[needs("read")])


class QueueQuery(BaseModel):
    """Whose queue, and how much of it."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100, description="Most articles to return.")
    author: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Who labels, where several share a key or none is asked for; the key's name by default.",
    )


class AgreementQuery(BaseModel):
    """Which labels to compare."""

    model_config = ConfigDict(extra="forbid")

    labels: Literal["first", "in_force"] = Field(
        "first",
        description="first: each analyst's first label of an article, given before they could talk it over.",
    )


@router.get(
    "/v1/review/queue",
    summary="List what is best worth reviewing",
    response_model=ReviewQueueAnswer,
    responses=READ_PROBLEMS,
)
async def show_queue(
    context: ContextDep, records: RecordsDep, query: Annotated[QueueQuery, Query()]
) -> Response:
    """Of the newest stories, those near a threshold, those on which model and challenger differ, some that
    another has labelled, and some drawn by lot; one article of a story, and none that you have labelled.
    """
    scores = records.lineup.challenger is not None
    run = context.run if scores else context.run_unscored
    return json_response(await run(context.deadline(), review_queue, records, query))


def review_queue(records: Records, query: QueueQuery) -> ReviewQueueAnswer:
    """The queue of whoever asks."""
    author, lineup = author_of(records, query.author), records.lineup
    picked = pick(records.store, author, query.limit, _challenger(records))
    return {
        "author": author_answer(author),
        "challenger": lineup.challenger,
        "items": [queued_answer(one) for one in picked],
    }


def _challenger(records: Records) -> Ask | None:
    version = records.lineup.challenger
    return None if version is None else asking(records.lineup.find(version))


@router.get(
    "/v1/review/agreement",
    summary="Show how far analysts agree",
    response_model=AgreementAnswer,
    responses=READ_PROBLEMS,
)
async def show_agreement(
    context: ContextDep, records: RecordsDep, query: Annotated[AgreementQuery, Query()]
) -> Response:
    """Cohen's kappa on the articles that both of two analysts labelled, regime by regime."""
    return json_response(await context.run_unscored(context.deadline(), analysts_agreement, records, query))


def analysts_agreement(records: Records, query: AgreementQuery) -> AgreementAnswer:
    """How far analysts agree."""
    with records.store.read() as connection:
        shared = shared_labels(connection, first=query.labels == "first")
    return agreement_answer(len(shared), agreements(shared))
