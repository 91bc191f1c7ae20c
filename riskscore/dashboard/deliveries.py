"""`/deliveries`: where events go, whether they arrive, each attempt, and sending them again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from riskscore.api.alert_schemas import DeliveriesAnswer, DeliveryHealthAnswer, EndpointAnswer
from riskscore.api.context import Context, ContextDep, ItemId
from riskscore.api.deliveries import (
    DeliveriesQuery,
    DeliveryId,
    listed_deliveries,
    replayed_deliveries,
    shown_delivery,
)
from riskscore.api.endpoints import (
    changed_endpoint,
    created_endpoint,
    delivery_health,
    listed_endpoints,
    queued_test,
)
from riskscore.api.records import Records, RecordsDep
from riskscore.dashboard.forms import PostedForm
from riskscore.dashboard.pages import Page, render
from riskscore.dashboard.sessions import page_needs
from riskscore.errors import InputError

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[page_needs("alerts")])

_PER_PAGE = 50


class LogQuery(BaseModel):
    """Which deliveries to list."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str = Field(default="", max_length=40)
    state: Literal["", "pending", "delivered", "dead"] = ""
    cursor: str | None = Field(default=None, max_length=500)
    queued: int | None = Field(default=None, ge=0)

    def asked(self) -> DeliveriesQuery:
        """As the API takes it."""
        wanted = {"endpoint_id": self.endpoint or None, "state": self.state or None}
        return DeliveriesQuery.model_validate({**wanted, "cursor": self.cursor, "limit": _PER_PAGE})


@dataclass(frozen=True, slots=True)
class DeliveryLog:
    """What the page shows."""

    health: DeliveryHealthAnswer
    endpoints: list[EndpointAnswer]
    deliveries: DeliveriesAnswer


def _log(records: Records, query: LogQuery) -> DeliveryLog:
    return DeliveryLog(
        delivery_health(records),
        listed_endpoints(records)["endpoints"],
        listed_deliveries(records, query.asked()),
    )


async def _page(
    request: Request,
    context: Context,
    records: Records,
    query: LogQuery,
    *,
    made: EndpointAnswer | None = None,
    given: dict[str, Any] | None = None,
    fault: str | None = None,
) -> Response:
    log = await context.run_unscored(context.deadline(), _log, records, query)
    return render(
        request,
        "deliveries.html",
        status=422 if fault else 200,
        log=log,
        names={one["endpoint_id"]: one["name"] for one in log.endpoints},
        query=query,
        made=made,
        given=given or {},
        fault=fault,
    )


@router.get("/deliveries")
async def show_deliveries(
    request: Request, context: ContextDep, records: RecordsDep, query: Annotated[LogQuery, Query()]
) -> Response:
    """Endpoints and what was sent to them, newest first."""
    return await _page(request, context, records, query)


@router.post("/deliveries/replay")
async def replay(context: ContextDep, records: RecordsDep, form: PostedForm) -> Response:
    """Send one delivery again, or all that were given up on an endpoint."""
    body: dict[str, Any] = {}
    if form.text("delivery_id"):
        body["delivery_ids"] = [int(form.number("delivery_id") or 0)]
    else:
        body = {"endpoint_id": form.text("endpoint_id") or None, "state": "dead"}
    queued = await context.run_unscored(context.deadline(), replayed_deliveries, records, body)
    return RedirectResponse(f"/deliveries?queued={queued['queued']}", 303)


@router.get("/deliveries/{delivery_id}")
async def show_delivery(
    request: Request, context: ContextDep, records: RecordsDep, delivery_id: DeliveryId
) -> Response:
    """A delivery: the event as sent, and every attempt."""
    delivery = await context.run_unscored(context.deadline(), shown_delivery, records, delivery_id)
    return render(request, "delivery.html", delivery=delivery)


@router.post("/endpoints")
async def add_endpoint(
    request: Request, context: ContextDep, records: RecordsDep, form: PostedForm
) -> Response:
    """Make an endpoint; its secret is on this answer and nowhere else."""
    given = {name: form.text(name) for name in ("name", "channel", "target")}
    try:
        made = await context.run_unscored(context.deadline(), created_endpoint, records, given)
    except InputError as error:
        return await _page(request, context, records, LogQuery(), given=given, fault=str(error))
    return await _page(request, context, records, LogQuery(), made=made)


@router.post("/endpoints/{endpoint_id}")
async def change_endpoint(
    context: ContextDep, records: RecordsDep, endpoint_id: ItemId, form: PostedForm
) -> Response:
    """Test an endpoint, enable or disable it."""
    action = form.text("action")
    if action == "test":
        await context.run_unscored(context.deadline(), queued_test, records, endpoint_id)
    elif action in {"active", "disabled"}:
        await context.run_unscored(
            context.deadline(), changed_endpoint, records, endpoint_id, {"state": action}
        )
    else:
        raise InputError("must be test, active or disabled", "action")
    return RedirectResponse(f"/deliveries?endpoint={endpoint_id}", 303)
