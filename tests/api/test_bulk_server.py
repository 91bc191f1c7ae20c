"""Bulk ingest over a real socket, and a server that is killed in the middle of it."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from riskscore.store import open_store
from riskscore.store.articles import known_articles
from riskscore.store.check import check_store

_SERVER = """
import sys, uvicorn
from riskscore.api.app import create_app
from riskscore.settings import load_settings
from tests.api.conftest import make_assessor
settings = load_settings(database_url=sys.argv[1], request_timeout_s=5.0)
uvicorn.run(create_app(settings, make_assessor()), port=int(sys.argv[2]), log_level="error")
"""


class Running:
    """A server in a process of its own."""

    def __init__(self, database_url: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = [sys.executable, "-c", _SERVER, database_url, str(self.port)]
        self.process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        self.url = f"http://127.0.0.1:{self.port}"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.url}/healthz")
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'news.db'}"


@pytest.fixture
def server(database_url: str) -> Iterator[Running]:
    server = Running(database_url)
    yield server
    server.kill()


def line(number: int) -> bytes:
    text = " ".join(f"word{(number * 31 + step * 7) % 9973} chip" for step in range(40))
    return json.dumps({"id": str(number), "title": f"Story {number}", "text": text}).encode() + b"\n"


def open_bulk(server: Running) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.sendall(
        b"POST /v1/articles/bulk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    return connection


def send(connection: socket.socket, content: bytes) -> None:
    connection.sendall(f"{len(content):x}\r\n".encode() + content + b"\r\n")


def results(received: bytes) -> list[dict[str, Any]]:
    """The whole result lines of a chunked answer, which may have broken off."""
    return [
        json.loads(part)
        for part in received.replace(b"\r\n", b"\n").split(b"\n")
        if part.startswith(b'{"line"') and part.endswith(b"}")
    ]


def test_results_come_while_lines_are_still_sent(server: Running) -> None:
    with open_bulk(server) as connection:
        send(connection, line(1))
        received = b""
        while b'"article_id"' not in received:
            received += connection.recv(65_536)
        send(connection, line(2))
        connection.sendall(b"0\r\n\r\n")
        while not received.endswith(b"0\r\n\r\n"):
            received += connection.recv(65_536)
    assert [result["id"] for result in results(received)] == ["1", "2"]


def test_a_sender_that_reads_late_is_served_all_the_same(server: Running) -> None:
    body = b"".join(line(number) for number in range(1500))
    headers = {"content-type": "application/x-ndjson"}
    response = httpx.post(f"{server.url}/v1/articles/bulk", content=body, headers=headers, timeout=60)
    assert [json.loads(found)["line"] for found in response.text.splitlines()] == list(range(1, 1501))


def test_a_sender_that_stalls_is_told(server: Running) -> None:
    with open_bulk(server) as connection:
        send(connection, line(1)[:20])
        received = b""
        while b'"error"' not in received:
            more = connection.recv(65_536)
            assert more
            received += more
    assert b"slow-body" in received


def test_killed_in_the_middle_no_acknowledged_article_is_lost(server: Running, database_url: str) -> None:
    def send_all(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the server dies meanwhile
            for number in range(20_000):
                send(connection, line(number))

    received = b""
    with open_bulk(server) as connection:
        sender = threading.Thread(target=send_all, args=(connection,))
        sender.start()
        while received.count(b'"line"') <= 300:
            received += connection.recv(65_536)
        server.kill()
        with contextlib.suppress(OSError):
            while more := connection.recv(65_536):
                received += more
        sender.join()
    acknowledged = {result["article_id"] for result in results(received)}
    assert len(acknowledged) > 300
    store = open_store(database_url)
    with store.read() as connection_to_store:
        assert set(known_articles(connection_to_store, acknowledged)) == acknowledged
        assert check_store(connection_to_store) == []
    store.close()
