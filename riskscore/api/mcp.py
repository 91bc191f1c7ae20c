"""`POST /mcp`: the Model Context Protocol over streamable HTTP, where the setting `mcp` is on.

Stateless: every message is a request of its own, with key, limits and ledger as any other; a JSON object
comes back, and no stream is kept open.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskscore.api.access import needs
from riskscore.api.body import require_json, whole_body
from riskscore.api.records import acting_for
from riskscore.errors import SettingsError

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context as Call

    from riskscore.mcp.tools import Caller

# Not in the OpenAPI document: its messages are described by the protocol, and its tools by themselves.
router = APIRouter(include_in_schema=False, dependencies=[needs("read")])


class _Handed(Response):
    """A response that another ASGI application gives to a request whose body was read."""

    def __init__(self, app: ASGIApp, body: bytes) -> None:
        super().__init__()
        self._app = app
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As of `Response`."""
        unread = True

        async def receive_again() -> Message:
            nonlocal unread
            if unread:
                unread = False
                return {"type": "http.request", "body": self._body, "more_body": False}
            return await receive()

        await self._app(scope, receive_again, send)


@router.post("/mcp")
async def ask(request: Request) -> Response:
    """One message of an assistant."""
    require_json(request)  # which no web page can send here: browsers ask first, and are refused
    return _Handed(request.app.state.mcp, await whole_body(request))


def add_mcp(app: FastAPI) -> None:
    """Serve the protocol too.

    Raises
    ------
    SettingsError
        The extra `mcp` is not installed.
    """
    if find_spec("mcp") is None:
        raise SettingsError("RISKSCORE_MCP needs the extra mcp: pip install 'riskscore[mcp]'")
    app.include_router(router)


@asynccontextmanager
async def answering(app: FastAPI) -> AsyncIterator[None]:
    """While it lasts, messages are answered; nothing where the setting is off."""
    if not app.state.context.settings.mcp:
        yield
        return
    from mcp.server.transport_security import TransportSecuritySettings

    from riskscore.mcp.server import make_server

    server = make_server(app.state.context, _caller)
    server.streamable_http_app(
        json_response=True,
        stateless_http=True,
        max_request_body_size=app.state.context.settings.max_body_bytes,
        # Host names were checked by `AllowedHosts` already.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    app.state.mcp = server.session_manager.handle_request
    async with server.session_manager.run():
        yield


def _caller(call: Call) -> Caller:
    from riskscore.mcp.tools import Caller

    request = call.request_context.request
    assert isinstance(request, Request)
    return Caller(request.state.principal, acting_for(request), request.state.request_id)
