"""`/subscriptions`: watches, made with a preview over stored history before they are kept; watchlists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from riskscore.alerts.rules import Rule
from riskscore.api.alert_schemas import EndpointAnswer, PreviewAnswer, SubscriptionAnswer, WatchlistAnswer
from riskscore.api.context import Context, ContextDep, ItemId
from riskscore.api.endpoints import listed_endpoints
from riskscore.api.records import Records, RecordsDep
from riskscore.api.subscriptions import (
    changed_subscription,
    created_subscription,
    deleted_subscription,
    deleted_watchlist,
    listed_subscriptions,
    listed_watchlists,
    previewed,
    saved_watchlist,
    shown_subscription,
)
from riskscore.dashboard.forms import Form, PostedForm
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.rule_forms import fields_of, rule_of, subscription_of
from riskscore.dashboard.sessions import page_needs
from riskscore.errors import InputError
from riskscore.types import DIRECTIONS, STAGES

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("alerts")])

_NEW = fields_of("", None, Rule())


@dataclass(frozen=True, slots=True)
class Watches:
    """What the page shows beside the form."""

    subscriptions: list[SubscriptionAnswer]
    endpoints: list[EndpointAnswer]
    watchlists: list[WatchlistAnswer]
    names: dict[str, str]  # of companies


def _watches(records: Records) -> Watches:
    knowledge = records.assessor.knowledge
    return Watches(
        listed_subscriptions(records)["subscriptions"],
        listed_endpoints(records)["endpoints"],
        listed_watchlists(records)["watchlists"],
        {company_id: company.name for company_id, company in knowledge.companies.items()},
    )


async def _page(
    request: Request,
    context: Context,
    records: Records,
    form: Form,
    *,
    changing: str | None = None,
    preview: PreviewAnswer | None = None,
    fault: str | None = None,
) -> Response:
    watches = await context.run_unscored(context.deadline(), _watches, records)
    return render(
        request,
        "subscriptions.html",
        status=422 if fault else 200,
        watches=watches,
        form=form,
        changing=changing,
        preview=preview,
        fault=fault,
        stages=STAGES,
        directions=DIRECTIONS,
    )


@router.get("/subscriptions")
async def show_subscriptions(
    request: Request, context: ContextDep, records: RecordsDep, change: str = "", company: str = ""
) -> Response:
    """All watches, and the form for a new one or for the one to change."""
    form = _NEW
    if change:
        form = await context.run_unscored(context.deadline(), _stored_form, records, change[:60])
    elif company:
        form = Form({**_NEW.fields, "companies": [company[:200]]})
    return await _page(request, context, records, form, changing=change[:60] or None)


def _stored_form(records: Records, subscription_id: str) -> Form:
    stored = shown_subscription(records, subscription_id)
    return fields_of(stored["name"], stored["endpoint_id"], Rule.model_validate(stored["rule"]))


@router.post("/subscriptions")
async def save_subscription(
    request: Request, context: ContextDep, records: RecordsDep, form: PostedForm
) -> Response:
    """Preview a watch, or keep it, as the button says that was pressed."""
    changing = form.text("changing") or None
    try:
        if form.text("action") != "save":
            asked: dict[str, Any] = {"rule": rule_of(form), "days": form.number("days") or 365.0}
            capacity = form.number("weekly_capacity")
            if capacity is not None:
                asked["weekly_capacity"] = int(capacity)
            preview = await context.run_unscored(context.deadline(), previewed, records, asked)
            return await _page(request, context, records, form, changing=changing, preview=preview)
        wanted = subscription_of(form)
        if changing is None:
            await context.run_unscored(context.deadline(), created_subscription, records, wanted)
        else:
            await context.run_unscored(context.deadline(), changed_subscription, records, changing, wanted)
    except InputError as error:
        return await _page(request, context, records, form, changing=changing, fault=str(error))
    return RedirectResponse("/subscriptions", 303)


@router.post("/subscriptions/{subscription_id}/state")
async def switch_subscription(
    context: ContextDep, records: RecordsDep, subscription_id: ItemId, form: PostedForm
) -> Response:
    """Pause a watch, take it up again, or delete it."""
    if form.text("action") == "delete":
        await context.run_unscored(context.deadline(), deleted_subscription, records, subscription_id)
    else:
        active = {"active": form.text("action") == "resume"}
        await context.run_unscored(context.deadline(), changed_subscription, records, subscription_id, active)
    return RedirectResponse("/subscriptions", 303)


@router.post("/watchlists/{watchlist_id}")
async def change_watchlist(
    context: ContextDep, records: RecordsDep, watchlist_id: ItemId, form: PostedForm
) -> Response:
    """Take companies off a watchlist, or delete it."""
    await context.run_unscored(
        context.deadline(), _changed_watchlist, records, watchlist_id, form.texts("keep"), form.text("action")
    )
    return RedirectResponse("/subscriptions", 303)


def _changed_watchlist(records: Records, watchlist_id: str, keep: list[str], action: str) -> None:
    if action == "delete":
        deleted_watchlist(records, watchlist_id)
        return
    for watchlist in listed_watchlists(records)["watchlists"]:
        if watchlist["watchlist_id"] == watchlist_id:
            kept = [one for one in watchlist["companies"] if one in keep]
            saved_watchlist(records, watchlist_id, {"name": watchlist["name"], "companies": kept})
