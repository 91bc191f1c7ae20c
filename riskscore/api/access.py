"""A request in, its principal out; and for each route, the scope that it needs.

Every route says `dependencies=[needs("read")]` or `dependencies=[OPEN]`, or its router does; a test walks all
routes. The key is checked before anything else of a request is looked at, its body above all.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from typing import Any, cast
from urllib.parse import parse_qsl, unquote_plus

import anyio
from fastapi import Depends, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.requests import Request

from riskscore.access.keys import KEY_PATTERN
from riskscore.access.scopes import Scope
from riskscore.api import problems
from riskscore.api.keyring import KeyRing
from riskscore.errors import UnauthenticatedError

_KEY_HEADER = "X-API-Key"
_KEY_PARAMETERS = frozenset({"access_token", "api-key", "api_key", "apikey", "x-api-key"})
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


def keyring_of(request: Request) -> KeyRing:
    """The keys of the application that serves `request`."""
    return cast(KeyRing, request.app.state.keyring)


class _KeyCheck(SecurityBase):
    """Sets `request.state.principal`, or refuses the request. Documents itself in OpenAPI."""

    scheme_name = "bearer"
    model = HTTPBearer(
        bearerFormat="rsk_…",
        description="A key as `riskscore keys create` makes it. Not asked for on the server's own machine "
        "until a key was made, unless `require_keys` is set.",
    )

    async def __call__(self, request: Request, needed: SecurityScopes) -> None:
        refuse_key_in_url(request)
        keyring = keyring_of(request)
        principal = await keyring.identify(_presented(request), local=is_local(request))
        request.state.principal = principal
        for scope in needed.scopes:
            principal.need(cast(Scope, scope))
        try:
            keyring.enter(principal)
        finally:
            request.state.answer_headers = keyring.fields(principal)


_KEY_CHECK = _KeyCheck()


def needs(scope: Scope) -> Any:
    """For `dependencies` of a route or router: callers must have this scope."""
    return Security(_KEY_CHECK, scopes=[scope])


async def _open_to_all() -> None:
    """Nothing to check."""


OPEN: Any = Depends(_open_to_all)  # for `dependencies` of a route that anyone may call


def charge(request: Request, more: int) -> None:
    """Count further uses by a request that does the work of several; never refuses what was begun."""
    keyring, principal = keyring_of(request), request.state.principal
    keyring.spend(principal, more)
    request.state.answer_headers = keyring.fields(principal)


async def pace(request: Request, more: int) -> None:
    """Count further uses by a stream, and hold it up until its key may go on.

    Raises
    ------
    UnauthenticatedError, LimitError
        The key was ended meanwhile, or its quota is used up.
    """
    keyring, principal = keyring_of(request), request.state.principal
    await keyring.check(principal)
    await anyio.sleep(keyring.spend(principal, more))


def _presented(request: Request) -> str | None:
    """The key of a request. `X-API-Key` goes first: something in front may need Authorization for itself."""
    given = request.headers.getlist(_KEY_HEADER)
    if not given:
        tokens = map(_BEARER.fullmatch, request.headers.getlist("authorization"))
        given = [token[1] for token in tokens if token]
    if len(given) > 1:
        raise UnauthenticatedError("send one key, not several", presented=True)
    return given[0] if given else None


def is_local(request: Request) -> bool:
    """Whether the caller is on this machine; behind a proxy, as far as X-Forwarded-For tells."""
    if request.client is None:
        return True
    try:
        address = ip_address(request.client.host)
    except ValueError:  # a socket of this machine: those of TCP have addresses
        return True
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def refuse_key_in_url(request: Request) -> None:
    """URLs are kept: by proxies, in histories, in logs."""
    query = request.scope["query_string"].decode("latin-1")
    if not query and "rsk_" not in request.scope["path"]:
        return
    names = {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}
    if names & _KEY_PARAMETERS or KEY_PATTERN.search(unquote_plus(query) + " " + request.scope["path"]):
        raise problems.KeyInUrlError(
            "a key must not stand in a URL, which logs and proxies keep: send it as Authorization: Bearer, "
            "and replace one that stood there (riskscore keys rotate, or revoke)"
        )


def document_keys(document: dict[str, Any]) -> None:
    """Complete an OpenAPI document: the other header, and what every route that needs a key may answer."""
    schemes = document["components"]["securitySchemes"]
    schemes["header"] = {
        "type": "apiKey",
        "in": "header",
        "name": _KEY_HEADER,
        "description": "The same key, for where the Authorization header is another's.",
    }
    answers = problems.documented(
        problems.KEY_IN_URL,
        problems.UNAUTHENTICATED,
        problems.MISSING_SCOPE,
        problems.OVER_LIMIT,
        problems.BUSY,
    )
    for operations in document["paths"].values():
        for operation in operations.values():
            for alternative in list(operation.get("security", ())):
                operation["security"].append({"header": alternative["bearer"]})
                for status, answer in answers.items():
                    operation["responses"].setdefault(str(status), answer)
