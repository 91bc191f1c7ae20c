"""Rows in, companies and list entries stored, each bound to the company that we know it as, if any.

Only an exact name (case, accents, punctuation and legal form apart), ticker or LEI binds: a list entry
pinned to the wrong company by likeness would do more harm than one that is pinned to none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from riskscore.companies.search import fold_name
from riskscore.imports.records import CompanyRow, ImportTally, ListRow, Row, RowFault
from riskscore.knowledge import Knowledge
from riskscore.store import Store
from riskscore.store.changes import ChangeKind, record_changes
from riskscore.store.companies import CompanyRecord, by_name, save_companies
from riskscore.store.lists import Membership, save_memberships

_BATCH = 500
_One = TypeVar("_One")
_US_EXCHANGES = ("NASDAQ", "NYSE", "NYSEAMERICAN", "NYSEARCA", "OTC", "CBOE")

Progress = Callable[[int, float], None]


class KnownNames:
    """Names and US tickers of the knowledge files, each of one company only."""

    def __init__(self, knowledge: Knowledge) -> None:
        by_form: dict[str, set[str]] = {}
        self._tickers: dict[str, str] = {}
        for company in knowledge.companies.values():
            for written in (company.name, *company.aliases, company.chinese_name or ""):
                by_form.setdefault(fold_name(written), set()).add(company.company_id)
            for ticker in company.tickers:
                exchange, _, symbol = ticker.partition(":")
                self._tickers[ticker] = company.company_id
                if exchange in _US_EXCHANGES:
                    self._tickers[symbol] = company.company_id
        by_form.pop("", None)
        self._by_form = {form: next(iter(ids)) for form, ids in by_form.items() if len(ids) == 1}

    def find(self, names: Sequence[str], tickers: Sequence[str] = ()) -> str | None:
        """The one company that any of these means; None where they mean none, or several."""
        by_ticker = {self._tickers[ticker] for ticker in tickers if ticker in self._tickers}
        found = by_ticker or {self._by_form[form] for form in map(fold_name, names) if form in self._by_form}
        return found.pop() if len(found) == 1 else None


def save_rows(
    store: Store,
    knowledge: Knowledge,
    rows: Sequence[Row],
    origin: str,
    at: datetime,
    progress: Progress | None = None,
) -> ImportTally:
    """Store the rows of one file, batch by batch; running it again updates what is there."""
    tally = ImportTally(rows=len(rows), faults=[row for row in rows if isinstance(row, RowFault)])
    known = KnownNames(knowledge)
    companies = [row for row in rows if isinstance(row, CompanyRow)]
    entries = [row for row in rows if isinstance(row, ListRow)]
    ids = _company_ids(companies, known, tally)
    done = 0
    for company_batch in _batches(companies):
        placed = [row for row in company_batch if row.external_id in ids]
        store.in_transaction(
            lambda connection, placed=placed: _save_companies(connection, placed, ids, known, origin, at)  # type: ignore[misc]
        )
        done += len(company_batch)
        if progress is not None:
            progress(done, done / len(rows))
    for entry_batch in _batches(entries):
        bound = store.in_transaction(
            lambda connection, batch=entry_batch: _save_entries(connection, batch, known, at)  # type: ignore[misc]
        )
        tally.known += bound
        tally.added += len(entry_batch)
        done += len(entry_batch)
        if progress is not None:
            progress(done, done / len(rows))
    return tally


def _batches(rows: Sequence[_One]) -> Iterator[Sequence[_One]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _company_ids(rows: Sequence[CompanyRow], known: KnownNames, tally: ImportTally) -> dict[str, str]:
    """By external id, ours; two rows that mean one known company are a fault of the second."""
    ids: dict[str, str] = {}
    taken: dict[str, int] = {}
    for row in rows:
        tickers = [written for kind, written in row.names if kind == "ticker"]
        aliases = [written for kind, written in row.names if kind == "alias"]
        found = known.find([row.name, *aliases], tickers)
        company_id = found or row.external_id
        if company_id in taken:
            reason = f"means {company_id!r}, as row {taken[company_id]} does"
            tally.faults.append(RowFault(row.row, reason))
            continue
        taken[company_id] = row.row
        ids[row.external_id] = company_id
        if found:
            tally.known += 1
        else:
            tally.added += 1
    return ids


def _save_companies(
    connection: Connection,
    rows: Sequence[CompanyRow],
    ids: dict[str, str],
    known: KnownNames,
    origin: str,
    at: datetime,
) -> None:
    records = [
        CompanyRecord(
            company_id=ids[row.external_id],
            name=row.name,
            country=row.country,
            parent_id=_parent(connection, row, ids, known),
            origin=origin,
            names=row.names,
        )
        for row in rows
    ]
    save_companies(connection, records, at)
    kind: ChangeKind = "company.imported"
    record_changes(connection, [(kind, {"company_id": record.company_id}) for record in records], at)


def _parent(connection: Connection, row: CompanyRow, ids: dict[str, str], known: KnownNames) -> str | None:
    """The owner's id: of this file, of the knowledge files, or imported before; else as written."""
    if row.parent is None:
        return None
    by_slug = f"own-{'-'.join(fold_name(row.parent).split())}"
    own = ids.get(row.parent) or ids.get(by_slug) or known.find([row.parent])
    if own is None:
        imported = by_name(connection, row.parent)
        own = imported[0] if imported else row.parent
    return own if own != ids[row.external_id] else None


def _save_entries(connection: Connection, rows: Sequence[ListRow], known: KnownNames, at: datetime) -> int:
    memberships = []
    for row in rows:
        company_id = known.find([row.name, *row.aliases])
        if company_id is None:
            imported = by_name(connection, row.name)
            company_id = imported[0] if len(imported) == 1 else None
        memberships.append(
            Membership(row.list_code, row.entry_id, company_id, row.name, row.listed_on, row.source, at)
        )
    unique = {(entry.list_code, entry.entry_id): entry for entry in memberships}
    save_memberships(connection, list(unique.values()))
    kind: ChangeKind = "membership.imported"
    bound = [entry for entry in unique.values() if entry.company_id is not None]
    record_changes(
        connection,
        [
            (kind, {"list_code": e.list_code, "entry_id": e.entry_id, "company_id": e.company_id})
            for e in bound
        ],
        at,
    )
    return len(bound)
