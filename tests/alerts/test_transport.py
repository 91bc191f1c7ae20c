"""One POST to servers that misbehave: checked address, no redirects, one deadline, bounded answers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import anyio
import pytest

from riskscore.alerts.addresses import AddressGuard, networks
from riskscore.alerts.transport import KEPT_ANSWER_BYTES, Answer, Poster
from riskscore.errors import DeliveryError


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on a free port that treats each connection with `answer`."""
    listening = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    connection.recv(65_536)
                    answer(connection)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        stopped.set()
        listening.close()


LOCAL = networks("127.0.0.1/32")


def post(url: str, guard: AddressGuard | None = None, timeout_s: float = 2.0) -> Answer:
    async def run() -> Answer:
        poster = Poster(guard or AddressGuard(LOCAL), timeout_s=timeout_s)
        try:
            return await poster.post(url, b"{}", {"content-type": "application/json"})
        finally:
            await poster.aclose()

    return anyio.run(run)


def reply(*parts: bytes, pause_s: float = 0.0) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause_s)

    return answer


def test_an_answer_is_kept_with_its_first_bytes() -> None:
    body = b"x" * 5_000
    with server(reply(b"HTTP/1.1 202 Accepted\r\nContent-Length: 5000\r\n\r\n", body)) as port:
        answer = post(f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.body) == (202, b"x" * KEPT_ANSWER_BYTES)


def test_an_endless_answer_is_cut_off() -> None:
    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
        while True:
            connection.sendall(b"x" * 10_000)

    with server(pour) as port:
        assert post(f"http://127.0.0.1:{port}/").status == 200


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    followed = threading.Event()

    def inside(connection: socket.socket) -> None:
        followed.set()

    with server(inside) as secret:
        target = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:{secret}/\r\n".encode()
        with server(reply(target + b"Content-Length: 0\r\n\r\n")) as port:
            assert post(f"http://127.0.0.1:{port}/").status == 307
    assert not followed.is_set()


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"less"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\nx",),
        (b"SSH-2.0-OpenSSH_9.6\r\n",),
    ],
)
def test_a_broken_answer_is_a_failure(parts: tuple[bytes, ...]) -> None:
    with server(reply(*parts)) as port, pytest.raises(DeliveryError):
        post(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "answer",
    [
        lambda connection: time.sleep(3),
        reply(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 30, pause_s=0.1),  # drop by drop
    ],
)
def test_a_slow_answer_ends_at_the_deadline(answer: Callable[[socket.socket], None]) -> None:
    began = time.monotonic()
    with server(answer) as port, pytest.raises(DeliveryError, match="no answer within"):
        post(f"http://127.0.0.1:{port}/", timeout_s=0.5)
    assert time.monotonic() - began < 2


def test_loopback_is_refused_without_an_allow_list() -> None:
    reached = threading.Event()
    with server(lambda connection: reached.set()) as port, pytest.raises(DeliveryError, match="not a public"):
        post(f"http://127.0.0.1:{port}/", AddressGuard())
    assert not reached.is_set()


def test_a_name_that_resolves_differently_later_gains_nothing() -> None:
    """The address that was checked is the one connected to: the second answer is never asked for."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    with server(reply(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as port:
        guard = AddressGuard(LOCAL, rebinding)
        assert post(f"http://rebinding.example:{port}/", guard).status == 200
        assert asked == ["rebinding.example"]
        with pytest.raises(DeliveryError, match=r"169\.254"):
            post(f"http://rebinding.example:{port}/", guard)
