"""Every case of cases.toml over a socket: the one right answer, once, and a server that is well after it."""

from __future__ import annotations

import contextlib
import json
import re
import socket

import httpx
import pytest

from tests.hostile.cases import HostileCase, hostile_cases
from tests.hostile.conftest import Target

_STATUS = re.compile(rb"(?:\A|(?<=[}\n>]))HTTP/1\.1 (\d{3}) ")


def exchange(address: tuple[str, int], sent: bytes) -> bytes:
    """Send it, and take all that comes until the server closes."""
    received = b""
    with socket.create_connection(address, timeout=20) as connection:
        with contextlib.suppress(ConnectionError):  # it need not take all of what it refuses
            connection.sendall(sent)
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65_536):
                received += part
    return received


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.kind}: {case.name}") for case in hostile_cases()]
)
def test_each_is_answered_as_it_should_be(target: Target, case: HostileCase) -> None:
    if target.database != "sqlite" and not case.both:
        pytest.skip("reaches no database")
    received = exchange(target.address, case.sent)
    head, _, body = received.partition(b"\r\n\r\n")
    assert tuple(map(int, _STATUS.findall(received))) == case.statuses
    if case.problem is not None:
        problem = json.loads(body)
        assert problem["type"] == f"urn:riskscore:problem:{case.problem}"
    for words in case.absent:
        assert words.encode().lower() not in received.lower()
    assert b"Traceback" not in body
    assert b"x-content-type-options: nosniff" in head.lower() or case.statuses[0] == 400


def test_after_all_of_it_nothing_is_lost_and_nothing_was_let_in(target: Target) -> None:
    with httpx.Client(base_url=target.url, timeout=30) as client:
        assert client.get("/health/ready").status_code == 200
        assert client.get("/v1/alerts").json()["alerts"]
        assert client.get("/v1/watchlists/holdings").json()["companies"] == ["nvidia"]
        assert client.get("/v1/keys").json()["keys"] == []
        assert len(client.get("/v1/endpoints").json()["endpoints"]) == 1
        assert len(client.get("/v1/subscriptions").json()["subscriptions"]) == 1
