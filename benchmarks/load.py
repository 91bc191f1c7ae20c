"""A server under load for minutes: rate and latency at 1 to 64 connections, and its memory over time.

    python -m benchmarks.load [--seconds 600] [--connections 1 8 64]

Each number of connections is measured against the endpoint that does nothing, and then for the whole time on
scoring. Memory is what the process holds (VmRSS) after a warm-up and at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from pathlib import Path

from benchmarks.http import measure, served
from benchmarks.measure import show

_NOOP_S = 5.0


def held_mb(pid: int) -> float:
    """Memory that a process holds."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seconds", type=float, default=600.0, help="of all measurements of scoring together"
    )
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 64])
    options = parser.parse_args()
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        served(database_url=f"sqlite:///{folder}/bench.db") as server,
    ):
        asyncio.run(
            measure(server.port, "/v1/score", max(options.connections), 5.0)
        )  # fills what is filled once
        for connections in options.connections:
            before = held_mb(server.pid)
            seconds = options.seconds / len(options.connections)
            for path, time_s in (("/noop", min(_NOOP_S, seconds)), ("/v1/score", seconds)):
                taken = sorted(asyncio.run(measure(server.port, path, connections, time_s)))
                rows.append(
                    [
                        path,
                        str(connections),
                        f"{len(taken) / time_s:,.0f}",
                        f"{taken[len(taken) // 2] * 1e3:.1f}",
                        f"{taken[int(len(taken) * 0.99)] * 1e3:.1f}",
                        f"{before:.0f}",
                        f"{held_mb(server.pid):.0f}",
                    ]
                )
    show(
        "One server process",
        ["", "connections", "requests a second", "p50 ms", "p99 ms", "MB before", "MB after"],
        rows,
    )


if __name__ == "__main__":
    main()
