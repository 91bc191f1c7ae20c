"""Tricks that lead a request into the private network, each refused; and what an operator allows."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

import anyio
import pytest

from riskscore.alerts.addresses import (
    AddressGuard,
    RefusedAddressError,
    check_url,
    networks,
    system_resolver,
)
from riskscore.errors import DeliveryError, InputError, SettingsError
from riskscore.public_addresses import refusal

NOT_PUBLIC = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1",
    "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "100.127.255.254", "192.0.0.192",
    "168.63.129.16", "198.18.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
    "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378::1",
    "2001:db8::1", "100::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "172.32.0.1", "100.128.0.1"]


def resolve_to(*addresses: str) -> AddressGuard:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return addresses

    return AddressGuard(resolver=resolver)


def address_of(guard: AddressGuard, host: str = "hooks.example", port: int = 443) -> str:
    return anyio.run(guard.address_of, host, port)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_address_that_leads_inside_is_taken(address: str) -> None:
    assert refusal(ip_address(address.partition("%")[0])) is not None
    with pytest.raises(RefusedAddressError, match="RISKSCORE_DELIVERY_ALLOWED_NETWORKS"):
        address_of(resolve_to(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_taken(address: str) -> None:
    assert address_of(resolve_to(address)) == address


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_one_bad_address_among_good_ones_is_enough(address: str) -> None:
    with pytest.raises(RefusedAddressError):
        address_of(resolve_to("8.8.8.8", address, "1.1.1.1"))


def test_a_name_without_an_address_or_with_nonsense_is_refused() -> None:
    with pytest.raises(DeliveryError, match="no address"):
        address_of(resolve_to())
    with pytest.raises(RefusedAddressError, match="no address"):
        address_of(resolve_to("localhost"))

    async def fails(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(DeliveryError, match="cannot be resolved"):
        address_of(AddressGuard(resolver=fails))


# What the machine's own resolver makes of these is an address inside; the guard sees through each.
@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost.", "LOCALHOST", "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001",
        "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0", "10.1", "169.254.43518", "::1",
        "::ffff:127.0.0.1", "0:0:0:0:0:ffff:7f00:1",
    ],
)  # fmt: skip
def test_disguised_loopback_does_not_pass_the_resolver(host: str) -> None:
    with pytest.raises(DeliveryError):
        address_of(AddressGuard(resolver=system_resolver), host, 80)


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://0/",
        "https://127.1.", "https://user@hooks.example/", "https://user:secret@hooks.example/",
        "https://hooks.example@127.0.0.1/", "https://:@hooks.example/", "https://hooks.example:0/",
        "https://hooks.example/#x", "ftp://hooks.example/", "file:///etc/passwd", "gopher://hooks.example/",
        "javascript:alert(1)", "//hooks.example/", "hooks.example", "https://", "https:///x", "", "https://[::1",
        "https://exa mple/", "https://hooks.example\\@127.0.0.1/", "https://hooks.example/\r\nHost: inside",
        "https://hooks.example/\x00", "https://hooks.example:99999/", "https://" + "a" * 3_000,
        "https://１２７.１/",
    ],
)  # fmt: skip
def test_no_url_that_hides_where_it_leads_is_taken(url: str) -> None:
    with pytest.raises(InputError):
        check_url(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://hooks.example/a?b=c", "hooks.example"),
        ("http://hooks.example:8080", "hooks.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://93.184.216.34/", "93.184.216.34"),
        ("https://[2606:4700::1]/", "2606:4700::1"),
        ("https://hooks.example./", "hooks.example."),
    ],
)
def test_honest_urls_are_taken(url: str, host: str) -> None:
    assert check_url(url).raw_host.decode() == host


def test_punycode_and_other_dots_are_judged_by_where_they_lead() -> None:
    """１２７。０。０。１ becomes 127.0.0.1 on the way: a literal that the guard then refuses."""
    parsed = check_url("https://127。0。0。1/") if _takes("https://127。0。0。1/") else None
    if parsed is not None:
        with pytest.raises(DeliveryError):
            address_of(AddressGuard(), parsed.raw_host.decode(), 443)


def _takes(url: str) -> bool:
    try:
        check_url(url)
    except InputError:
        return False
    return True


def test_an_allowed_network_is_reached_and_no_other() -> None:
    async def inside(host: str, port: int) -> Sequence[str]:
        return ["10.1.2.3"]

    assert address_of(AddressGuard(networks("10.1.0.0/16, fd12::/32"), inside)) == "10.1.2.3"
    for allowed in ("", "10.2.0.0/16", "fd12::/32", "::ffff:10.1.0.0/112"):
        with pytest.raises(RefusedAddressError):
            address_of(AddressGuard(networks(allowed), inside))


def test_an_unusable_allow_list_is_refused() -> None:
    with pytest.raises(SettingsError, match="ALLOWED_NETWORKS"):
        networks("10.0.0.0/8, everything")
