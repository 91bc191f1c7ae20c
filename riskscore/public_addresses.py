"""An HTTP transport that connects to public addresses only, whatever a name resolves to or redirects to.

The name is resolved here and the connection made to the address that was checked, so that a name which
resolves differently a moment later gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpcore
import httpx

# Public by the letter of the registries, yet they lead back inside: IPv6 forms that carry an IPv4 address,
# and the address at which Azure serves a machine its own secrets.
_LEADS_INSIDE = tuple(
    ip_network(network)
    for network in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16",
                    "fec0::/10", "::ffff:0:0:0/96", "168.63.129.16/32", "192.0.0.0/24")
)  # fmt: skip


class PrivateAddressError(httpx.ConnectError):
    """The name leads to an address that is not public."""


def refusal(address: IPv4Address | IPv6Address) -> str | None:
    """Why nothing of other people's choosing may be sent to this address; None where it may."""
    if address.is_multicast:
        return "not a public address but a multicast one"
    if any(address in network for network in _LEADS_INSIDE if network.version == address.version):
        return "not a public address: it can lead to a private one"
    if not address.is_global:  # private, loopback, link-local, carrier-grade NAT, unspecified, reserved …
        return "not a public address"
    return None


def checked_address(host: str, port: int) -> str:
    """A public address of `host`.

    Raises
    ------
    PrivateAddressError
        One of its addresses is loopback, private, link-local or otherwise not public.
    httpx.ConnectError
        It has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"{host} cannot be resolved: {error}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for written in addresses:
        reason = refusal(ip_address(written.partition("%")[0]))
        if reason is not None:
            raise PrivateAddressError(f"{host} is at {written}, {reason} (allow_private_feeds is off)")
    return addresses[0]


class _PublicBackend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        address = checked_address(host, port)
        return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)


class PublicTransport(httpx.BaseTransport):
    """For an `httpx.Client` that is sent to addresses of other people's choosing."""

    def __init__(self) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), network_backend=_PublicBackend()
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See `httpx.BaseTransport`."""
        assert isinstance(request.stream, httpx.SyncByteStream)
        try:
            response = self._pool.handle_request(
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
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise httpx.TransportError(str(error) or type(error).__name__) from error
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Stream(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_stream()
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise httpx.TransportError(str(error) or type(error).__name__) from error

    def close(self) -> None:
        self._response.close()
