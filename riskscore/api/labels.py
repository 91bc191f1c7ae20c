"""`POST /v1/articles/{id}/labels`, `GET /v1/labels`: analysts' corrections, and their export for training."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from riskscore.alerts.events import new_id
from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.alert_requests import read
from riskscore.api.body import JsonBody, documented_body, json_response
from riskscore.api.context import Context, ContextDep, ItemId
from riskscore.api.cursors import decode_cursor, encode_cursor
from riskscore.api.endpoints import READ_PROBLEMS, WRITE_PROBLEMS
from riskscore.api.faults import Fault, InvalidRequestError, shown
from riskscore.api.label_answers import label_answer
from riskscore.api.label_requests import LabelRequest
from riskscore.api.label_schemas import LabelAnswer, LabelsAnswer
from riskscore.api.moment import Moment
from riskscore.api.records import Records, RecordsDep
from riskscore.api.stories import Page
from riskscore.errors import InputError
from riskscore.labels.label import Author, Label, label_faults
from riskscore.labels.reading import ReadText, read_text
from riskscore.reviewing.exporting import Export
from riskscore.store.articles import ArticleRecord, find_articles, known_articles
from riskscore.store.assessments import AssessmentRecord, assessments_of
from riskscore.store.labels import LabelFilter, add_label, list_labels
from riskscore.types import Regime
from riskscore.wire.encoding import encode_json

router = APIRouter(tags=["review"])

JSON_LINES = "application/x-ndjson"
_EXAMPLE = {
    "labels": {"chips": 0, "cloud_data": 0, "outbound_investment": 0},
    "companies": [],
    "evidence": {},
    "note": "Ordinary product news: no measure in the text.",
}


class LabelsQuery(Page):
    """Which labels to list."""

    article_id: str | None = Field(None, max_length=40)
    story_id: str | None = Field(None, max_length=40)
    author: str | None = Field(None, max_length=200)
    key_id: str | None = Field(None, max_length=64)
    regime: Regime | None = Field(None, description="That is labelled.")
    since: Moment | None = None
    until: Moment | None = Field(None, description="Not included.")
    superseded: bool = Field(False, description="Those that their author has superseded, too.")
    format: Literal["json", "jsonl"] = Field(
        "json",
        description="jsonl: all at once, as records of the training corpus, one of each article by its last "
        "label; without pages.",
    )

    def filter(self) -> LabelFilter:
        """As the store takes it."""
        return LabelFilter(
            self.article_id,
            self.story_id,
            self.author,
            self.key_id,
            self.regime,
            self.since,
            self.until,
            in_force=not self.superseded,
        )


@router.post(
    "/v1/articles/{article_id}/labels",
    summary="Correct an article's assessment",
    dependencies=[needs("write")],
    response_model=LabelAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(LabelRequest, {"nothing of the kind": _EXAMPLE}),
)
async def post_label(
    context: ContextDep, records: RecordsDep, article_id: ItemId, body: JsonBody
) -> Response:
    """Your reading of the article, by the codebook. It changes no score: it teaches the next model.

    Your earlier label of the article is superseded, and stays on record.
    """
    return json_response(await context.run_unscored(context.deadline(), labelled, records, article_id, body))


def labelled(records: Records, article_id: str, body: object) -> LabelAnswer:
    """An article with a label just given."""
    wanted = read(LabelRequest, body)
    author, label_id, at = author_of(records, wanted.author), new_id("lb"), records.newsroom.clock()
    with records.store.read() as connection:
        article, assessments = need_article(connection, article_id)
    corrected = _corrected(assessments, wanted.assessment_id)
    label = checked_label(wanted.label(), need_text(article))

    def work(connection: Connection) -> LabelAnswer:
        if not known_articles(connection, [article_id]):
            raise _no_article(article_id)  # pruned since
        made = add_label(
            connection,
            label_id,
            article_id,
            corrected.assessment_key,
            author,
            label,
            genre=wanted.genre,
            note=wanted.note,
            at=at,
        )
        answer = label_answer(made)
        records.trail.note(
            connection,
            "label.added" if made.sequence == 1 else "label.changed",
            label_id,
            given=wanted,
            made=answer,
            detail={"article_id": article_id, "sequence": made.sequence},
        )
        return answer

    return records.store.in_transaction(work)


def author_of(records: Records, name: str | None = None) -> Author:
    """Whoever asks, by the name given, or by that of the key."""
    actor = records.trail.actor
    return Author(name or actor.name, actor.key_id)


def need_article(connection: Connection, article_id: str) -> tuple[ArticleRecord, list[AssessmentRecord]]:
    """A stored article and its assessments, oldest first.

    Raises
    ------
    NotFoundError
    """
    article = find_articles(connection, [article_id]).get(article_id)
    if article is None:
        raise _no_article(article_id)
    return article, assessments_of(connection, article_id)


def _no_article(article_id: str) -> problems.NotFoundError:
    return problems.NotFoundError(f"there is no article {shown(article_id)!r}", "article_id")


def need_text(article: ArticleRecord) -> ReadText:
    """What is read of a stored article.

    Raises
    ------
    InputError
        Its text was not kept.
    """
    if article.article is None:
        raise InputError("cannot be labelled: the article's text was not kept", "article_id")
    return read_text(article.article)


def checked_label(label: Label, text: ReadText) -> Label:
    """The label, its quotations as they stand in the text that is read.

    Raises
    ------
    InvalidRequestError
    """
    found = Label(
        label.severity,
        label.stage,
        label.direction,
        tuple(one._replace(name=text.verbatim(one.name) or one.name) for one in label.companies),
        {
            regime: tuple(dict.fromkeys(text.verbatim(span) or span for span in spans))
            for regime, spans in label.evidence.items()
        },
    )
    faults = label_faults(
        found.severity,
        found.stage,
        found.direction,
        found.evidence,
        [one.name for one in found.companies],
        text.whole,
    )
    if told := [Fault(field, message) for field, message in faults]:
        raise InvalidRequestError(told)
    return found


def _corrected(assessments: list[AssessmentRecord], assessment_id: str | None) -> AssessmentRecord:
    if assessment_id is None:
        return assessments[-1]
    for one in reversed(assessments):
        if one.assessment_id == assessment_id:
            return one
    raise InputError("there is no such assessment of this article", "assessment_id")


@router.get(
    "/v1/labels",
    summary="List labels",
    dependencies=[needs("read")],
    response_model=LabelsAnswer,
    responses={
        200: {"content": {JSON_LINES: {"schema": {"type": "string"}}}},
        **READ_PROBLEMS,
    },
)
async def show_labels(
    context: ContextDep, records: RecordsDep, query: Annotated[LabelsQuery, Query()]
) -> Response:
    """The newest first; or all of them, as `python -m training retrain` reads them (`format=jsonl`)."""
    if query.format == "jsonl":
        export = await context.run_unscored(context.deadline(), begun_export, records, query)
        first = await context.run_unscored(context.deadline(), export.batch)
        return StreamingResponse(export_lines(context, export, first), media_type=JSON_LINES)
    return json_response(await context.run_unscored(context.deadline(), listed_labels, records, query))


def listed_labels(records: Records, query: LabelsQuery) -> LabelsAnswer:
    """One page of labels."""
    before = None
    if query.cursor is not None:
        (before,) = cast(list[int], decode_cursor(query.cursor, (int,)))
    with records.store.read() as connection:
        found = list_labels(connection, query.filter(), query.limit + 1, before)
    page = found[: query.limit]
    cursor = encode_cursor(page[-1].label_key) if len(found) > query.limit else None
    return {"labels": [label_answer(one) for one in page], "next_cursor": cursor}


def begun_export(records: Records, query: LabelsQuery) -> Export:
    """The export of what a query asks for."""
    return Export(records.store, query.filter())


async def export_lines(
    context: Context, export: Export, batch: list[dict[str, Any]] | None
) -> AsyncIterator[bytes]:
    """The first batch, then the others, each in a thread and with a deadline of its own."""
    while batch is not None:
        yield b"".join(encode_json(record) + b"\n" for record in batch)
        batch = await context.run_unscored(context.deadline(), export.batch)
