"""`/review`: what is best worth an analyst's reading, and the page on which she corrects an assessment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from riskscore.api.context import Context, ContextDep, ItemId
from riskscore.api.label_answers import label_answer
from riskscore.api.label_schemas import AgreementAnswer, LabelAnswer, ReviewQueueAnswer
from riskscore.api.labels import (
    JSON_LINES,
    LabelsQuery,
    author_of,
    begun_export,
    export_lines,
    labelled,
    need_article,
    need_text,
)
from riskscore.api.records import Records, RecordsDep
from riskscore.api.review import AgreementQuery, QueueQuery, analysts_agreement, review_queue
from riskscore.dashboard.forms import Form, PostedForm
from riskscore.dashboard.label_forms import fields_of_assessment, fields_of_label, label_of, missing
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.sessions import page_needs, signer
from riskscore.errors import InputError
from riskscore.labels.label import GENRES
from riskscore.labels.reading import ReadText
from riskscore.store.articles import ArticleRecord
from riskscore.store.labels import LabelFilter, count_labels, list_labels
from riskscore.types import DIRECTIONS, STAGES
from riskscore.wire.schemas import AssessmentAnswer

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("read")])
correcting_router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("write")])

_PER_PAGE = 25
_MOST_LABELS = 200  # of an article, shown


class ReviewQuery(BaseModel):
    """Whose queue."""

    model_config = ConfigDict(extra="forbid")

    author: str = Field("", max_length=200)
    done: str = Field("", max_length=40)  # the article that was just labelled


@dataclass(frozen=True, slots=True)
class Correction:
    """What the page for one article shows."""

    article: ArticleRecord
    answer: AssessmentAnswer
    read: ReadText
    form: Form  # filled in
    mine: list[LabelAnswer]  # the author's own, newest first
    others: list[LabelAnswer]  # hidden until there is one of the author's own: second readings are blind


@router.get("/review")
async def show_review(
    request: Request, context: ContextDep, records: RecordsDep, query: Annotated[ReviewQuery, Query()]
) -> Response:
    """The queue, how much is labelled, and how far analysts agree."""
    author = signer(request) or query.author
    queue = await _queue(context, records, author, _PER_PAGE)
    agreement, counted = await context.run_unscored(context.deadline(), _progress, records)
    return render(
        request,
        "review.html",
        queue=queue,
        agreement=agreement,
        counted=counted,
        author=author,
        signer=signer(request),
        done=query.done,
    )


async def _queue(context: Context, records: Records, author: str, limit: int) -> ReviewQueueAnswer:
    asked = QueueQuery.model_validate({"limit": limit, "author": author or None})
    run = context.run if records.lineup.challenger is not None else context.run_unscored
    return await run(context.deadline(), review_queue, records, asked)


def _progress(records: Records) -> tuple[AgreementAnswer, tuple[int, int]]:
    with records.store.read() as connection:
        counted = count_labels(connection)
    return analysts_agreement(records, AgreementQuery.model_validate({})), counted


@router.get("/review/next")
async def show_next(
    request: Request, context: ContextDep, records: RecordsDep, query: Annotated[ReviewQuery, Query()]
) -> Response:
    """Lead to the first article of the queue; to the queue itself where that is empty."""
    author = signer(request) or query.author
    items = (await _queue(context, records, author, 1))["items"]
    path = f"/review/{items[0]['article_id']}" if items else "/review"
    return _leading(path, request, query.author, "" if items else query.done)


@router.get("/review/labels.jsonl")
async def export_labels(context: ContextDep, records: RecordsDep) -> Response:
    """All labels in force, as `python -m training retrain` reads them."""
    everything = LabelsQuery.model_validate({"format": "jsonl"})
    export = await context.run_unscored(context.deadline(), begun_export, records, everything)
    first = await context.run_unscored(context.deadline(), export.batch)
    headers = {"content-disposition": 'attachment; filename="labels.jsonl"'}
    return StreamingResponse(export_lines(context, export, first), media_type=JSON_LINES, headers=headers)


@router.get("/review/{article_id}")
async def show_correction(
    request: Request,
    context: ContextDep,
    records: RecordsDep,
    article_id: ItemId,
    query: Annotated[ReviewQuery, Query()],
) -> Response:
    """One article to label, filled in with the author's own label, or else with what the model says."""
    author = signer(request) or query.author
    found = await context.run_unscored(context.deadline(), _correction, records, article_id, author)
    return _page(request, found, found.form, author)


def _correction(records: Records, article_id: str, author: str) -> Correction:
    with records.store.read() as connection:
        article, assessments = need_article(connection, article_id)
        wanted = LabelFilter(article_id=article_id, in_force=False)
        labels = [label_answer(one) for one in list_labels(connection, wanted, _MOST_LABELS)]
    read = need_text(article)
    assert article.article is not None
    answer: AssessmentAnswer = orjson.loads(assessments[-1].answer)
    me = author_of(records, author or None)
    mine = [one for one in labels if (one["author"]["name"], one["author"]["key_id"]) == me]
    others = [one for one in labels if one not in mine] if mine else []
    form = fields_of_label(mine[0], read) if mine else fields_of_assessment(answer, article.article, read)
    return Correction(article, answer, read, form, mine, others)


def _page(request: Request, found: Correction, form: Form, author: str, fault: str | None = None) -> Response:
    return render(
        request,
        "correct.html",
        status=422 if fault else 200,
        found=found,
        form=form,
        author=author,
        signer=signer(request),
        fault=fault,
        stages=STAGES,
        directions=DIRECTIONS,
        genres=sorted(GENRES),
    )


@correcting_router.post("/review/{article_id}")
async def save_correction(
    request: Request, context: ContextDep, records: RecordsDep, article_id: ItemId, form: PostedForm
) -> Response:
    """Keep a label, and lead on."""
    author = signer(request) or form.text("author")
    found = await context.run_unscored(context.deadline(), _correction, records, article_id, author)
    try:
        wanted = label_of(form, found.read) | {"author": author or None}
        if lacking := missing(wanted):
            return _page(request, found, form, author, lacking)
        await context.run_unscored(context.deadline(), labelled, records, article_id, wanted)
    except InputError as error:
        if error.field == "article_id":
            raise
        return _page(request, found, form, author, str(error))
    path = "/review/next" if form.text("action") == "next" else "/review"
    return _leading(path, request, author, article_id)


def _leading(path: str, request: Request, author: str, done: str) -> Response:
    """A redirection that keeps the name of an analyst whom no key names."""
    kept = {"author": author if signer(request) is None else "", "done": done}
    query = urlencode({name: value for name, value in kept.items() if value})
    return RedirectResponse(f"{path}?{query}" if query else path, 303)
