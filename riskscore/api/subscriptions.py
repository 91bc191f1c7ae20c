"""`/v1/subscriptions`: rules and who is told, tried on history before they are kept; `/v1/watchlists`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from riskscore.alerting.subscribing import (
    NoSuchError,
    change_subscription,
    make_subscription,
    need_subscription,
    preview_rule,
)
from riskscore.api.access import needs
from riskscore.api.alert_answers import preview_answer, subscription_answer
from riskscore.api.alert_requests import (
    PreviewRequest,
    SubscriptionChange,
    SubscriptionRequest,
    WatchlistRequest,
    read,
)
from riskscore.api.alert_schemas import (
    DeletedAnswer,
    PreviewAnswer,
    SubscriptionAnswer,
    SubscriptionsAnswer,
    WatchlistAnswer,
    WatchlistsAnswer,
)
from riskscore.api.body import JsonBody, documented_body, json_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.endpoints import READ_PROBLEMS, WRITE_PROBLEMS
from riskscore.api.faults import shown
from riskscore.api.records import Records, RecordsDep
from riskscore.errors import InputError
from riskscore.store.subscriptions import list_subscriptions, update_subscription
from riskscore.store.watchlists import (
    Watchlist,
    find_watchlist,
    list_watchlists,
    remove_watchlist,
    replace_members,
    save_watchlist,
)

router = APIRouter(tags=["alerts"], dependencies=[needs("alerts")])

_RULE = {"regimes": ["chips"], "minimum_score": 40, "minimum_severity": 2}
_MAX_WATCHLIST_ID_CHARS = 80


@router.post(
    "/v1/subscriptions",
    summary="Make a subscription",
    response_model=SubscriptionAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(
        SubscriptionRequest,
        {
            "news": {"name": "Chips, material and worse", "rule": _RULE},
            "risk": {"name": "Risk above 60", "rule": {"kind": "company_risk", "crosses": 60}},
        },
    ),
)
async def create_subscription(context: ContextDep, records: RecordsDep, body: JsonBody) -> Response:
    """Counts for news that comes in from now on; try the rule with `/v1/subscriptions/preview` first."""
    return json_response(await context.run_unscored(context.deadline(), created_subscription, records, body))


def created_subscription(records: Records, body: object) -> SubscriptionAnswer:
    """A new subscription."""
    wanted = read(SubscriptionRequest, body)

    def work(connection: Any) -> SubscriptionAnswer:
        made = make_subscription(
            connection,
            wanted.name,
            wanted.endpoint_id,
            wanted.rule,
            records.newsroom.clock(),
            active=wanted.active,
        )
        answer = subscription_answer(made)
        records.trail.note(
            connection, "subscription.created", made.subscription_id, given=wanted, made=answer
        )
        return answer

    return records.store.in_transaction(work)


@router.get(
    "/v1/subscriptions",
    summary="List subscriptions",
    response_model=SubscriptionsAnswer,
    responses=READ_PROBLEMS,
)
async def show_subscriptions(context: ContextDep, records: RecordsDep) -> Response:
    """Every subscription with its whole rule."""
    return json_response(await context.run_unscored(context.deadline(), listed_subscriptions, records))


def listed_subscriptions(records: Records) -> SubscriptionsAnswer:
    """All subscriptions."""
    with records.store.read() as connection:
        return {"subscriptions": [subscription_answer(one) for one in list_subscriptions(connection)]}


@router.post(
    "/v1/subscriptions/preview",
    summary="Try a rule on stored history",
    response_model=PreviewAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(PreviewRequest, {"a rule": {"rule": _RULE, "weekly_capacity": 10}}),
)
async def preview(context: ContextDep, records: RecordsDep, body: JsonBody) -> Response:
    """How many alerts it would have sent, and the threshold that keeps to what can be looked at in a week."""
    return json_response(await context.run_unscored(context.deadline(), previewed, records, body))


def previewed(records: Records, body: object) -> PreviewAnswer:
    """What a rule would have sent."""
    wanted = read(PreviewRequest, body)
    with records.store.read() as connection:
        found = preview_rule(
            connection,
            wanted.rule,
            records.newsroom.clock(),
            days=wanted.days,
            weekly_capacity=wanted.weekly_capacity,
            half_life_days=records.settings.half_life_days,
        )
    return preview_answer(found)


@router.get(
    "/v1/subscriptions/{subscription_id}",
    summary="Show a subscription",
    response_model=SubscriptionAnswer,
    responses=READ_PROBLEMS,
)
async def show_subscription(context: ContextDep, records: RecordsDep, subscription_id: ItemId) -> Response:
    """The rule with all its fields, those left to their defaults too."""
    return json_response(
        await context.run_unscored(context.deadline(), shown_subscription, records, subscription_id)
    )


def shown_subscription(records: Records, subscription_id: str) -> SubscriptionAnswer:
    """A subscription."""
    with records.store.read() as connection:
        return subscription_answer(need_subscription(connection, subscription_id))


@router.patch(
    "/v1/subscriptions/{subscription_id}",
    summary="Change a subscription",
    response_model=SubscriptionAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(SubscriptionChange, {"pause": {"active": False}}),
)
async def patch_subscription(
    context: ContextDep, records: RecordsDep, subscription_id: ItemId, body: JsonBody
) -> Response:
    """What was told before is not told again under the new rule, unless it changes."""
    return json_response(
        await context.run_unscored(context.deadline(), changed_subscription, records, subscription_id, body)
    )


def changed_subscription(records: Records, subscription_id: str, body: object) -> SubscriptionAnswer:
    """A subscription after a change."""
    wanted = read(SubscriptionChange, body)
    values = {name: getattr(wanted, name) for name in wanted.model_fields_set}
    for name in ("name", "rule", "active"):
        if name in values and values[name] is None:
            raise InputError("must not be null; leave it out to keep it", name)

    def work(connection: Any) -> SubscriptionAnswer:
        answer = subscription_answer(change_subscription(connection, subscription_id, values))
        records.trail.note(connection, "subscription.changed", subscription_id, given=wanted, made=answer)
        return answer

    return records.store.in_transaction(work)


@router.delete(
    "/v1/subscriptions/{subscription_id}",
    summary="Delete a subscription",
    response_model=DeletedAnswer,
    responses=READ_PROBLEMS,
)
async def delete_subscription(context: ContextDep, records: RecordsDep, subscription_id: ItemId) -> Response:
    """Its alerts and the decisions on them stay on record."""
    return json_response(
        await context.run_unscored(context.deadline(), deleted_subscription, records, subscription_id)
    )


def deleted_subscription(records: Records, subscription_id: str) -> DeletedAnswer:
    """Mark a subscription as deleted."""
    now = records.newsroom.clock()

    def remove(connection: Any) -> None:
        need_subscription(connection, subscription_id)
        update_subscription(connection, subscription_id, deleted_at=now, active=False)
        records.trail.note(connection, "subscription.deleted", subscription_id)

    records.store.in_transaction(remove)
    return {"deleted": True}


@router.get(
    "/v1/watchlists", summary="List watchlists", response_model=WatchlistsAnswer, responses=READ_PROBLEMS
)
async def show_watchlists(context: ContextDep, records: RecordsDep) -> Response:
    """Every watchlist with its companies."""
    return json_response(await context.run_unscored(context.deadline(), listed_watchlists, records))


def listed_watchlists(records: Records) -> WatchlistsAnswer:
    """All watchlists."""
    with records.store.read() as connection:
        return {"watchlists": [_watchlist(one) for one in list_watchlists(connection)]}


def _watchlist(found: Watchlist) -> WatchlistAnswer:
    return {
        "watchlist_id": found.watchlist_id,
        "name": found.name,
        "companies": list(found.companies),
    }


@router.get(
    "/v1/watchlists/{watchlist_id}",
    summary="Show a watchlist",
    response_model=WatchlistAnswer,
    responses=READ_PROBLEMS,
)
async def show_watchlist(context: ContextDep, records: RecordsDep, watchlist_id: ItemId) -> Response:
    """Its name and companies."""
    return json_response(
        await context.run_unscored(context.deadline(), shown_watchlist, records, watchlist_id)
    )


def shown_watchlist(records: Records, watchlist_id: str) -> WatchlistAnswer:
    """A watchlist."""
    with records.store.read() as connection:
        found = find_watchlist(connection, watchlist_id)
    if found is None:
        raise NoSuchError(f"there is no watchlist {shown(watchlist_id)!r}", "watchlist_id")
    return _watchlist(found)


@router.put(
    "/v1/watchlists/{watchlist_id}",
    summary="Make or replace a watchlist",
    response_model=WatchlistAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(
        WatchlistRequest, {"holdings": {"name": "Our holdings", "companies": ["nvidia", "micron"]}}
    ),
)
async def put_watchlist(
    context: ContextDep, records: RecordsDep, watchlist_id: ItemId, body: JsonBody
) -> Response:
    """You choose the id. Rules that name the watchlist follow its companies from now on."""
    return json_response(
        await context.run_unscored(context.deadline(), saved_watchlist, records, watchlist_id, body)
    )


def saved_watchlist(records: Records, watchlist_id: str, body: object) -> WatchlistAnswer:
    """A watchlist with these companies and no others."""
    wanted = read(WatchlistRequest, body)
    if len(watchlist_id) > _MAX_WATCHLIST_ID_CHARS or not watchlist_id.isprintable():
        raise InputError(f"must have at most {_MAX_WATCHLIST_ID_CHARS} printable characters", "watchlist_id")
    now = records.newsroom.clock()

    def save(connection: Any) -> None:
        save_watchlist(connection, watchlist_id, wanted.name, [], now)
        replace_members(connection, watchlist_id, wanted.companies, now)
        records.trail.note(connection, "watchlist.saved", watchlist_id, given=wanted)

    records.store.in_transaction(save)
    return shown_watchlist(records, watchlist_id)


@router.delete(
    "/v1/watchlists/{watchlist_id}",
    summary="Delete a watchlist",
    response_model=DeletedAnswer,
    responses=READ_PROBLEMS,
)
async def delete_watchlist(context: ContextDep, records: RecordsDep, watchlist_id: ItemId) -> Response:
    """Refused while a subscription's rule names it."""
    return json_response(
        await context.run_unscored(context.deadline(), deleted_watchlist, records, watchlist_id)
    )


def deleted_watchlist(records: Records, watchlist_id: str) -> DeletedAnswer:
    """Delete a watchlist that nothing refers to."""

    def remove(connection: Any) -> bool:
        for one in list_subscriptions(connection):
            if one.rule.watchlist_id == watchlist_id:
                raise InputError(
                    f"subscription {one.subscription_id} uses it; change or delete that first",
                    "watchlist_id",
                )
        removed = remove_watchlist(connection, watchlist_id)
        if removed:
            records.trail.note(connection, "watchlist.deleted", watchlist_id)
        return removed

    if not records.store.in_transaction(remove):
        raise NoSuchError(f"there is no watchlist {shown(watchlist_id)!r}", "watchlist_id")
    return {"deleted": True}
