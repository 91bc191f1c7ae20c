"""What a key costs a request: processor time without a key, with one, and with one that has limits.

    python -m benchmarks.key_check [--keys 100] [--rounds 25]

The application is called directly, without sockets; processor time, unlike the clock, does not count what
other programs on the machine took.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from benchmarks.measure import show
from riskscore.access.issuing import make_key
from riskscore.api.app import create_app
from riskscore.api.keyring import KeyRing
from riskscore.assess import Assessor
from riskscore.auditing.trail import process_trail
from riskscore.settings import Settings, load_settings
from riskscore.store import open_store

_PATH = "/v1/regimes"
_REQUESTS = 400  # in one round


def make_keys(settings: Settings, count: int) -> tuple[str, str]:
    """A key without and one with limits, among `count`."""
    store = open_store(settings.database_url)
    trail, now = process_trail(store, audit=False), datetime.now(UTC)
    limits: dict[str, Any] = {"rate_per_minute": 1_000_000, "daily_quota": 10**12}
    with store.write() as connection:
        limited = make_key(connection, "limited", ["read"], now, trail, **limits)
        others = [make_key(connection, "key", ["read"], now, trail) for _ in range(count - 1)]
    store.close()
    return others[0].secret, limited.secret


async def round_us(app: FastAPI, key: str | None) -> float:
    """Microseconds of processor time for one request, on average of a round."""
    headers = [(b"host", b"localhost")]
    if key is not None:
        headers.append((b"authorization", f"Bearer {key}".encode()))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200

    began = time.process_time()
    for _ in range(_REQUESTS):
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": _PATH, "raw_path": _PATH.encode(), "query_string": b"", "root_path": "",
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        await app(scope, receive, send)
    return (time.process_time() - began) / _REQUESTS * 1e6


async def reread_ms(settings: Settings, key: str) -> float:
    """Milliseconds of processor time to read all keys anew."""
    keyring, taken = KeyRing(settings), []
    for _ in range(50):
        keyring.forget()
        began = time.process_time()
        await keyring.identify(key, local=True)
        taken.append((time.process_time() - began) * 1e3)
    await keyring.close()
    return statistics.median(taken)


async def main(keys: int, rounds: int, folder: Path) -> None:
    """Measure in turn, and print a table."""
    assessor = Assessor.load()
    opened, closed = (
        load_settings(database_url=f"sqlite:///{folder / name}.db") for name in ("open", "closed")
    )
    plain, limited = make_keys(closed, keys)
    apps = {"open": create_app(opened, assessor), "closed": create_app(closed, assessor)}
    contestants = {
        "no keys made": ("open", None),
        "a key": ("closed", plain),
        "a key with rate and quota": ("closed", limited),
    }
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):  # the first fills memories
        for name, (which, key) in contestants.items():
            taken[name].append(await round_us(apps[which], key))
    middle = {name: statistics.median(times[1:]) for name, times in taken.items()}
    base = middle["no keys made"]
    rows = [[name, f"{us:.0f} µs", f"{us - base:+.0f} µs"] for name, us in middle.items()]
    rows.append([f"reading {keys} keys anew", f"{await reread_ms(closed, plain):.1f} ms", ""])
    show(f"GET {_PATH}, processor time per request", ["", "median", "more"], rows)
    for app in apps.values():
        await app.state.keyring.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=25)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(main(chosen.keys, chosen.rounds, Path(made)))
