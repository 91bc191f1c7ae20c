"""An exception in, an RFC 9457 problem out: the one place where errors become status codes.

`create_app` registers `problem_of` for every exception, and a batch uses it for each failed item.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from riskscore.access.issuing import NoSuchKeyError
from riskscore.alerting.subscribing import NoSuchError
from riskscore.api.faults import MAX_FAULTS, Fault, InvalidRequestError, shown, shown_input
from riskscore.dossier.answer import UnknownCompanyError
from riskscore.errors import (
    AccessError,
    ArtifactError,
    ArtifactNotFoundError,
    BusyStoreError,
    InputError,
    LimitError,
    RiskscoreError,
    ScopeError,
    StoreSchemaError,
    StoreUnreachableError,
    TooLargeError,
    UnauthenticatedError,
)
from riskscore.service import KeyReusedError
from riskscore.wire.encoding import MalformedJsonError, encode_json
from riskscore.wire.schemas import FieldErrorAnswer, ProblemAnswer

PROBLEM_MEDIA_TYPE = "application/problem+json"
INFERENCE_ROOT = "/v2"  # where errors are those of the Open Inference Protocol
_MAX_DETAIL_CHARS = 400
_CHALLENGE = 'Bearer realm="riskscore"'
_INTERNAL_DETAIL = "The fault is the server's; its log names it by request_id."


class UnsupportedMediaTypeError(InputError):
    """The body is declared to be something else than plain JSON."""


class SlowBodyError(InputError):
    """The body did not arrive in time."""


class NotFoundError(InputError):
    """The path names a resource that does not exist."""


class UnknownHostError(InputError):
    """The Host header names nobody that we answer for."""


class KeyInUrlError(AccessError):
    """A key stands in the URL."""


class ForgedFormError(AccessError):
    """A form came from elsewhere than the page that it stands for."""


class NotReadyError(RiskscoreError):
    """The server could not do its work; `faults` names what is amiss."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)


class BusyError(RiskscoreError):
    """No answer could be worked out in time; the same request may succeed later."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its status, and the words that stand for it."""

    status: int
    slug: str
    title: str

    @property
    def urn(self) -> str:
        return f"urn:riskscore:problem:{self.slug}"


MALFORMED_JSON = Kind(400, "malformed-json", "The body is not JSON")
KEY_IN_URL = Kind(400, "key-in-url", "A key stands in the URL")
UNKNOWN_HOST = Kind(400, "unknown-host", "The server does not go by this name")
UNAUTHENTICATED = Kind(401, "unauthenticated", "A valid key is needed")
MISSING_SCOPE = Kind(403, "missing-scope", "The key does not allow this")
FORGED_FORM = Kind(403, "forged-form", "The form was not sent from its page")
NOT_FOUND = Kind(404, "not-found", "There is no such resource")
METHOD_NOT_ALLOWED = Kind(405, "method-not-allowed", "The resource does not take this method")
SLOW_BODY = Kind(408, "slow-body", "The body did not arrive in time")
MODEL_REFUSED = Kind(409, "model-refused", "The model is not put in force")
TOO_LARGE = Kind(413, "too-large", "The request is over a limit")
UNSUPPORTED_MEDIA_TYPE = Kind(415, "unsupported-media-type", "The body must be JSON")
INVALID_REQUEST = Kind(422, "invalid-request", "The request does not fit the schema")
KEY_REUSED = Kind(422, "key-reused", "The idempotency key was used for another request")
OVER_LIMIT = Kind(429, "over-limit", "The key is over its rate or quota")
INTERNAL_ERROR = Kind(500, "internal-error", "The server failed")
BUSY = Kind(503, "busy", "No answer could be given in time")
STORE_UNUSABLE = Kind(503, "store-unusable", "The database cannot be used")
NOT_READY = Kind(503, "not-ready", "The server is not ready")

KINDS = (
    MALFORMED_JSON,
    UNKNOWN_HOST,
    KEY_IN_URL,
    UNAUTHENTICATED,
    MISSING_SCOPE,
    FORGED_FORM,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    SLOW_BODY,
    MODEL_REFUSED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID_REQUEST,
    KEY_REUSED,
    OVER_LIMIT,
    INTERNAL_ERROR,
    BUSY,
    STORE_UNUSABLE,
    NOT_READY,
)

# Most specific first: the first class that fits decides.
_KIND_OF_ERROR: tuple[tuple[type[Exception], Kind], ...] = (
    (MalformedJsonError, MALFORMED_JSON),
    (UnknownHostError, UNKNOWN_HOST),
    (NotFoundError, NOT_FOUND),
    (UnsupportedMediaTypeError, UNSUPPORTED_MEDIA_TYPE),
    (SlowBodyError, SLOW_BODY),
    (TooLargeError, TOO_LARGE),
    (UnknownCompanyError, NOT_FOUND),
    (NoSuchError, NOT_FOUND),
    (NoSuchKeyError, NOT_FOUND),
    (KeyReusedError, KEY_REUSED),
    (InputError, INVALID_REQUEST),
    (ArtifactNotFoundError, NOT_FOUND),
    (ArtifactError, MODEL_REFUSED),
    (BusyError, BUSY),
    (BusyStoreError, BUSY),
    (StoreSchemaError, STORE_UNUSABLE),
    (StoreUnreachableError, BUSY),
    (KeyInUrlError, KEY_IN_URL),
    (ForgedFormError, FORGED_FORM),
    (UnauthenticatedError, UNAUTHENTICATED),
    (ScopeError, MISSING_SCOPE),
    (LimitError, OVER_LIMIT),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What goes wrong with one request or one batch item, before it is bound to a path."""

    kind: Kind
    detail: str
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self, instance: str, request_id: str | None = None) -> ProblemAnswer:
        """The problem object; `instance` is the path that the caller asked for."""
        problem: ProblemAnswer = {
            "type": self.kind.urn,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail[:_MAX_DETAIL_CHARS],
            "instance": instance,
            "errors": [_error(fault) for fault in self.faults[:MAX_FAULTS]],
        }
        if request_id is not None:
            problem["request_id"] = request_id
        return problem

    def sentence(self) -> str:
        """The problem as a text alone: every fault with its field, or else the detail."""
        faults = [f"{fault.field}: {fault.message}" for fault in self.faults[:MAX_FAULTS]]
        return "; ".join(faults) or self.detail[:_MAX_DETAIL_CHARS]


def _error(fault: Fault) -> FieldErrorAnswer:
    error: FieldErrorAnswer = {"field": fault.field, "message": fault.message}
    if fault.input is not None:
        error["input"] = fault.input
    return error


def problem_of(error: Exception) -> Problem:
    """What the caller is told of an error; nothing of it where the fault is ours."""
    if isinstance(error, InvalidRequestError):
        return Problem(INVALID_REQUEST, str(error), error.faults)
    if isinstance(error, RequestValidationError):
        faults = [_parameter_fault(detail) for detail in error.errors()]
        return Problem(INVALID_REQUEST, str(InvalidRequestError(faults)), faults)
    if isinstance(error, NotReadyError):
        return Problem(NOT_READY, str(error), error.faults, {"Retry-After": "1"})
    if isinstance(error, HTTPException):
        return _routing_problem(error)
    for kind_of_error, kind in _KIND_OF_ERROR:
        if isinstance(error, kind_of_error):
            place = error.field if isinstance(error, InputError) else None
            faults = [Fault(place, str(error)[:_MAX_DETAIL_CHARS])] if place else []
            return Problem(kind, str(error), faults, _headers(error, kind))
    return Problem(INTERNAL_ERROR, _INTERNAL_DETAIL)


def _headers(error: Exception, kind: Kind) -> dict[str, str]:
    """When to come back (RFC 9110), or what key is wanted (RFC 6750)."""
    if isinstance(error, UnauthenticatedError):
        return {"WWW-Authenticate": _CHALLENGE + (', error="invalid_token"' if error.presented else "")}
    if isinstance(error, ScopeError):
        return {"WWW-Authenticate": f'{_CHALLENGE}, error="insufficient_scope", scope="{error.scope}"'}
    if isinstance(error, LimitError):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after_s)))}
    return {"Retry-After": "1"} if kind is BUSY else {}


def _parameter_fault(detail: Mapping[str, Any]) -> Fault:
    """A fault that FastAPI found in a query or path parameter; "query.limit" is told as "limit"."""
    name = ".".join(shown(str(place)) for place in detail["loc"][1:])
    if detail["type"] == "extra_forbidden":
        return Fault(name, "is not a known parameter")
    return Fault(name, detail["msg"].replace("Input should be", "must be", 1), shown_input(detail["input"]))


def _routing_problem(error: HTTPException) -> Problem:
    """What Starlette's router has to say: no such path, or not with this method."""
    if error.status_code == METHOD_NOT_ALLOWED.status:
        detail = "The Allow header lists the methods that this path takes."
        return Problem(METHOD_NOT_ALLOWED, detail, headers=error.headers or {})
    if error.status_code == NOT_FOUND.status:
        return Problem(NOT_FOUND, "Nothing is served at this path; /openapi.json lists what is.")
    return Problem(INTERNAL_ERROR, _INTERNAL_DETAIL)


def problem_response(request: Request, error: Exception) -> Response:
    """The answer to a request that failed with `error`."""
    problem = problem_of(error)
    if f"{request.scope['path']}/".startswith(f"{INFERENCE_ROOT}/"):
        answered = encode_json({"error": problem.sentence()})
        return Response(answered, problem.kind.status, dict(problem.headers), media_type="application/json")
    answer = problem.answer(instance_of(request), getattr(request.state, "request_id", None))
    return Response(
        encode_json(answer), problem.kind.status, dict(problem.headers), media_type=PROBLEM_MEDIA_TYPE
    )


def instance_of(request: Request) -> str:
    """Path as asked for, without the query string; quoted, and cut, as it may hold anything."""
    return quote(request.scope["path"].encode("utf-8", "replace"))[:300]


def documented(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for the problems that an operation may answer with."""
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}}
    return {kind.status: {"description": kind.title, "content": content} for kind in (*kinds, INTERNAL_ERROR)}
