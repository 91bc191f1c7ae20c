"""Clients that hold connections: slow headers, bodies that trickle in, answers that nobody takes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from riskscore.api.app import create_app
from riskscore.api.connections import MAX_HEADER_BYTES, server_options
from riskscore.assess import Assessor
from riskscore.settings import load_settings

LIMIT_S = 0.4
POST = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def address(assessor: Assessor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    path: Path = tmp_path_factory.mktemp("store") / "news.db"
    settings = load_settings(
        request_timeout_s=2 * LIMIT_S,
        header_timeout_s=LIMIT_S,
        keep_alive_timeout_s=3,
        max_connections=20,
        require_keys=True,
        database_url=f"sqlite:///{path}",
    )
    app = create_app(settings, assessor)
    listener = socket.create_server(("127.0.0.1", 0))
    options = server_options(settings)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    host, port = listener.getsockname()[:2]
    httpx.get(f"http://{host}:{port}/openapi.json", timeout=60)  # made once
    yield host, port
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@pytest.fixture
def connection(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=10) as connection:
        yield connection


def received(connection: socket.socket, end: bytes) -> bytes:
    """All that comes up to `end`."""
    content = b""
    while end not in content:
        part = connection.recv(65_536)
        assert part, content
        content += part
    return content


def closed_after_s(connection: socket.socket, trickle: bytes = b"") -> float:
    """Seconds until the server closes; meanwhile, a byte of `trickle` now and then."""
    began = time.monotonic()
    connection.settimeout(0.05)
    while time.monotonic() - began < 10:
        with contextlib.suppress(TimeoutError):
            try:
                if trickle:
                    connection.sendall(trickle)
                if connection.recv(65_536) == b"":
                    break
            except ConnectionError:
                break
    return time.monotonic() - began


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nx: "])
@pytest.mark.parametrize("trickle", [b"", b"a"])
def test_headers_must_come_in_time(connection: socket.socket, begun: bytes, trickle: bytes) -> None:
    connection.sendall(begun)
    assert LIMIT_S / 2 < closed_after_s(connection, trickle) < 5 * LIMIT_S


def test_so_must_those_of_a_second_request(connection: socket.socket) -> None:
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert received(connection, b"alive").startswith(b"HTTP/1.1 200 ")
    time.sleep(1.5 * LIMIT_S)  # between requests, the longer time for idle connections holds
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea")
    assert b"HTTP/1.1 200 " in received(connection, b"alive")
    connection.sendall(b"lt")
    assert closed_after_s(connection, b"h") < 5 * LIMIT_S


def test_a_refused_body_cannot_trickle_on(connection: socket.socket) -> None:
    connection.sendall(POST + b"Content-Length: 1000000\r\n\r\n{")
    assert received(connection, b"request_id").startswith(b"HTTP/1.1 401 ")
    assert LIMIT_S < closed_after_s(connection, b" ") < 8 * LIMIT_S


def test_an_answer_must_be_taken(address: tuple[str, int]) -> None:
    whole = len(httpx.get(f"http://{address[0]}:{address[1]}/openapi.json").content)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(10)
        connection.connect(address)
        for _ in range(40):  # more than all buffers between us hold
            connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(6 * LIMIT_S)
        taken = 0
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65_536):
                taken += len(part)
        assert taken < 40 * whole


def test_large_headers_are_refused(connection: socket.socket) -> None:
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nx: " + b"a" * (MAX_HEADER_BYTES + 1))
    assert connection.recv(65_536).startswith(b"HTTP/1.1 400 ")


def test_connections_over_the_limit_are_refused_and_the_server_recovers(address: tuple[str, int]) -> None:
    url = f"http://{address[0]}:{address[1]}/healthz"
    with contextlib.ExitStack() as held:
        for _ in range(25):
            held.enter_context(socket.create_connection(address, timeout=10))
        time.sleep(0.1)
        assert httpx.get(url).status_code == 503
    deadline = time.monotonic() + 5
    while httpx.get(url).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
