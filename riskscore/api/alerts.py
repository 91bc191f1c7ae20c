"""`/v1/alerts`: what was told, what analysts decided of it, and all of that for an examiner."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection
from starlette.responses import Response

from riskscore.alerting.subscribing import decide, need_alert
from riskscore.api import tabular
from riskscore.api.access import needs
from riskscore.api.alert_answers import (
    EXPORT_COLUMNS,
    alert_answer,
    disposition_answer,
    event_content,
    export_rows,
)
from riskscore.api.alert_requests import DispositionRequest, read
from riskscore.api.alert_schemas import AlertDetailAnswer, AlertsAnswer, ExportAnswer
from riskscore.api.body import JsonBody, documented_body, json_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.cursors import decode_cursor, encode_cursor
from riskscore.api.endpoints import READ_PROBLEMS, WRITE_PROBLEMS
from riskscore.api.moment import Moment
from riskscore.api.record_answers import moment
from riskscore.api.records import Records, RecordsDep
from riskscore.api.stories import Page
from riskscore.store.alerts import (
    AlertFilter,
    AlertRecord,
    DispositionRecord,
    Status,
    all_alerts,
    dispositions_of,
    list_alerts,
)
from riskscore.store.deliveries import payloads_of

router = APIRouter(tags=["alerts"], dependencies=[needs("alerts")])


class AlertsQuery(Page):
    """Which alerts to list."""

    status: Status | None = None
    subscription_id: str | None = Field(None, max_length=40)
    company_id: str | None = Field(None, max_length=200)
    minimum_severity: int = Field(1, ge=1, le=3)
    since: Moment | None = Field(None, description="Of the last change.")
    until: Moment | None = None

    def filter(self) -> AlertFilter:
        """As the store takes it."""
        return AlertFilter(
            self.status,
            self.subscription_id,
            self.company_id,
            self.minimum_severity,
            self.since,
            self.until,
        )


class ExportQuery(AlertsQuery):
    """What to export, and as what; there are no pages."""

    format: Literal["json", "csv"] = "json"


@router.get("/v1/alerts", summary="List alerts", response_model=AlertsAnswer, responses=READ_PROBLEMS)
async def show_alerts(
    context: ContextDep, records: RecordsDep, query: Annotated[AlertsQuery, Query()]
) -> Response:
    """The last changed first. `open` are those that wait for a decision."""
    return json_response(await context.run_unscored(context.deadline(), listed_alerts, records, query))


def listed_alerts(records: Records, query: AlertsQuery) -> AlertsAnswer:
    """One page of alerts."""
    before = None
    if query.cursor is not None:
        before = cast(tuple[datetime, str], tuple(decode_cursor(query.cursor, (datetime, str))))
    with records.store.read() as connection:
        found = list_alerts(connection, query.filter(), query.limit + 1, before)
    page = found[: query.limit]
    cursor = None
    if len(found) > query.limit:
        cursor = encode_cursor(page[-1].changed_at, page[-1].alert_id)
    return {"alerts": [alert_answer(one) for one in page], "next_cursor": cursor}


@router.get(
    "/v1/alerts/export",
    summary="Export alerts with all decisions",
    response_model=ExportAnswer,
    responses={200: {"content": tabular.DOCUMENTED}, **READ_PROBLEMS},
)
async def export_alerts(
    context: ContextDep, records: RecordsDep, query: Annotated[ExportQuery, Query()]
) -> Response:
    """For an examiner: every alert that fits, every decision on it, by whom and why, those ended too."""
    found = await context.run_unscored(context.deadline(), exported, records, query.filter())
    if query.format == "csv":
        return tabular.csv_response(EXPORT_COLUMNS, export_rows(found))
    return json_response(export_answer(records, found))


def exported(records: Records, wanted: AlertFilter) -> list[tuple[AlertRecord, list[DispositionRecord]]]:
    """All alerts that fit, with decisions."""
    with records.store.read() as connection:
        return list(all_alerts(connection, wanted))


def export_answer(records: Records, found: list[tuple[AlertRecord, list[DispositionRecord]]]) -> ExportAnswer:
    """The export as JSON."""
    return {
        "exported_at": moment(records.newsroom.clock()),
        "count": len(found),
        "alerts": [
            {**alert_answer(alert), "dispositions": [disposition_answer(one) for one in decisions]}
            for alert, decisions in found
        ],
    }


@router.get(
    "/v1/alerts/{alert_id}",
    summary="Show an alert",
    response_model=AlertDetailAnswer,
    responses=READ_PROBLEMS,
)
async def show_alert(context: ContextDep, records: RecordsDep, alert_id: ItemId) -> Response:
    """With every decision on it and every event that told of it."""
    return json_response(await context.run_unscored(context.deadline(), shown_alert, records, alert_id))


def shown_alert(records: Records, alert_id: str) -> AlertDetailAnswer:
    """An alert with its history."""
    with records.store.read() as connection:
        alert = need_alert(connection, alert_id)
        decisions = dispositions_of(connection, [alert_id]).get(alert_id, [])
        payloads = payloads_of(connection, f"alert/{alert_id}")
    return {
        **alert_answer(alert),
        "dispositions": [disposition_answer(one) for one in decisions],
        "events": [event_content(payload) for payload in payloads],
    }


@router.post(
    "/v1/alerts/{alert_id}/disposition",
    summary="Decide on an alert",
    response_model=AlertDetailAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(
        DispositionRequest,
        {"dismiss": {"decision": "dismiss", "reason": "No business in that market", "user": "a.nalyst"}},
    ),
)
async def post_disposition(
    context: ContextDep, records: RecordsDep, alert_id: ItemId, body: JsonBody
) -> Response:
    """Holds until the next decision or a material change, which opens the alert again. Nothing is erased."""
    return json_response(await context.run_unscored(context.deadline(), decided, records, alert_id, body))


def decided(records: Records, alert_id: str, body: object) -> AlertDetailAnswer:
    """An alert with a decision just made."""
    wanted = read(DispositionRequest, body)

    def work(connection: Connection) -> None:
        _, made = decide(
            connection,
            alert_id,
            wanted.decision,
            reason=wanted.reason,
            decided_by=wanted.user,
            note=wanted.note,
            at=records.newsroom.clock(),
        )
        records.trail.note(
            connection,
            "alert.decided",
            alert_id,
            given=wanted,
            made=disposition_answer(made),
            detail={"decision": wanted.decision},
        )

    records.store.in_transaction(work)
    return shown_alert(records, alert_id)
