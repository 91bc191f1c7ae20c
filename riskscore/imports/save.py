"""Rows in, companies and list entries stored, each bound to the company that we know it as, if any.

Only an exact name (case, accents, punctuation and legal form apart), ticker or LEI binds: a list entry
pinned to the wrong company by likeness would do more harm than one that is pinned to none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Literal, TypeVar

from sqlalchemy import Connection

from riskscore.auditing.trail import Trail, process_trail
from riskscore.companies.search import fold_name
from riskscore.imports.records import CompanyRow, ImportTally, ListRow, Row, RowFault
from riskscore.knowledge import Knowledge
from riskscore.portfolio.matcher import ORIGINS
from riskscore.store import Store
from riskscore.store.changes import record_changes
from riskscore.store.companies import (
    CompanyRecord,
    by_name,
    merge_company,
    namesakes,
    save_companies,
)
from riskscore.store.lists import Membership, save_memberships

_BATCH = 500
_LEAST_ALIAS = 5  # letters
_NAMES = ("name", "alias", "chinese_name")  # a ticker that reads like a name is none
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

    def find(self, name: str, aliases: Sequence[str] = (), tickers: Sequence[str] = ()) -> str | None:
        """The one company that is meant; None where there is none, or several.

        Tickers tell before the name, and that before the aliases. An alias of few letters tells nothing: ZF
        is one firm's name, and the initials of many.
        """
        by_ticker = {self._tickers[ticker] for ticker in tickers if ticker in self._tickers}
        found = by_ticker or self._called([name]) or self._called(aliases, least=_LEAST_ALIAS)
        return found.pop() if len(found) == 1 else None

    def _called(self, names: Sequence[str], least: int = 1) -> set[str]:
        forms = (form for form in map(fold_name, names) if len(form) >= least or not form.isascii())
        return {self._by_form[form] for form in forms if form in self._by_form}


def save_rows(
    store: Store,
    knowledge: Knowledge,
    rows: Sequence[Row],
    origin: str,
    at: datetime,
    progress: Progress | None = None,
    trail: Trail | None = None,
) -> ImportTally:
    """Store the rows of one file, batch by batch; running it again updates what is there.

    Parameters
    ----------
    trail : Trail or None
        Records each batch in the audit ledger, in its transaction; by default as whoever runs this process.
    """
    trail = trail or process_trail(store)
    tally = ImportTally(rows=len(rows), faults=[row for row in rows if isinstance(row, RowFault)])
    known = KnownNames(knowledge)
    companies = [row for row in rows if isinstance(row, CompanyRow)]
    entries = [row for row in rows if isinstance(row, ListRow)]
    with store.read() as connection:
        ids, merged = _company_ids(connection, companies, known, origin, tally)
    done = 0
    for company_batch in _batches(companies):
        placed = [row for row in company_batch if row.external_id in ids]
        store.in_transaction(
            lambda connection, placed=placed: _save_companies(  # type: ignore[misc]
                connection, placed, ids, merged, known, origin, at, trail
            )
        )
        done += len(company_batch)
        if progress is not None:
            progress(done, done / len(rows))
    for entry_batch in _batches(entries):
        bound, made = store.in_transaction(
            lambda connection, batch=entry_batch: _save_entries(connection, batch, known, origin, at, trail)  # type: ignore[misc]
        )
        tally.known += bound
        tally.made += made
        tally.added += len(entry_batch)
        done += len(entry_batch)
        if progress is not None:
            progress(done, done / len(rows))
    return tally


def _batches(rows: Sequence[_One]) -> Iterator[Sequence[_One]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _company_ids(
    connection: Connection, rows: Sequence[CompanyRow], known: KnownNames, origin: str, tally: ImportTally
) -> tuple[dict[str, str], dict[str, str]]:
    """By external id, ours; and by our id, that of a company which a list of less weight brought, the same.

    Two rows that mean one known company are a fault of the second.
    """
    ids: dict[str, str] = {}
    merged: dict[str, str] = {}
    taken: dict[str, int] = {}
    held: dict[str, list[tuple[str, str]]] = {}
    for batch in _batches(rows):
        held |= namesakes(connection, [row.name for row in batch])
    for row in rows:
        tickers = [written for kind, written in row.names if kind == "ticker"]
        aliases = [written for kind, written in row.names if kind in {"alias", "chinese_name"}]
        found = known.find(row.name, aliases, tickers)
        company_id = found or row.external_id
        others = [one for one in held.get(fold_name(row.name)[:400], ()) if one[0] != company_id]
        if found is None and len(others) == 1 and not any(one[0] == company_id for one in others):
            (other_id, other_origin) = others[0]
            if ORIGINS[other_origin] > ORIGINS[origin]:
                merged[company_id] = other_id
            elif other_origin != origin or not row.id_given:
                found = company_id = other_id
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
    return ids, merged


def _save_companies(
    connection: Connection,
    rows: Sequence[CompanyRow],
    ids: dict[str, str],
    merged: dict[str, str],
    known: KnownNames,
    origin: str,
    at: datetime,
    trail: Trail,
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
    for record in records:
        if record.company_id in merged:
            merge_company(connection, merged[record.company_id], record.company_id, at)
    kind: Literal["company.imported"] = "company.imported"
    record_changes(connection, [(kind, {"company_id": record.company_id}) for record in records], at)
    given = [asdict(row) for row in rows]
    trail.note(connection, kind, given=given, detail={"origin": origin, "companies": len(records)})


def _parent(connection: Connection, row: CompanyRow, ids: dict[str, str], known: KnownNames) -> str | None:
    """The owner's id: of this file, of the knowledge files, or imported before; else as written."""
    if row.parent is None:
        return None
    by_slug = f"own-{'-'.join(fold_name(row.parent).split())}"
    own = ids.get(row.parent) or ids.get(by_slug) or known.find(row.parent)
    if own is None:
        imported = by_name(connection, row.parent, _NAMES)
        own = imported[0] if imported else row.parent
    return own if own != ids[row.external_id] else None


def _save_entries(
    connection: Connection,
    rows: Sequence[ListRow],
    known: KnownNames,
    origin: str,
    at: datetime,
    trail: Trail,
) -> tuple[int, int]:
    """Store entries, and a company for each that is of none we know; how many are known, and how many new."""
    memberships = []
    made: dict[str, CompanyRecord] = {}
    bound = 0
    for row in rows:
        company_id = known.find(row.name, row.aliases)
        if company_id is None:
            imported = by_name(connection, row.name, _NAMES)
            company_id = imported[0] if len(imported) == 1 else None
        own_id = _list_id(origin, row)
        if (company_id is None and row.is_company) or company_id == own_id:
            before = made[own_id].names if own_id in made else ()
            names = dict.fromkeys((*before, *(("alias", alias) for alias in row.aliases)))
            made[own_id] = CompanyRecord(own_id, row.name, None, None, origin, tuple(names))
            company_id = own_id
        elif company_id is not None:
            bound += 1
        memberships.append(
            Membership(row.list_code, row.entry_id, company_id, row.name, row.listed_on, row.source, at)
        )
    if made:
        save_companies(connection, list(made.values()), at)
    unique = {(entry.list_code, entry.entry_id): entry for entry in memberships}
    save_memberships(connection, list(unique.values()))
    kind: Literal["membership.imported"] = "membership.imported"
    of_companies = [entry for entry in unique.values() if entry.company_id is not None]
    record_changes(
        connection,
        [
            (kind, {"list_code": e.list_code, "entry_id": e.entry_id, "company_id": e.company_id})
            for e in of_companies
        ],
        at,
    )
    given = [asdict(row) for row in rows]
    detail = {"entries": len(unique), "bound": len(of_companies), "companies": len(made)}
    trail.note(connection, kind, given=given, detail=detail)
    return bound, len(made)


def _list_id(origin: str, row: ListRow) -> str:
    """The id of a company that is known from a list alone; only OpenSanctions has ids of companies."""
    name = row.entry_id if origin == "opensanctions" else "-".join(fold_name(row.name).split())
    return f"{origin}-{name}"[:200]
