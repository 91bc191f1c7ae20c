"""`GET /v1/stories/{id}`: a set of near-duplicates and the articles in it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.body import json_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.cursors import decode_cursor, encode_cursor
from riskscore.api.faults import shown
from riskscore.api.record_answers import story_answer
from riskscore.api.record_schemas import StoryAnswer
from riskscore.api.records import Records, RecordsDep
from riskscore.store.articles import articles_of_story
from riskscore.store.stories import count_copies, find_story

router = APIRouter(tags=["articles"], dependencies=[needs("read")])


class Page(BaseModel):
    """Which part of a list to return."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(None, max_length=500, description="The last page's `next_cursor`.")
    limit: int = Field(100, ge=1, le=1_000, description="Most entries to return.")


@router.get(
    "/v1/stories/{story_id}",
    summary="Show a story",
    response_model=StoryAnswer,
    responses=problems.documented(problems.NOT_FOUND, problems.INVALID_REQUEST, problems.BUSY),
)
async def show_story(
    context: ContextDep, records: RecordsDep, story_id: ItemId, page: Annotated[Page, Query()]
) -> Response:
    """However many copies a story has, it counts once in a company's risk."""
    return json_response(await context.run_unscored(context.deadline(), shown_story, records, story_id, page))


def shown_story(records: Records, story_id: str, page: Page) -> StoryAnswer:
    """A story with one page of its articles."""
    after = None
    if page.cursor is not None:
        after = cast(tuple[datetime, str], tuple(decode_cursor(page.cursor, (datetime, str))))
    with records.store.read() as connection:
        story = find_story(connection, story_id)
        if story is None:
            raise problems.NotFoundError(f"there is no story {shown(story_id)!r}", "story_id")
        articles = articles_of_story(connection, story_id, after, page.limit + 1)
        copies = count_copies(connection, [story_id])[story_id]
    shown_here = articles[: page.limit]
    more = len(articles) > page.limit
    last = shown_here[-1] if shown_here else None
    cursor = encode_cursor(last.received_at, last.article_id) if more and last else None
    return story_answer(story, copies, shown_here, cursor)
