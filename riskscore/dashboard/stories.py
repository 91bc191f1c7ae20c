"""`GET /stories/{id}`: a set of near-duplicates, what each copy scores, and whom it names."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from riskscore.api.context import ContextDep, ItemId
from riskscore.api.record_schemas import StoryAnswer
from riskscore.api.records import Records, RecordsDep
from riskscore.api.stories import Page as StoryPage
from riskscore.api.stories import shown_story
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.sessions import page_needs
from riskscore.store.assessments import AssessmentRecord, latest_assessments

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("read")])


@router.get("/stories/{story_id}")
async def show_story(
    request: Request,
    context: ContextDep,
    records: RecordsDep,
    story_id: ItemId,
    page: Annotated[StoryPage, Query()],
) -> Response:
    """The story's page."""
    story, scored = await context.run_unscored(context.deadline(), _story, records, story_id, page)
    return render(request, "story.html", story=story, scored=scored)


def _story(
    records: Records, story_id: str, page: StoryPage
) -> tuple[StoryAnswer, dict[str, AssessmentRecord]]:
    story = shown_story(records, story_id, page)
    with records.store.read() as connection:
        return story, latest_assessments(connection, [one["article_id"] for one in story["articles"]])
