"""JSON bodies: a request in, its decoded body out, type and time checked; a value in, a response out."""

from __future__ import annotations

from typing import Annotated, Any

import anyio
from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from riskscore.api.context import context_of
from riskscore.api.problems import SlowBodyError, UnsupportedMediaTypeError
from riskscore.wire.encoding import decode_json, encode_json


async def _json_body(request: Request) -> object:
    require_json(request)
    return decode_json(await whole_body(request))


JsonBody = Annotated[object, Depends(_json_body)]


async def whole_body(request: Request) -> bytes:
    """The body of a request.

    Raises
    ------
    UnsupportedMediaTypeError
        It is compressed.
    SlowBodyError
    """
    _refuse_compressed(request)
    limit_s = context_of(request).settings.request_timeout_s
    try:
        with anyio.fail_after(limit_s):
            return await request.body()
    except TimeoutError:
        raise SlowBodyError(
            f"the body did not arrive within {limit_s:g} s (request_timeout_s)", "body"
        ) from None


def require_json(request: Request) -> None:
    """Refuse a body that is not declared to be JSON.

    Raises
    ------
    UnsupportedMediaTypeError
    """
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    if media_type.strip() != "application/json" or not _is_utf8(parameters):
        raise UnsupportedMediaTypeError("send Content-Type: application/json, in UTF-8", "content-type")


def _refuse_compressed(request: Request) -> None:
    # A compressed body could unfold to any size; nothing here needs one.
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError(
            "send the body uncompressed, without Content-Encoding", "content-encoding"
        )


def _is_utf8(parameters: str) -> bool:
    """Whether a Content-Type's parameters name no other charset, not even beside UTF-8."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in {"utf-8", "utf8"}:
            return False
    return True


def documented_body(model: type[BaseModel], examples: dict[str, Any]) -> dict[str, Any]:
    """FastAPI's `openapi_extra` for an operation that takes a `JsonBody` of this schema."""
    content = {
        "schema": {"$ref": f"#/components/schemas/{model.__name__}"},
        "examples": {name: {"value": value} for name, value in examples.items()},
    }
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def json_response(value: object) -> Response:
    """An answer of status 200. FastAPI sends it as it is, without validating it a second time."""
    return Response(encode_json(value), media_type="application/json")
