"""A POST in, what the receiver answered out: checked address, no redirects, one deadline for it all."""

from __future__ import annotations

import ssl
import typing
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import anyio
import httpcore
import httpx

from riskscore import __version__
from riskscore.alerts.addresses import AddressGuard
from riskscore.errors import DeliveryError

KEPT_ANSWER_BYTES = 2_048
# Read further than is kept, so that the connection can be used again; an endless answer is cut off.
_MOST_ANSWER_BYTES = 65_536
_USER_AGENT = f"riskscore/{__version__} (webhooks)"
_HTTPCORE_ERRORS = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes  # the first KEPT_ANSWER_BYTES
    headers: httpx.Headers


class PinnedTransport(httpx.AsyncBaseTransport):
    """Connects to the address that the guard has checked, and to no other; TLS still checks the name."""

    def __init__(self, guard: AddressGuard, *, connections: int = 100) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=15.0,
            network_backend=_PinnedBackend(guard),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See `httpx.AsyncBaseTransport`."""
        assert isinstance(request.stream, httpx.AsyncByteStream)
        try:
            response = await self._pool.handle_async_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except _HTTPCORE_ERRORS as error:
            raise httpx.TransportError(str(error) or type(error).__name__) from error
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Stream(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class _PinnedBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        address = await self._guard.address_of(host, port)
        return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._response.aiter_stream():
                yield part
        except _HTTPCORE_ERRORS as error:
            raise httpx.TransportError(str(error) or type(error).__name__) from error

    async def aclose(self) -> None:
        await self._response.aclose()


class Poster:
    """Posts bodies; one for a worker, safe for many tasks at once.

    Parameters
    ----------
    timeout_s : float
        For the whole of an attempt, name resolution and the answer included: a receiver that sends a byte
        now and then is cut off too.
    transport : httpx.AsyncBaseTransport or None
        A seam for tests; by default a `PinnedTransport`.
    """

    def __init__(
        self,
        guard: AddressGuard,
        *,
        timeout_s: float = 15.0,
        connections: int = 100,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            transport=transport or PinnedTransport(guard, connections=connections),
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            headers={"user-agent": _USER_AGENT, "accept-encoding": "identity"},
        )

    async def post(self, url: str, body: bytes, headers: typing.Mapping[str, str]) -> Answer:
        """Send one message.

        Raises
        ------
        DeliveryError
            No whole answer came: refused address, no connection, too slow, broken off.
        """
        try:
            with anyio.fail_after(self._timeout_s):
                async with self._client.stream("POST", url, content=body, headers=dict(headers)) as response:
                    return Answer(response.status_code, await _first_bytes(response), response.headers)
        except TimeoutError:
            raise DeliveryError(f"no answer within {self._timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise DeliveryError(f"{type(error).__name__}: {error}"[:300]) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _first_bytes(response: httpx.Response) -> bytes:
    """The part that is kept. An answer of another length than it says raises `httpx.TransportError`."""
    kept = bytearray()
    seen = 0
    async for part in response.aiter_raw():
        kept += part[: KEPT_ANSWER_BYTES - len(kept)]
        seen += len(part)
        if seen > _MOST_ANSWER_BYTES:
            break
    return bytes(kept)
