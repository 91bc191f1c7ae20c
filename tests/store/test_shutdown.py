"""SIGTERM under load: what was acknowledged is there, what was accepted is answered, nothing new is taken."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from riskscore.store import Store
from riskscore.store.articles import known_articles
from riskscore.store.drift import counts_since
from riskscore.store.times import utc_now
from tests.models.artifacts import place

_ROOT = Path(__file__).parents[2]
_SENDERS = 8


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def model_dir(small_model_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_model_dir, tmp_path / "models"))


@pytest.fixture
def server(store: Store, database_url: str, model_dir: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    environment = os.environ | {
        "RISKSCORE_DATABASE_URL": database_url,
        "RISKSCORE_MODEL_DIR": str(model_dir),
        "RISKSCORE_PORT": str(port),
        "RISKSCORE_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-c", "from riskscore.cli import app; app()", "serve"]
    process = subprocess.Popen(command, cwd=_ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while not is_ready(url):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield url, process
    finally:
        process.kill()
        process.wait()


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def test_nothing_acknowledged_is_lost_and_nothing_new_is_taken(
    server: tuple[str, subprocess.Popen[bytes]], store: Store
) -> None:
    url, process = server
    acknowledged: list[str] = []
    broken: list[str] = []
    terminated = threading.Event()

    def send(sender: int) -> None:
        with httpx.Client(base_url=url, timeout=30) as client:
            for number in range(10_000):
                text = (
                    f"Sender {sender} says {number}: Washington told makers to stop selling chips to China."
                )
                begun_before = not terminated.is_set()
                try:
                    answer = client.post("/v1/articles", json={"title": f"{sender}/{number}", "text": text})
                except httpx.ConnectError:  # refused: nothing was accepted
                    return
                except httpx.TransportError as error:
                    # A connection that the server closed while it was idle may race the next request.
                    if begun_before and not terminated.is_set():
                        broken.append(repr(error))
                    return
                if answer.status_code == 202:
                    acknowledged.append(answer.json()["article_id"])
                elif answer.status_code != 503:
                    broken.append(answer.text)

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(_SENDERS)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 40:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    terminated.set()
    process.wait(timeout=30)
    for thread in threads:
        thread.join()
    assert process.returncode in (0, -signal.SIGTERM)
    assert broken == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health/live")
    with store.read() as connection:
        stored = known_articles(connection, acknowledged)
        counted = sum(
            one.scored + one.abstained
            for one in counts_since(connection, utc_now().replace(year=2000)).values()
        )
    assert len(acknowledged) >= 40
    assert [one for one in acknowledged if one not in stored] == []
    assert counted >= len(acknowledged)  # what was counted was written down too


def test_sighup_loads_new_models_and_a_request_in_hand_is_answered_after_sigterm(
    server: tuple[str, subprocess.Popen[bytes]], small_model_dir: Path, model_dir: Path
) -> None:
    url, process = server
    place(small_model_dir, model_dir, "znew", 0.5)
    process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while httpx.get(f"{url}/health/ready").json()["model_version"] != "znew":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    port = int(url.rpartition(":")[2])
    body = b'{"title":"Late","text":"Washington told makers on Monday to stop selling chips to China."}'
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        head = (
            "POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while True:  # the listener closes first
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except ConnectionRefusedError:
                break
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert process.poll() is None
        connection.sendall(body[10:])
        answer = connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 202 ")
    process.wait(timeout=20)
