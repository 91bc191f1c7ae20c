"""A target's URL in, the one address to connect to out, or a refusal.

A name is refused when *any* of its addresses is not public, unless an allow-list names the network, and
the connection is made to the address that was checked: a name that resolves differently a moment later
gains nothing.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from riskscore.errors import DeliveryError, InputError, SettingsError
from riskscore.public_addresses import refusal

Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_MAX_URL_CHARS = 2_000
# 127.1, 0x7f000001, 0177.0.0.1, 2130706433: addresses in disguise, which no honest sender writes.
_DISGUISED = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*\.?", re.IGNORECASE)


class RefusedAddressError(DeliveryError):
    """The target is, or leads to, an address that may not be connected to."""


def networks(written: str) -> tuple[Network, ...]:
    """An allow-list as the setting has it: networks or addresses, separated by commas.

    Raises
    ------
    SettingsError
    """
    found = []
    for name in filter(None, (part.strip() for part in written.split(","))):
        try:
            found.append(ip_network(name))
        except ValueError as error:
            raise SettingsError(f"RISKSCORE_DELIVERY_ALLOWED_NETWORKS: {error}") from None
    return tuple(found)


def check_url(url: str, schemes: Sequence[str] = ("https", "http")) -> httpx.URL:
    """Refuse a URL that is none, or that hides where it leads. Names are resolved only when it is used.

    Raises
    ------
    InputError
    """
    try:
        parsed = httpx.URL(url)
        raw_host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError):
        raise InputError("is not a usable URL", "target") from None
    if len(url) > _MAX_URL_CHARS:
        raise InputError(f"is longer than {_MAX_URL_CHARS:,} characters", "target")
    if any(ord(character) <= 32 or ord(character) == 127 or character == "\\" for character in url):
        raise InputError("holds a blank, a control character or a backslash", "target")
    if parsed.scheme not in schemes:
        raise InputError(f"must begin with {' or '.join(f'{name}://' for name in schemes)}", "target")
    if parsed.userinfo or "@" in url.partition("://")[2].partition("/")[0]:
        raise InputError("must not hold a user name or password; they would be stored in the clear", "target")
    if not raw_host:
        raise InputError("names no host", "target")
    if parsed.port is not None and not 0 < parsed.port < 65_536:
        raise InputError("names a port that there is not", "target")
    if parsed.fragment:
        raise InputError("must not have a #fragment, which is never sent", "target")
    if literal_address(raw_host) is None and _DISGUISED.fullmatch(raw_host):
        raise InputError("write the address as four decimal numbers with dots", "target")
    return parsed


def literal_address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as, if it is one in the usual form."""
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


async def system_resolver(host: str, port: int) -> list[str]:
    """All addresses of a name, as this machine resolves it."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class AddressGuard:
    """Resolves and checks names.

    Parameters
    ----------
    allowed : sequence of networks
        Private networks that may be sent to all the same: the on-premises installation's own.
    resolver : callable
        A seam for tests.
    """

    def __init__(self, allowed: Sequence[Network] = (), resolver: Resolver = system_resolver) -> None:
        self._allowed = tuple(allowed)
        self._resolver = resolver

    async def address_of(self, host: str, port: int) -> str:
        """The address to connect to.

        Raises
        ------
        RefusedAddressError
            Any of the host's addresses may not be connected to.
        DeliveryError
            It has none.
        """
        try:
            found = await self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            raise DeliveryError(f"{host} cannot be resolved: {error}") from None
        if not found:
            raise DeliveryError(f"{host} has no address")
        for written in found:
            self._check(host, written)
        return found[0]

    def _check(self, host: str, written: str) -> None:
        try:
            address = ip_address(written.partition("%")[0])
        except ValueError:
            raise RefusedAddressError(f"{host} is at {written!r}, which is no address") from None
        if any(address in network for network in self._allowed if network.version == address.version):
            return
        reason = refusal(address)
        if reason is not None:
            raise RefusedAddressError(
                f"{host} is at {written}, {reason}; an on-premises network is allowed with "
                "RISKSCORE_DELIVERY_ALLOWED_NETWORKS"
            )
