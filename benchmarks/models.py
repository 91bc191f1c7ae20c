"""Models in production under load: exchanged, and shadowed by a challenger.

    python -m benchmarks.models [--requests 2000] [--clients 2] [--exchanges 20]

`riskscore serve` with the shipped model under two names. Latency of `POST /v1/score` alone, with a challenger
that scores every article too, and while the models are exchanged again and again; faults, and the
memory after each quarter of the exchanges.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.measure import articles, model_folder

_HEADERS = {"content-type": "application/json"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=2)
    parser.add_argument("--exchanges", type=int, default=20)
    options = parser.parse_args()
    bodies = [{"title": one.title, "text": one.text} for one in articles(None, 200)]
    table = Table("", "requests", "faults", "p50 ms", "p99 ms", "max ms", box=None, pad_edge=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for version in ("a", "b"):
            _place(folder / "models" / version)
        with _server(folder) as (url, process):
            _load(url, bodies, 200, options.clients)  # the word memories fill
            for title, challenger in (
                ("alone", None),
                ("with a challenger on every article", "a"),
                ("alone", None),
            ):
                _shadow(folder, challenger)
                _row(table, title, *_load(url, bodies, options.requests, options.clients))
            sizes = [_megabytes(process.pid)]
            done = threading.Event()
            changer = threading.Thread(
                target=_exchange, args=(url, options.exchanges, process.pid, sizes, done)
            )
            changer.start()
            times: list[float] = []
            faults = 0
            while not done.is_set():
                more, failed = _load(url, bodies, 100, options.clients)
                times, faults = times + more, faults + failed
            changer.join()
            _row(table, f"during {options.exchanges} exchanges", times, faults)
    console = Console()
    console.print(table)
    console.print(
        f"memory at the start and after each quarter: {', '.join(f'{size:.0f} MB' for size in sizes)}"
    )


def _place(target: Path) -> None:
    shutil.copytree(model_folder(), target)
    manifest = target / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["version"] = target.name
    manifest.write_text(json.dumps(content), encoding="utf-8")


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "RISKSCORE_MODEL_DIR": str(folder / "models"),
        "RISKSCORE_DATABASE_URL": f"sqlite:///{folder / 'news.db'}",
        "RISKSCORE_MODEL_POLL_S": "0.1",
        "RISKSCORE_MAX_LOADED_MODELS": "1",  # an exchange then loads a model, and frees one
        "RISKSCORE_SHADOW_QUEUE_ITEMS": "10000",
        "RISKSCORE_LOG_LEVEL": "warning",
    }


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    command = [sys.executable, "-c", "from riskscore.cli import app; app()", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=_environment(folder))
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                httpx.get(f"{url}/health/ready").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url, process
    finally:
        process.terminate()
        process.wait()


def _shadow(folder: Path, challenger: str | None) -> None:
    wanted = [challenger, "--share", "1"] if challenger else ["--off"]
    command = [sys.executable, "-c", "from riskscore.cli import app; app()", "model", "shadow", *wanted]
    subprocess.run(command, env=_environment(folder), check=True, stdout=subprocess.DEVNULL)
    time.sleep(3)  # until the server follows, and has loaded it


def _load(url: str, bodies: list[dict[str, str]], requests: int, clients: int) -> tuple[list[float], int]:
    """Seconds of each answer, and how many were none."""
    times: list[float] = []
    faults: list[int] = []

    def ask(client: int) -> None:
        with httpx.Client(base_url=url, headers=_HEADERS, timeout=30) as session:
            for number in range(requests // clients):
                body = bodies[(number * clients + client) % len(bodies)]
                began = time.perf_counter()
                answer = session.post("/v1/score", json=body)
                times.append(time.perf_counter() - began)
                if answer.status_code != 200:
                    faults.append(answer.status_code)

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, len(faults)


def _exchange(url: str, exchanges: int, pid: int, sizes: list[float], done: threading.Event) -> None:
    for number in range(exchanges):
        version = "ab"[number % 2]
        answer = httpx.post(
            f"{url}/v1/models/{version}/promote", json={"reason": "measured", "force": True}, timeout=30
        )
        answer.raise_for_status()
        if (number + 1) % max(exchanges // 4, 1) == 0:
            sizes.append(_megabytes(pid))
    done.set()


def _megabytes(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _row(table: Table, title: str, times: list[float], faults: int) -> None:
    ordered = sorted(times)
    figures = (ordered[len(ordered) // 2], ordered[int(0.99 * len(ordered))], ordered[-1])
    table.add_row(title, f"{len(ordered):,}", str(faults), *(f"{1_000 * one:.1f}" for one in figures))


if __name__ == "__main__":
    main()
