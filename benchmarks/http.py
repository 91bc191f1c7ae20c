"""HTTP requests a second and their latency, against an endpoint of the same server that does nothing.

    python -m benchmarks.http [--seconds 5]

The server is one process on this machine; so is the client, which speaks just enough HTTP to cost little.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson

from benchmarks.measure import articles, show

_CONCURRENCY = (1, 16, 64)
_PATHS = ("/noop", "/v1/score")


def _serve(port: int, overrides: dict[str, Any]) -> None:
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import Response

    from riskscore.api.app import create_app
    from riskscore.settings import load_settings

    app = create_app(load_settings(port=port, **overrides))

    async def noop(request: Request) -> Response:
        await request.body()
        return Response(b"{}", media_type="application/json")

    app.router.add_route("/noop", noop, methods=["POST"])
    uvicorn.run(app, port=port, log_level="error", access_log=False)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        served(database_url=f"sqlite:///{folder}/bench.db") as server,
    ):
        rows = []
        for concurrency in _CONCURRENCY:
            found = {
                path: asyncio.run(measure(server.port, path, concurrency, options.seconds)) for path in _PATHS
            }
            for path, taken in found.items():
                taken.sort()
                rows.append(
                    [
                        path,
                        str(concurrency),
                        f"{len(taken) / options.seconds:,.0f}",
                        f"{taken[len(taken) // 2] * 1e3:.1f}",
                        f"{taken[int(len(taken) * 0.99)] * 1e3:.1f}",
                        f"{len(taken) / len(found['/noop']):.0%}",
                    ]
                )
    show(
        "One server process",
        ["", "concurrency", "requests a second", "p50 ms", "p99 ms", "of no-op"],
        rows,
    )


class Server(NamedTuple):
    """A server that runs: where it listens, and its process."""

    port: int
    pid: int


@contextmanager
def served(**settings: Any) -> Iterator[Server]:
    """A server of one process on a free port, stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(port, settings), daemon=True)
    process.start()
    try:
        _wait_for(port)
        assert process.pid is not None
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.join()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


async def measure(port: int, path: str, concurrency: int, seconds: float) -> list[float]:
    """Seconds of each request answered within the time."""
    requests = [
        _request(path, orjson.dumps({"title": article.title, "text": article.text}))
        for article in articles(None, 500)
    ]
    taken: list[float] = []
    end = time.perf_counter() + seconds + 0.5
    begin = end - seconds  # the first half second warms up
    await asyncio.gather(
        *(_client(port, requests[at:] + requests[:at], taken, begin, end) for at in range(concurrency))
    )
    return taken


async def _client(port: int, requests: list[bytes], taken: list[float], begin: float, end: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    at = 0
    while (sent := time.perf_counter()) < end:
        writer.write(requests[at % len(requests)])
        at += 1
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError((head + await reader.read(1_000)).decode())
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        if sent >= begin:
            taken.append(time.perf_counter() - sent)
    writer.close()


def _request(path: str, body: bytes) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body


if __name__ == "__main__":
    main()
