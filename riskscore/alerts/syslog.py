"""A log line in, sent to a SIEM over TLS or TCP with octet counting (RFC 6587), or over UDP."""

from __future__ import annotations

import ssl

import anyio
import httpx

from riskscore.alerts.addresses import AddressGuard, check_url
from riskscore.errors import DeliveryError

SCHEMES = ("tls", "tcp", "udp")
_DEFAULT_PORTS = {"tls": 6514, "tcp": 601, "udp": 514}


def check_target(target: str) -> httpx.URL:
    """Refuse what is not `tls://host:port`, `tcp://…` or `udp://…`; errors as of `check_url`."""
    return check_url(target, SCHEMES)


async def send_line(guard: AddressGuard, target: str, line: bytes, *, timeout_s: float = 15.0) -> str:
    """Send one line; returns what can be said of its arrival.

    Raises
    ------
    DeliveryError
        No connection. The protocol has no acknowledgement: a line that was written may still be lost.
    """
    url = check_target(target)
    port = url.port or _DEFAULT_PORTS[url.scheme]
    host = url.raw_host.decode("ascii")
    try:
        with anyio.fail_after(timeout_s):
            address = await guard.address_of(host, port)
            if url.scheme == "udp":
                async with await anyio.create_connected_udp_socket(address, port) as udp:
                    await udp.send(line)
                return "sent over UDP, which tells nothing of its arrival"
            framed = b"%d %s" % (len(line), line)
            if url.scheme == "tls":
                context = ssl.create_default_context()
                async with await anyio.connect_tcp(
                    address, port, tls_hostname=host, ssl_context=context, tls=True
                ) as tls:
                    await tls.send(framed)
            else:
                async with await anyio.connect_tcp(address, port) as tcp:
                    await tcp.send(framed)
            return "written to the connection"
    except TimeoutError:
        raise DeliveryError(f"no connection within {timeout_s:g} s") from None
    except (OSError, anyio.BrokenResourceError, ValueError) as error:
        raise DeliveryError(f"{type(error).__name__}: {error}"[:300]) from None
