"""Nothing is lost, doubled at once or out of order, whatever the receiver does and whoever dies.

`benchmarks/delivery_chaos.py` is the same with 10,000 events, 50 kills and a restart of the database.
"""

from __future__ import annotations

from riskscore.store import Store
from tests.store.chaos import run_chaos


def test_every_event_arrives_in_order_though_workers_are_killed(store: Store, database_url: str) -> None:
    report = run_chaos(
        store, database_url, events=400, subjects=100, kills=3, between_kills_s=(2.0, 3.0), deadline_s=120
    )
    assert report.kills == 3
    assert report.left == 0, report
    assert report.lost == 0, report
    assert report.out_of_order == 0, report
    assert report.unverified == 0, report
    assert report.overlapping == 0, report
    assert report.trapped == 0, report
    assert len(report.tricks) >= 7, report  # of nine
    assert report.duplicates < 100, report
