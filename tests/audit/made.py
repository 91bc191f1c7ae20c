"""Entries and chains made up for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from riskscore.audit.chain import Head, Sealed, seal
from riskscore.audit.entry import Entry, digest

BEGAN = datetime(2026, 3, 1, 9, 30, 0, 123, tzinfo=UTC)


def entry(number: int) -> Entry:
    """One of many entries that differ in everything that can differ."""
    return Entry(
        occurred_at=BEGAN + timedelta(seconds=number),
        actor=f"analyst {number}",
        action="company.risk" if number % 2 else "alert.decided",
        key_id=f"rk_{number}",
        subject=f"subject-{number}",
        request_id=f"request-{number}",
        input_hash=digest(b"in %d" % number),
        output_hash=digest(b"out %d" % number),
        model_version=f"2026-{number}",
        knowledge_hash=digest(b"knowledge %d" % number),
        detail={"decision": "dismiss", "number": number, "é": ["ü", "\u2028", True]},
    )


def ledger(count: int) -> list[Sealed]:
    """A whole ledger."""
    return seal(Head(), [entry(number) for number in range(1, count + 1)])
