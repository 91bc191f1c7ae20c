"""`GET /v1/changes`: all that happened to the records, complete and in order."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from riskscore.api import problems, tabular
from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.context import ContextDep
from riskscore.api.cursors import decode_cursor, encode_cursor
from riskscore.api.record_answers import change_answer
from riskscore.api.record_schemas import ChangesAnswer
from riskscore.api.records import Records, RecordsDep
from riskscore.api.stories import Page
from riskscore.store.changes import bounds, changes_after
from riskscore.wire.encoding import encode_json

router = APIRouter(tags=["articles"], dependencies=[needs("read")])

_COLUMNS = ("sequence", "recorded_at", "kind", "subject")


class ChangesPage(Page):
    """Which part of the feed to return."""

    format: Literal["json", "csv"] = Field("json", description="csv for a spreadsheet.")


@router.get(
    "/v1/changes",
    summary="Follow what happens",
    response_model=ChangesAnswer,
    responses={
        200: {"content": tabular.DOCUMENTED},
        **problems.documented(problems.INVALID_REQUEST, problems.BUSY),
    },
)
async def list_changes(
    context: ContextDep, records: RecordsDep, page: Annotated[ChangesPage, Query()]
) -> Response:
    """Keep `next_cursor` and ask again: no change is ever missed, given twice, or out of order."""
    answer = await context.run_unscored(context.deadline(), listed_changes, records, page)
    if page.format == "csv":
        rows = [
            {**change, "subject": encode_json(change["subject"]).decode()} for change in answer["changes"]
        ]
        response = tabular.csv_response(_COLUMNS, rows)
        response.headers["next-cursor"] = answer["next_cursor"]
        return response
    return json_response(answer)


def listed_changes(records: Records, page: Page) -> ChangesAnswer:
    """One page of the feed."""
    after = 0
    if page.cursor is not None:
        (place,) = decode_cursor(page.cursor, (int,))
        assert isinstance(place, int)
        after = place
    with records.store.read() as connection:
        listed = changes_after(connection, after, page.limit)
        first_kept, _ = bounds(connection)
    answer: ChangesAnswer = {
        "changes": [change_answer(change) for change in listed],
        "next_cursor": encode_cursor(listed[-1].sequence if listed else after),
    }
    if first_kept > after + 1:
        answer["first_kept"] = first_kept
    return answer
