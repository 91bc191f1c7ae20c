"""Entries of the audit ledger and faults in; what a person reads in a terminal out (rich renderables)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Column, Table
from rich.text import Text

from riskscore.audit.chain import Sealed
from riskscore.audit.verification import Fault
from riskscore.harmless import harmless

_SHORT = 8  # digits of a hash


def entries_view(entries: Iterable[Sealed]) -> Table:
    """One line for each."""
    table = Table(
        Column("No", justify="right"),
        *("Time (UTC)", "Who", "What", "Subject", "In", "Out", "Request"),
        box=None,
        pad_edge=False,
    )
    for sealed in entries:
        entry = sealed.entry
        who = entry.actor if entry.key_id is None else f"{entry.actor} ({entry.key_id})"
        table.add_row(
            str(sealed.sequence),
            f"{entry.occurred_at:%Y-%m-%d %H:%M:%S}",
            Text(harmless(who)),
            entry.action,
            Text(harmless(entry.subject or "")),
            (entry.input_hash or "")[:_SHORT],
            (entry.output_hash or "")[:_SHORT],
            Text(harmless(entry.request_id or "")),
        )
    return table


def entry_view(sealed: Sealed) -> Table:
    """All of one entry."""
    table = Table(Column(style="bold"), "", box=None, pad_edge=False, show_header=False)
    for name, value in sealed.record().items():
        table.add_row(name, Text(harmless(str(value)), overflow="fold"))
    return table


def faults_view(faults: Sequence[Fault]) -> Table:
    """What is wrong, and where."""
    table = Table(Column("Entry", justify="right"), "Fault", "", box=None, pad_edge=False)
    for fault in faults:
        table.add_row(str(fault.sequence), Text(fault.kind, style="red"), fault.message)
    return table
