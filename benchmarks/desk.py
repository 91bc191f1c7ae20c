"""How long the server takes for each page when the store is large: median and worst of some requests.

    python -m benchmarks.desk --assessments 1000000 --company-assessments 5000 [--database-url …]

The store is filled as by `benchmarks.risk_query`, with some real articles and alerts on top; pass a URL to
measure a store that is there (nothing is filled then, but the articles are added).
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from fastapi.testclient import TestClient

from benchmarks.measure import show
from benchmarks.risk_query import fill as fill_made_up
from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.store import connect
from riskscore.store.alerts import AlertFilter, list_alerts
from riskscore.store.schema import upgrade
from tests.browser.news import articles, fill

_COMPANY = "nvidia"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--assessments", type=int, default=1_000_000)
    parser.add_argument("--company-assessments", type=int, default=5_000)
    parser.add_argument("--requests", type=int, default=15)
    parser.add_argument("--database-url")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database_url or f"sqlite:///{Path(folder) / 'bench.db'}"
        store = connect(url)
        upgrade(store)
        if asked.database_url is None:
            fill_made_up(store, asked.assessments, asked.company_assessments)
        now = datetime.now(UTC)
        fill(store, Assessor.load(), articles(300, now, days=10), now)
        with store.read() as connection:
            alert = list_alerts(connection, AlertFilter(), 1)[0]
        pages = {
            "overview": "/",
            "companies": "/companies",
            "company": f"/companies/{_COMPANY}",
            "company as of a day": f"/companies/{_COMPANY}?as_of=2026-06-30",
            "search": "/companies?q=micro",
            "article": f"/articles/{alert.article_id}",
            "story": f"/stories/{alert.story_id}",
            "score": "/score",
            "alerts": "/alerts?status=all",
            "alert": f"/alerts/{alert.alert_id}",
            "watches": "/subscriptions",
            "deliveries": "/deliveries",
            "rule book": "/instruments",
        }
        app = create_app(load_settings(database_url=url))
        gc.collect()
        gc.freeze()  # as `riskscore serve` does
        with TestClient(app, base_url="http://localhost") as client:
            rows = [[name, *_measured(client, path, asked.requests)] for name, path in pages.items()]
        show(
            "Server time of each page",
            ["page", "first, ms", "median, ms", "worst after, ms", "CPU, ms", "kB"],
            rows,
        )
        store.close()


def _measured(client: TestClient, path: str, requests: int) -> list[str]:
    times, cpu = [], []
    size = 0
    for _ in range(requests + 1):
        began, began_cpu = time.perf_counter(), time.process_time()
        answer = client.get(path)
        cpu.append(1e3 * (time.process_time() - began_cpu))
        times.append(1e3 * (time.perf_counter() - began))
        answer.raise_for_status()
        size = len(answer.content)
    first, *later = times
    figures = (first, statistics.median(later), max(later), statistics.median(cpu[1:]), size / 1e3)
    return [f"{figure:,.0f}" for figure in figures]


if __name__ == "__main__":
    main()
