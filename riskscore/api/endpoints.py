"""`/v1/endpoints`: where events go; made, changed, tested, given new secrets. Also whether events arrive."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from riskscore.alerting.outbox import disable, enable, queue_test_event
from riskscore.alerting.subscribing import (
    NewEndpoint,
    check_channel_target,
    make_endpoint,
    need_endpoint,
    rotate_secret,
)
from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.alert_answers import endpoint_answer
from riskscore.api.alert_requests import EndpointChange, EndpointRequest, RotationRequest, read
from riskscore.api.alert_schemas import (
    DeletedAnswer,
    DeliveryHealthAnswer,
    EndpointAnswer,
    EndpointsAnswer,
    QueuedAnswer,
)
from riskscore.api.body import JsonBody, documented_body, json_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.record_answers import moment
from riskscore.api.records import Records, RecordsDep
from riskscore.store.deliveries import backlog
from riskscore.store.endpoints import list_endpoints, update_endpoint

router = APIRouter(tags=["alerts"], dependencies=[needs("alerts")])

READ_PROBLEMS = problems.documented(problems.NOT_FOUND, problems.INVALID_REQUEST, problems.BUSY)
WRITE_PROBLEMS = problems.documented(
    problems.MALFORMED_JSON,
    problems.NOT_FOUND,
    problems.SLOW_BODY,
    problems.TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
    problems.INVALID_REQUEST,
    problems.BUSY,
)
_EXAMPLE = {"name": "Compliance desk", "channel": "webhook", "target": "https://hooks.example.com/risk"}


@router.post(
    "/v1/endpoints",
    summary="Make an endpoint",
    response_model=EndpointAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(EndpointRequest, {"webhook": _EXAMPLE}),
)
async def create_endpoint(context: ContextDep, records: RecordsDep, body: JsonBody) -> Response:
    """The answer has the secret with which webhooks are signed. It is shown this once."""
    return json_response(await context.run_unscored(context.deadline(), created_endpoint, records, body))


def created_endpoint(records: Records, body: object) -> EndpointAnswer:
    """A new endpoint."""
    wanted = read(EndpointRequest, body)

    def work(connection: Any) -> NewEndpoint:
        made = make_endpoint(
            connection,
            wanted.name,
            wanted.channel,
            wanted.target,
            records.newsroom.clock(),
            signing=wanted.signing,
            announcements=wanted.announcements,
        )
        records.trail.note(
            connection,
            "endpoint.created",
            made.endpoint.endpoint_id,
            given=wanted,
            made=endpoint_answer(made.endpoint, {}),
        )
        return made

    return _with_secret(records.store.in_transaction(work))


def _with_secret(made: NewEndpoint) -> EndpointAnswer:
    return {**endpoint_answer(made.endpoint, {}), "secret": made.secret}


@router.get(
    "/v1/endpoints", summary="List endpoints", response_model=EndpointsAnswer, responses=READ_PROBLEMS
)
async def show_endpoints(context: ContextDep, records: RecordsDep) -> Response:
    """Every endpoint with what waits for it, since when it fails, and why it is disabled."""
    return json_response(await context.run_unscored(context.deadline(), listed_endpoints, records))


def listed_endpoints(records: Records) -> EndpointsAnswer:
    """All endpoints."""
    with records.store.read() as connection:
        waiting = backlog(connection)
        return {"endpoints": [endpoint_answer(one, waiting) for one in list_endpoints(connection)]}


@router.get(
    "/v1/endpoints/{endpoint_id}",
    summary="Show an endpoint",
    response_model=EndpointAnswer,
    responses=READ_PROBLEMS,
)
async def show_endpoint(context: ContextDep, records: RecordsDep, endpoint_id: ItemId) -> Response:
    """Without its secret, which nobody is shown twice."""
    return json_response(await context.run_unscored(context.deadline(), shown_endpoint, records, endpoint_id))


def shown_endpoint(records: Records, endpoint_id: str) -> EndpointAnswer:
    """An endpoint."""
    with records.store.read() as connection:
        return endpoint_answer(need_endpoint(connection, endpoint_id), backlog(connection))


@router.patch(
    "/v1/endpoints/{endpoint_id}",
    summary="Change, disable or enable an endpoint",
    response_model=EndpointAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(EndpointChange, {"disable": {"state": "disabled"}}),
)
async def change_endpoint(
    context: ContextDep, records: RecordsDep, endpoint_id: ItemId, body: JsonBody
) -> Response:
    """Events are kept while an endpoint is disabled, and sent when it is active again."""
    return json_response(
        await context.run_unscored(context.deadline(), changed_endpoint, records, endpoint_id, body)
    )


def changed_endpoint(records: Records, endpoint_id: str, body: object) -> EndpointAnswer:
    """An endpoint after a change."""
    wanted = read(EndpointChange, body)
    now = records.newsroom.clock()

    def change(connection: Any) -> None:
        endpoint = need_endpoint(connection, endpoint_id, lock=True)
        values = wanted.model_dump(exclude_none=True, exclude={"state"})
        if wanted.target is not None:
            check_channel_target(endpoint.channel, wanted.target)
        if values:
            update_endpoint(connection, endpoint_id, **values)
        if wanted.state == "disabled":
            disable(connection, endpoint_id, "disabled by hand", now)
        elif wanted.state == "active" and endpoint.state == "disabled":
            enable(connection, endpoint_id, now)
        changed = endpoint_answer(need_endpoint(connection, endpoint_id), {})
        state = {} if wanted.state is None else {"state": wanted.state}
        records.trail.note(
            connection, "endpoint.changed", endpoint_id, given=wanted, made=changed, detail=state
        )

    records.store.in_transaction(change)
    return shown_endpoint(records, endpoint_id)


@router.delete(
    "/v1/endpoints/{endpoint_id}",
    summary="Delete an endpoint",
    response_model=DeletedAnswer,
    responses=READ_PROBLEMS,
)
async def delete_endpoint(context: ContextDep, records: RecordsDep, endpoint_id: ItemId) -> Response:
    """Nothing more is sent to it, what waits included; the record of what was sent stays."""
    return json_response(
        await context.run_unscored(context.deadline(), deleted_endpoint, records, endpoint_id)
    )


def deleted_endpoint(records: Records, endpoint_id: str) -> DeletedAnswer:
    """Mark an endpoint as deleted, and forget its secrets."""
    now = records.newsroom.clock()

    def remove(connection: Any) -> None:
        need_endpoint(connection, endpoint_id, lock=True)
        update_endpoint(connection, endpoint_id, deleted_at=now, secret=None, former_secret=None)
        records.trail.note(connection, "endpoint.deleted", endpoint_id)

    records.store.in_transaction(remove)
    return {"deleted": True}


@router.post(
    "/v1/endpoints/{endpoint_id}/test",
    summary="Send a test event",
    response_model=QueuedAnswer,
    responses=READ_PROBLEMS,
)
async def send_test(context: ContextDep, records: RecordsDep, endpoint_id: ItemId) -> Response:
    """Queued like any event; look for it among the endpoint's deliveries."""
    return json_response(await context.run_unscored(context.deadline(), queued_test, records, endpoint_id))


def queued_test(records: Records, endpoint_id: str) -> QueuedAnswer:
    """Queue a test event."""

    def queue(connection: Any) -> str:
        endpoint = need_endpoint(connection, endpoint_id)
        return queue_test_event(connection, endpoint, records.newsroom.clock())

    return {"event_id": records.store.in_transaction(queue)}


@router.post(
    "/v1/endpoints/{endpoint_id}/secret",
    summary="Change the secret of an endpoint",
    response_model=EndpointAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(RotationRequest, {"a day of both": {"overlap_h": 24}}),
)
async def change_secret(
    context: ContextDep, records: RecordsDep, endpoint_id: ItemId, body: JsonBody
) -> Response:
    """Messages are signed with both secrets during the overlap. The new one is shown this once."""
    return json_response(
        await context.run_unscored(context.deadline(), rotated_secret, records, endpoint_id, body)
    )


def rotated_secret(records: Records, endpoint_id: str, body: object) -> EndpointAnswer:
    """An endpoint with its new secret."""
    wanted = read(RotationRequest, body)

    def work(connection: Any) -> NewEndpoint:
        overlap = timedelta(hours=wanted.overlap_h)
        made = rotate_secret(connection, endpoint_id, records.newsroom.clock(), overlap, wanted.signing)
        records.trail.note(connection, "endpoint.secret_changed", endpoint_id, given=wanted)
        return made

    return _with_secret(records.store.in_transaction(work))


@router.get(
    "/healthz/delivery",
    summary="Do events arrive?",
    response_model=DeliveryHealthAnswer,
    responses=READ_PROBLEMS,
)
async def show_delivery_health(context: ContextDep, records: RecordsDep) -> Response:
    """Names every endpoint that fails or is disabled; an old `oldest_due_at` means that no worker runs."""
    return json_response(await context.run_unscored(context.deadline(), delivery_health, records))


def delivery_health(records: Records) -> DeliveryHealthAnswer:
    """Whether events arrive."""
    with records.store.read() as connection:
        waiting = backlog(connection)
        endpoints = list_endpoints(connection)
    kept = {one.endpoint_id for one in endpoints}
    counted = [numbers for endpoint_id, numbers in waiting.items() if endpoint_id in kept]
    dead = sum(numbers[2] for numbers in counted)
    oldest: datetime | None = min((numbers[1] for numbers in counted if numbers[1]), default=None)
    troubled = [one for one in endpoints if one.state == "disabled" or one.failing_since is not None]
    return {
        "status": "degraded" if troubled or dead else "ok",
        "pending": sum(numbers[0] for numbers in counted),
        "dead": dead,
        "oldest_due_at": None if oldest is None else moment(oldest),
        "troubled": [endpoint_answer(one, waiting) for one in troubled],
    }
