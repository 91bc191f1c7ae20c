"""The real server over a real socket: what ASGI-level tests cannot show."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.examples import example_request
from riskscore.settings import load_settings
from tests.api.problems import assert_problem


@pytest.fixture(scope="module")
def url(assessor: Assessor) -> Iterator[str]:
    app = create_app(load_settings(request_timeout_s=1.0), assessor)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


def test_the_example_is_scored_over_http(url: str) -> None:
    response = httpx.post(f"{url}/v1/score", json=example_request())
    assert response.status_code == 200
    assert response.json()["abstained"] is False


@pytest.mark.parametrize("megabytes", [5, 20])
def test_a_client_that_sends_too_much_still_reads_why(url: str, megabytes: int) -> None:
    with httpx.Client(timeout=20) as client:
        response = client.post(f"{url}/v1/score", json={"text": "x" * megabytes * 1_000_000})
        assert_problem(response, 413, "body")
        assert client.get(f"{url}/healthz").status_code == 200


def test_a_chunked_body_is_cut_at_the_limit(url: str) -> None:
    chunks = (b" " * 65_536 for _ in range(200))
    response = httpx.post(
        f"{url}/v1/score", content=chunks, headers={"content-type": "application/json"}, timeout=20
    )
    assert_problem(response, 413, "body")


def test_a_body_that_never_comes_is_given_up(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 50\r\n\r\n{"
        )
        assert connection.recv(65_536).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_hangs_up_leaves_the_server_well(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    for _ in range(20):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(
                b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 50\r\n\r\n{"
            )
    assert httpx.get(f"{url}/readyz").status_code == 200
