"""`GET /articles/{id}`: an article as it was sent, what speaks in it, and a test of whether that holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from riskscore.api.articles import show_stored
from riskscore.api.assessments import replayed, shown_assessment
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.problems import NotFoundError
from riskscore.api.record_schemas import ArticleAnswer, ReplayAnswer
from riskscore.api.records import Records, RecordsDep
from riskscore.api.requests import Submission
from riskscore.api.scoring import assessed
from riskscore.dashboard.forms import PostedForm
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.reading import Lever, Reading, View, levers, read_assessed
from riskscore.dashboard.sessions import page_needs
from riskscore.errors import InputError
from riskscore.moments import parsed, utc
from riskscore.service import STORED_CONTRIBUTIONS, STORED_EVIDENCE
from riskscore.types import Article, Regime
from riskscore.wire.schemas import AssessmentAnswer

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("read")])


class ArticleQuery(BaseModel):
    """What to show of an article."""

    model_config = ConfigDict(extra="forbid")

    assessment: str | None = Field(None, max_length=60, description="An earlier assessment of it.")
    view: View = "text"


@dataclass(frozen=True, slots=True)
class Shown:
    """An assessed article as templates take it; stored, or just pasted."""

    answer: AssessmentAnswer
    reading: Reading | None  # None where the text was not kept
    levers: dict[Regime, list[Lever]]


def shown_answer(answer: AssessmentAnswer, article: Article | None, view: View = "text") -> Shown:
    """Make an assessment ready to be looked at."""
    return Shown(
        answer,
        None if article is None else read_assessed(article, answer, view),
        {regime: levers(scored) for regime, scored in answer["regimes"].items() if scored["flagged"]},
    )


@router.get("/articles/{article_id}")
async def show_article(
    request: Request,
    context: ContextDep,
    records: RecordsDep,
    article_id: ItemId,
    query: Annotated[ArticleQuery, Query()],
) -> Response:
    """The article's page."""
    article, shown, latest = await context.run_unscored(
        context.deadline(), _shown, records, article_id, query
    )
    return render(
        request,
        "article.html",
        article=article,
        shown=shown,
        latest=latest,
        query=query,
        replay=None,
    )


def _shown(records: Records, article_id: str, query: ArticleQuery) -> tuple[ArticleAnswer, Shown, bool]:
    """The article, one of its assessments, and whether that is the newest."""
    article = show_stored(records, article_id)
    chosen = article["assessments"][-1]["assessment_id"] if query.assessment is None else query.assessment
    if all(chosen != one["assessment_id"] for one in article["assessments"]):
        raise NotFoundError("there is no such assessment of this article", "assessment")
    answer: AssessmentAnswer = orjson.loads(shown_assessment(records, chosen).answer)
    newest = chosen == article["assessments"][-1]["assessment_id"]
    return article, shown_answer(answer, as_sent(article), query.view), newest


def as_sent(article: ArticleAnswer) -> Article | None:
    """The article that was scored; None where its text was not kept."""
    if not article["text_kept"]:
        return None
    published = article["published_at"]
    return Article(
        title=article["title"],
        text=article["text"],
        html=article["html"],
        url=article["url"],
        source=article["source"],
        published_at=None if published is None else utc(parsed(published)),
        language=article["language"],
    )


Check = Literal["verify", "replay"]


@router.get("/articles/{article_id}/{check}")
async def lead_back(article_id: ItemId, check: Check) -> Response:
    """A check that was loaded again as an address: its page asks for it anew."""
    return RedirectResponse(f"/articles/{article_id}", 303)


@router.post("/articles/{article_id}/{check}")
async def check_article(
    request: Request,
    context: ContextDep,
    records: RecordsDep,
    article_id: ItemId,
    check: Check,
    form: PostedForm,
) -> Response:
    """Test the evidence, or score again with the recorded model; either takes a scoring thread."""
    query = ArticleQuery(assessment=form.text("assessment") or None)
    article, shown, latest = await context.run_unscored(
        context.deadline(), _shown, records, article_id, query
    )
    replay: ReplayAnswer | None = None
    if check == "verify":
        shown = await context.run(context.deadline(), _verified, records, article, shown)
    else:
        chosen = shown.answer["assessment_id"]
        replay = await context.run(context.deadline(), replayed, records, chosen)
    return render(
        request,
        "article.html",
        article=article,
        shown=shown,
        latest=latest,
        query=query,
        replay=replay,
    )


def _verified(records: Records, article: ArticleAnswer, shown: Shown) -> Shown:
    """The same with the test of its evidence, by the model that answers today."""
    sent = as_sent(article)
    if sent is None:
        raise InputError("cannot be tested: the article's text was not kept", "article_id")
    submission = Submission(sent, STORED_CONTRIBUTIONS, STORED_EVIDENCE, verify=True)
    answer: AssessmentAnswer = orjson.loads(assessed(records, submission))
    return replace(shown, answer={**shown.answer, "verification": answer.get("verification", {})})
