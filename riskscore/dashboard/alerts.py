"""`/alerts`: the queue of what waits for a decision, gone through by keyboard; an alert with its history."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from riskscore.api.alert_schemas import AlertDetailAnswer, AlertsAnswer
from riskscore.api.alerts import AlertsQuery, decided, listed_alerts, shown_alert
from riskscore.api.body import json_response
from riskscore.api.context import Context, ContextDep, ItemId
from riskscore.api.records import Records, RecordsDep
from riskscore.api.subscriptions import listed_subscriptions
from riskscore.dashboard.forms import PostedForm, PostedJson
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.sessions import page_needs, signer
from riskscore.errors import InputError
from riskscore.store.alerts import count_open

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("alerts")])
triage_router = APIRouter(include_in_schema=False, dependencies=[page_needs("alerts")])

_PER_PAGE = 50


class QueueQuery(BaseModel):
    """Which alerts to go through."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["open", "escalate", "dismiss", "monitor", "all"] = "open"
    subscription: str = Field("", max_length=40)
    severity: int = Field(1, ge=1, le=3)
    cursor: str | None = Field(None, max_length=500)

    def asked(self) -> AlertsQuery:
        """As the API takes it."""
        return AlertsQuery.model_validate(
            {
                "status": None if self.status == "all" else self.status,
                "subscription_id": self.subscription or None,
                "minimum_severity": self.severity,
                "cursor": self.cursor,
                "limit": _PER_PAGE,
            }
        )


@router.get("/alerts")
async def show_queue(
    request: Request, context: ContextDep, records: RecordsDep, query: Annotated[QueueQuery, Query()]
) -> Response:
    """The queue, the last changed first."""
    found, names, waiting = await context.run_unscored(context.deadline(), _queue, records, query)
    return render(
        request,
        "alerts.html",
        query=query,
        alerts=found["alerts"],
        next_cursor=found["next_cursor"],
        subscriptions=names,
        waiting=waiting,
        signer=signer(request),
    )


def _queue(records: Records, query: QueueQuery) -> tuple[AlertsAnswer, dict[str, str], dict[int, int]]:
    found = listed_alerts(records, query.asked())
    with records.store.read() as connection:
        waiting = count_open(connection)
    return found, _subscription_names(records), waiting


def _subscription_names(records: Records) -> dict[str, str]:
    return {one["subscription_id"]: one["name"] for one in listed_subscriptions(records)["subscriptions"]}


@router.get("/alerts/{alert_id}")
async def show_alert(
    request: Request, context: ContextDep, records: RecordsDep, alert_id: ItemId
) -> Response:
    """One alert: what it tells, every decision on it, every event that told of it."""
    return await _alert_page(request, context, records, alert_id, None)


async def _alert_page(
    request: Request, context: Context, records: Records, alert_id: str, fault: str | None
) -> Response:
    alert, names = await context.run_unscored(context.deadline(), _alert, records, alert_id)
    return render(
        request,
        "alert.html",
        status=422 if fault else 200,
        alert=alert,
        subscriptions=names,
        signer=signer(request),
        fault=fault,
    )


def _alert(records: Records, alert_id: str) -> tuple[AlertDetailAnswer, dict[str, str]]:
    return shown_alert(records, alert_id), _subscription_names(records)


@router.post("/alerts/{alert_id}/decision")
async def decide_alert(
    request: Request, context: ContextDep, records: RecordsDep, alert_id: ItemId, form: PostedForm
) -> Response:
    """Decide on an alert from its own page."""
    wanted = {
        "decision": form.text("decision"),
        "reason": form.text("reason"),
        "user": signer(request) or form.text("user"),
        "note": form.text("note") or None,
    }
    try:
        await context.run_unscored(context.deadline(), decided, records, alert_id, wanted)
    except InputError as error:
        if error.field == "alert_id":
            raise
        return await _alert_page(request, context, records, alert_id, str(error))
    return RedirectResponse(f"/alerts/{alert_id}", 303)


@triage_router.post("/alerts/{alert_id}/triage")
async def triage(
    request: Request, context: ContextDep, records: RecordsDep, alert_id: ItemId, body: PostedJson
) -> Response:
    """Decide on an alert of the queue; for the page's script."""
    signed_by = signer(request)
    if signed_by is not None and isinstance(body, dict):
        body = {**cast(dict[str, Any], body), "user": signed_by}
    alert = await context.run_unscored(context.deadline(), decided, records, alert_id, body)
    return json_response({"alert_id": alert["alert_id"], "status": alert["status"]})
