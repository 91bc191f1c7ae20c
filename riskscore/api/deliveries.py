"""`/v1/deliveries` and `/v1/attempts`: what was sent, what waits, what failed and why; sent once more."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from pydantic import Field
from sqlalchemy import Connection
from starlette.responses import Response

from riskscore.alerting.subscribing import NoSuchError
from riskscore.api.access import needs
from riskscore.api.alert_answers import attempt_answer, delivery_answer, event_content
from riskscore.api.alert_requests import ReplayRequest, read
from riskscore.api.alert_schemas import (
    AttemptsAnswer,
    DeliveriesAnswer,
    DeliveryDetailAnswer,
    RequeuedAnswer,
)
from riskscore.api.body import JsonBody, documented_body, json_response
from riskscore.api.context import ContextDep
from riskscore.api.cursors import decode_cursor, encode_cursor
from riskscore.api.endpoints import READ_PROBLEMS, WRITE_PROBLEMS
from riskscore.api.moment import Moment
from riskscore.api.records import Records, RecordsDep
from riskscore.api.stories import Page
from riskscore.errors import InputError
from riskscore.store.deliveries import (
    DeliveryFilter,
    attempts_of,
    find_delivery,
    list_attempts,
    list_deliveries,
    replay,
)

router = APIRouter(tags=["alerts"], dependencies=[needs("alerts")])

DeliveryId = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]


class DeliveriesQuery(Page):
    """Which deliveries to list."""

    endpoint_id: str | None = Field(None, max_length=40)
    state: Literal["pending", "delivered", "dead"] | None = None
    type: str | None = Field(None, max_length=40, description="Of the event, such as alert.opened.")
    subject: str | None = Field(None, max_length=100, description="Such as alert/al_….")
    since: Moment | None = Field(None, description="Of the event.")
    until: Moment | None = None

    def filter(self) -> DeliveryFilter:
        """As the store takes it."""
        return DeliveryFilter(self.endpoint_id, self.state, self.type, self.subject, self.since, self.until)

    def before(self) -> int | None:
        """Where the page before this one ended."""
        if self.cursor is None:
            return None
        (place,) = decode_cursor(self.cursor, (int,))
        assert isinstance(place, int)
        return place


class AttemptsQuery(DeliveriesQuery):
    """Which attempts to list."""

    succeeded: bool | None = None


@router.get(
    "/v1/deliveries", summary="List deliveries", response_model=DeliveriesAnswer, responses=READ_PROBLEMS
)
async def show_deliveries(
    context: ContextDep, records: RecordsDep, query: Annotated[DeliveriesQuery, Query()]
) -> Response:
    """Newest first. `dead` are those that were given up; `/v1/deliveries/replay` sends them again."""
    return json_response(await context.run_unscored(context.deadline(), listed_deliveries, records, query))


def listed_deliveries(records: Records, query: DeliveriesQuery) -> DeliveriesAnswer:
    """One page of deliveries."""
    with records.store.read() as connection:
        found = list_deliveries(connection, query.filter(), query.limit + 1, query.before())
    page = found[: query.limit]
    more = len(found) > query.limit
    return {
        "deliveries": [delivery_answer(one) for one in page],
        "next_cursor": encode_cursor(page[-1].delivery_key) if more else None,
    }


@router.post(
    "/v1/deliveries/replay",
    summary="Send events once more",
    response_model=RequeuedAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(ReplayRequest, {"what was given up": {"state": "dead"}}),
)
async def replay_deliveries(context: ContextDep, records: RecordsDep, body: JsonBody) -> Response:
    """The same bytes with the same ids, in their old order. What still waits is not queued twice."""
    return json_response(await context.run_unscored(context.deadline(), replayed_deliveries, records, body))


def replayed_deliveries(records: Records, body: object) -> RequeuedAnswer:
    """Queue deliveries once more."""
    wanted = read(ReplayRequest, body)
    if wanted == ReplayRequest():
        raise InputError("name delivery_ids, endpoint_id, state or a range of time", "body")
    chosen = DeliveryFilter(wanted.endpoint_id, wanted.state, None, None, wanted.since, wanted.until)
    now = records.newsroom.clock()

    def work(connection: Connection) -> int:
        queued = replay(connection, now, chosen, delivery_keys=wanted.delivery_ids)
        records.trail.note(connection, "deliveries.replayed", given=wanted, detail={"queued": queued})
        return queued

    return {"queued": records.store.in_transaction(work)}


@router.get(
    "/v1/deliveries/{delivery_id}",
    summary="Show a delivery",
    response_model=DeliveryDetailAnswer,
    responses=READ_PROBLEMS,
)
async def show_delivery(context: ContextDep, records: RecordsDep, delivery_id: DeliveryId) -> Response:
    """The event as it is sent, and every attempt with its status, time and the first 2 kB of the answer."""
    return json_response(await context.run_unscored(context.deadline(), shown_delivery, records, delivery_id))


def shown_delivery(records: Records, delivery_id: int) -> DeliveryDetailAnswer:
    """A delivery with its event and attempts."""
    with records.store.read() as connection:
        found = find_delivery(connection, delivery_id)
        if found is None:
            raise NoSuchError(f"there is no delivery {delivery_id}", "delivery_id")
        attempts = attempts_of(connection, [delivery_id])
    delivery, payload = found
    return {
        **delivery_answer(delivery),
        "event": event_content(payload),
        "history": [attempt_answer(one) for one in attempts],
    }


@router.get("/v1/attempts", summary="List attempts", response_model=AttemptsAnswer, responses=READ_PROBLEMS)
async def show_attempts(
    context: ContextDep, records: RecordsDep, query: Annotated[AttemptsQuery, Query()]
) -> Response:
    """Newest first; the filters are those of the deliveries, and `succeeded`."""
    return json_response(await context.run_unscored(context.deadline(), listed_attempts, records, query))


def listed_attempts(records: Records, query: AttemptsQuery) -> AttemptsAnswer:
    """One page of attempts."""
    with records.store.read() as connection:
        found = list_attempts(
            connection, query.filter(), query.limit + 1, query.before(), succeeded=query.succeeded
        )
    page = found[: query.limit]
    more = len(found) > query.limit
    return {
        "attempts": [attempt_answer(one) for one in page],
        "next_cursor": encode_cursor(page[-1].attempt_key) if more else None,
    }
