"""`/v1/keys`: API keys made, listed, rotated and revoked."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from riskscore.access.issuing import make_key, revoke_key, rotate_key
from riskscore.api.access import keyring_of, needs
from riskscore.api.alert_requests import read
from riskscore.api.body import JsonBody, documented_body, json_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.endpoints import READ_PROBLEMS, WRITE_PROBLEMS
from riskscore.api.key_schemas import (
    KeyAnswer,
    KeyRequest,
    KeyRotation,
    KeysAnswer,
    key_answer,
    new_key_answer,
)
from riskscore.api.records import Records, RecordsDep
from riskscore.store.keys import list_keys

router = APIRouter(tags=["keys"], dependencies=[needs("admin")])

_EXAMPLE = {"name": "Compliance desk", "scopes": ["score", "read"], "rate_per_minute": 600}


@router.get("/v1/keys", summary="List API keys", response_model=KeysAnswer, responses=READ_PROBLEMS)
async def show_keys(context: ContextDep, records: RecordsDep) -> Response:
    """All keys, oldest first, those that expired or were revoked too; never with a secret."""
    return json_response(await context.run_unscored(context.deadline(), listed_keys, records))


def listed_keys(records: Records) -> KeysAnswer:
    """All keys."""
    with records.store.read() as connection:
        return {"keys": [key_answer(key, records.newsroom.clock()) for key in list_keys(connection)]}


@router.post(
    "/v1/keys",
    summary="Make an API key",
    response_model=KeyAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(KeyRequest, {"a desk": _EXAMPLE}),
)
async def create_key(request: Request, context: ContextDep, records: RecordsDep, body: JsonBody) -> Response:
    """The answer has the whole key, shown this once. From the first key on, every caller needs one."""
    answer = await context.run_unscored(context.deadline(), created_key, records, body)
    keyring_of(request).forget()
    return json_response(answer)


def created_key(records: Records, body: object) -> KeyAnswer:
    """A new key."""
    wanted = read(KeyRequest, body)
    now = records.newsroom.clock()
    made = records.store.in_transaction(
        lambda connection: make_key(
            connection,
            wanted.name,
            wanted.scopes,
            now,
            records.trail,
            expires_at=wanted.expires_at,
            rate_per_minute=wanted.rate_per_minute,
            daily_quota=wanted.daily_quota,
        )
    )
    return new_key_answer(made, now)


@router.post(
    "/v1/keys/{key_id}/secret",
    summary="Rotate an API key",
    response_model=KeyAnswer,
    responses=WRITE_PROBLEMS,
    openapi_extra=documented_body(KeyRotation, {"a day of both": {"overlap_h": 24}}),
)
async def change_key_secret(
    request: Request,
    context: ContextDep,
    records: RecordsDep,
    key_id: ItemId,
    body: JsonBody,
) -> Response:
    """The key with a new secret, shown this once; the old one is valid too during the overlap."""
    answer = await context.run_unscored(context.deadline(), rotated_key, records, key_id, body)
    keyring_of(request).forget()
    return json_response(answer)


def rotated_key(records: Records, key_id: str, body: object) -> KeyAnswer:
    """A key with its new secret."""
    wanted = read(KeyRotation, body)
    now = records.newsroom.clock()
    made = records.store.in_transaction(
        lambda connection: rotate_key(
            connection, key_id, now, records.trail, timedelta(hours=wanted.overlap_h)
        )
    )
    return new_key_answer(made, now)


@router.delete(
    "/v1/keys/{key_id}", summary="Revoke an API key", response_model=KeyAnswer, responses=READ_PROBLEMS
)
async def delete_key(request: Request, context: ContextDep, records: RecordsDep, key_id: ItemId) -> Response:
    """For good; known to other processes within `key_refresh_s`. What the key was stays on record."""
    answer = await context.run_unscored(context.deadline(), revoked_key, records, key_id)
    keyring_of(request).forget()
    return json_response(answer)


def revoked_key(records: Records, key_id: str) -> KeyAnswer:
    """A key that is valid no longer."""
    now = records.newsroom.clock()
    key = records.store.in_transaction(lambda connection: revoke_key(connection, key_id, now, records.trail))
    return key_answer(key, now)


def key_examples(records: Records) -> dict[tuple[str, str], object]:
    """Example answers for the OpenAPI document, worked out on the examples' own store."""
    made = created_key(records, _EXAMPLE)
    key_id = made["key_id"]
    hidden = {"key": f"{key_id}_(49 letters and digits)"}
    return {
        ("/v1/keys", "post"): {**made, **hidden},
        ("/v1/keys/{key_id}/secret", "post"): {**rotated_key(records, key_id, {}), **hidden},
        ("/v1/keys", "get"): listed_keys(records),
        ("/v1/keys/{key_id}", "delete"): revoked_key(records, key_id),
    }
