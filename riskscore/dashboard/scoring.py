"""`/score`: an article that is pasted or dropped, scored at once; and a file of them, piece by piece."""

from __future__ import annotations

from typing import Any, cast

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from riskscore.access.principal import Principal
from riskscore.api.access import charge
from riskscore.api.articles import store
from riskscore.api.body import json_response
from riskscore.api.context import Context, ContextDep
from riskscore.api.middleware import log_fault
from riskscore.api.problems import INTERNAL_ERROR, problem_of
from riskscore.api.records import Records, RecordsDep
from riskscore.api.requests import item_id, read_item, read_items, read_submission
from riskscore.api.scoring import assessed
from riskscore.dashboard.articles import Shown, shown_answer
from riskscore.dashboard.forms import Form, PostedForm, PostedJson
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.sessions import page_needs
from riskscore.errors import InputError
from riskscore.wire.schemas import AssessmentAnswer

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("score")])
batch_router = APIRouter(include_in_schema=False, dependencies=[page_needs("score")])

_FIELDS = ("title", "source", "published_at", "url")


@router.get("/score")
async def show_form(request: Request, context: ContextDep) -> Response:
    """The empty form."""
    return _page(request, context, {}, None, None)


@router.post("/score")
async def score_pasted(
    request: Request, context: ContextDep, records: RecordsDep, form: PostedForm
) -> Response:
    """The result below the form, or the page of the article that was kept."""
    given = _article(form)
    try:
        if form.has("keep"):
            cast(Principal, request.state.principal).need("write")
            content, _ = await context.run(context.deadline(), store, records, context.limits, given, None)
            return RedirectResponse(f"/articles/{orjson.loads(content)['article_id']}", 303)
        shown = await context.run(context.deadline(), _shown, context, records, given, form.has("verify"))
    except InputError as error:
        return _page(request, context, given, None, str(error))
    return _page(request, context, given, shown, None)


def _article(form: Form) -> dict[str, Any]:
    """The article as a request to the API has it."""
    given: dict[str, Any] = {name: form.text(name) for name in _FIELDS if form.text(name)}
    if form.body("body").strip():
        given["html" if form.text("kind") == "html" else "text"] = form.body("body")
    return given


def _shown(context: Context, records: Records, given: dict[str, Any], verify: bool) -> Shown:
    submission = read_submission({**given, "options": {"verify": verify}}, context.limits)
    answer: AssessmentAnswer = orjson.loads(assessed(records, submission))
    return shown_answer(answer, submission.article)


def _page(
    request: Request, context: Context, given: dict[str, Any], shown: Shown | None, fault: str | None
) -> Response:
    return render(
        request,
        "score.html",
        status=422 if fault else 200,
        given=given,
        shown=shown,
        fault=fault,
        max_items=context.limits.max_items,
    )


@batch_router.post("/score/batch")
async def score_piece(
    request: Request, context: ContextDep, records: RecordsDep, body: PostedJson
) -> Response:
    """Results of some articles, one object each: `{"items": […], "keep": true}`; for the page's script."""
    deadline = context.deadline()
    keep = isinstance(body, dict) and body.pop("keep", False) is True
    if keep:
        cast(Principal, request.state.principal).need("write")
    items = await context.run(deadline, read_items, body, context.limits)
    charge(request, len(items) - 1)
    results = []
    for index, item in enumerate(items):
        try:
            results.append(await context.run_on(deadline, _line, context, records, index, item, keep))
        except Exception as error:
            problem = problem_of(error)
            if problem.kind is INTERNAL_ERROR:
                log_fault(error, request.state.request_id)
            results.append({"id": item_id(item), "fault": problem.detail})
    return json_response({"results": results})


def _line(context: Context, records: Records, index: int, item: object, keep: bool) -> dict[str, Any]:
    """What a line of the results' table shows."""
    submission = read_item(item, index, context.limits)
    article_id = None
    if keep:
        fields = {name: value for name, value in cast(dict[str, Any], item).items() if name != "id"}
        stored = orjson.loads(store(records, context.limits, fields, None)[0])
        answer: AssessmentAnswer = stored["assessment"]
        article_id = stored["article_id"]
    else:
        answer = orjson.loads(assessed(records, submission))
    return {
        "id": item_id(item),
        "title": submission.article.title,
        "score": answer["score"],
        "abstain_reason": answer["abstain_reason"],
        "regimes": {
            regime: {"score": one["score"], "severity": one["severity_name"], "flagged": one["flagged"]}
            for regime, one in answer["regimes"].items()
        },
        "companies": [one["name"] for one in answer["companies"] if one["exposed"]],
        "article_id": article_id,
    }
