"""ASGI layers around the application: request ids, headers, the access log, allowed hosts, the body limit.

Plain ASGI rather than Starlette's `BaseHTTPMiddleware`, so that nothing is buffered.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable, Collection
from ipaddress import ip_address
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskscore.access.keys import redacted
from riskscore.api.problems import UnknownHostError
from riskscore.errors import TooLargeError
from riskscore.observability.metrics import Metrics
from riskscore.observability.tracing import Step, request_span

access_log = logging.getLogger("riskscore.access")
error_log = logging.getLogger("riskscore.errors")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_HOST = re.compile(r"(\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]*))(:\d{0,5})?", re.ASCII)
_CLIENT_GONE = 499  # as nginx logs it; never sent

# The API serves data only: a browser that is led here must neither run, frame nor keep any of it.
SECURITY_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class RequestContext:
    """Gives each request an id, its answer the security headers, and log, metrics and trace their due.

    An `X-Request-ID` of the caller is kept when it is short and plain; anything else might forge
    log lines, and is replaced. The outermost layer: an exception that no handler took ends here.
    """

    def __init__(
        self, app: ASGIApp, on_error: Callable[[Request, Exception], Response], metrics: Metrics
    ) -> None:
        self.app = app
        self.on_error = on_error
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if _REQUEST_ID.fullmatch(asked) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        began, status, size = time.perf_counter(), 0, 0
        self.metrics.in_flight.inc()

        async def send_dressed(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                headers.update(scope["state"].get("answer_headers", {}))
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        with request_span("request", Headers(scope=scope)) as step:
            try:
                await self.app(scope, receive, send_dressed)
            except ClientDisconnect:
                status = status or _CLIENT_GONE
            except Exception as error:
                log_fault(error, request_id)
                if status:  # too late to say so: the broken-off answer is the only sign left
                    raise
                await self.on_error(Request(scope), error)(scope, receive, send_dressed)
            finally:
                self.metrics.in_flight.dec()
                self._tell(scope, status, size, time.perf_counter() - began, step)

    def _tell(self, scope: Scope, status: int, size: int, seconds: float, step: Step) -> None:
        """Metrics, span and log line of an answered request."""
        method, route = scope["method"], getattr(scope.get("route"), "path", None)
        request_id, principal = scope["state"]["request_id"], scope["state"].get("principal")
        self.metrics.note_request(method, route, status, seconds)
        step.update_name(f"{method} {route}" if route else method)
        step.set_attribute("http.request.method", method)
        step.set_attribute("http.route", route or "")
        step.set_attribute("http.response.status_code", status)
        step.set_attribute("riskscore.request_id", request_id)
        access_log.info(
            "%s %s %d %d B %.1f ms %s",
            method,
            quote(redacted(scope["path"]).encode("utf-8", "replace"))[:200],
            status,
            size,
            1000 * seconds,
            request_id,
            extra={
                "fields": {
                    "request_id": request_id,
                    "method": method,
                    "route": route,
                    "status": status,
                    "duration_ms": round(1000 * seconds, 3),
                    "bytes": size,
                    # The key's public part; never the key.
                    "principal": None if principal is None else principal.key_id or principal.name,
                }
            },
        )


def log_fault(error: Exception, request_id: str) -> None:
    """Log where an unexpected error arose. Its message stays out: it may quote the article."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    error_log.error("request %s failed with %s\n%s", request_id, type(error).__name__, frames)


class AllowedHosts:
    """Refuses requests for a host that is none of ours.

    A web page can give its own host's name the address of this service, and then read answers as if they
    were its own (DNS rebinding); its name is still in the Host header. An address in place of a name cannot
    be led astray so, and a request without Host does not come from a browser: both pass.

    Parameters
    ----------
    hosts : collection of str
        Names in lower case; ".example.com" stands for all below it, "*" for any.
    """

    def __init__(
        self, app: ASGIApp, hosts: Collection[str], on_error: Callable[[Request, Exception], Response]
    ) -> None:
        self.app = app
        self.names = frozenset(hosts)
        self.endings = tuple(name for name in hosts if name.startswith("."))
        self.on_error = on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or all(map(self._allows, Headers(scope=scope).getlist("host"))):
            await self.app(scope, receive, send)
            return
        error = UnknownHostError("the server does not go by this name (allowed_hosts)", "host")
        await self.on_error(Request(scope), error)(scope, receive, send)

    def _allows(self, given: str) -> bool:
        found = _HOST.fullmatch(given)
        if found is None:
            return False
        address, name = found["address"], (found["name"] or "").lower().rstrip(".")
        return (
            _is_address(address or name)
            or name in self.names
            or "*" in self.names
            or name.endswith(self.endings)
        )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class BodyLimit:
    """Raises `TooLargeError` in whoever reads a request body past the limit.

    A declared Content-Length over the limit fails the first read; a body without one, or with a
    false one, fails at the chunk that passes the limit. A body that nobody reads costs nothing.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int, streamed: Collection[str] = ()) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.streamed = frozenset(streamed)  # paths that read piece by piece and limit the pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self.streamed:
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        # The server refuses what is no number; one of thousands of digits must not be converted whole.
        digits = declared.lstrip("0")[:20] if declared.isascii() and declared.isdigit() else ""
        too_large = int(digits or "0") > self.max_body_bytes
        seen = 0

        async def receive_limited() -> Message:
            nonlocal seen
            if too_large:
                raise self._error()
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > self.max_body_bytes:
                    raise self._error()
            return message

        await self.app(scope, receive_limited, send)

    def _error(self) -> TooLargeError:
        message = f"the body is larger than {self.max_body_bytes:,} bytes (max_body_bytes); send it in parts"
        return TooLargeError(message, "body")
