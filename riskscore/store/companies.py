"""Companies of the user's own: with aliases, identifiers and the parent whose exposure theirs adds to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from riskscore.companies.search import fold_name
from riskscore.knowledge import load_knowledge
from riskscore.portfolio.matcher import ORIGINS
from riskscore.store import tables
from riskscore.store.portfolio import has_articles, raise_version
from riskscore.store.upsert import upsert

_MAX_DEPTH = 12
_C, _A = tables.companies.c, tables.company_aliases.c
_taken = tables.company_aliases.alias()
_RECORD = (_C.company_id, _C.name, _C.country, _C.parent_id, _C.origin)


@dataclass(frozen=True, slots=True)
class CompanyRecord:
    """A company that was imported; `company_id` is that of the knowledge files where they have it."""

    company_id: str
    name: str
    country: str | None
    parent_id: str | None
    origin: str
    names: tuple[tuple[str, str], ...] = ()  # (kind, as written): alias, ticker, lei, chinese_name


def save_companies(connection: Connection, records: Sequence[CompanyRecord], at: datetime) -> int:
    """Insert or update companies; returns how many are new or are called otherwise than before.

    A file replaces the names that a file of the same format brought before, and leaves others' alone. What is
    known of a company from a list is not overruled by a list of less weight (`ORIGINS`), only completed.
    """
    ids = [record.company_id for record in records]
    known = find_companies(connection, ids)
    origins = {record.company_id: record.origin for record in records}
    before: dict[str, set[tuple[str, str, str]]] = {}
    for row in connection.execute(
        select(_A.company_id, _A.folded, _A.kind, _A.alias, _A.origin).where(_A.company_id.in_(ids))
    ):
        if row.origin == origins[row.company_id]:
            before.setdefault(row.company_id, set()).add((row.folded, row.kind, row.alias))
    names = {record.company_id: _names(record) for record in records}
    changed = [
        company_id
        for company_id in ids
        if company_id not in known or set(names[company_id]) != before.get(company_id, set())
    ]
    version = 0
    if changed:
        raised = raise_version(connection)
        version = raised if has_articles(connection) else 0  # without news there is none to search again
    since = connection.execute(select(_C.company_id, _C.names_version).where(_C.company_id.in_(ids)))
    versions = {row.company_id: row.names_version for row in since}
    versions |= dict.fromkeys(changed, version)
    upsert(
        connection,
        tables.companies,
        [_row(_merged(record, known.get(record.company_id)), versions, at) for record in records],
        ["company_id"],
    )
    for origin in set(origins.values()):
        of_origin = [company_id for company_id in ids if origins[company_id] == origin]
        connection.execute(
            delete(tables.company_aliases).where(_A.company_id.in_(of_origin), _A.origin == origin)
        )
    upsert(
        connection,
        tables.company_aliases,
        [
            {
                "folded": folded,
                "company_id": company_id,
                "kind": kind,
                "alias": written,
                "origin": origins[company_id],
            }
            for company_id, listed in names.items()
            for folded, kind, written in listed
        ],
        ["folded", "company_id", "kind"],
    )
    return len(changed)


def _names(record: CompanyRecord) -> list[tuple[str, str, str]]:
    """(folded, kind, as written) of each name; of two that fold to the same, the first."""
    found: dict[tuple[str, str], str] = {}
    for kind, written in (("name", record.name), *record.names):
        folded = fold_name(written)[:400]
        if folded and not (kind == "alias" and (folded, "name") in found):
            found.setdefault((folded, kind), written)
    return [(folded, kind, written) for (folded, kind), written in found.items()]


def _merged(new: CompanyRecord, old: CompanyRecord | None) -> CompanyRecord:
    if old is None or old.origin == new.origin:
        return new
    first, second = (new, old) if _weight(new) <= _weight(old) else (old, new)
    return replace(
        first, country=first.country or second.country, parent_id=first.parent_id or second.parent_id
    )


def _weight(record: CompanyRecord) -> int:
    return ORIGINS.get(record.origin, len(ORIGINS))


def _row(record: CompanyRecord, versions: dict[str, int], at: datetime) -> dict[str, Any]:
    return {
        "company_id": record.company_id,
        "name": record.name,
        "country": record.country,
        "parent_id": record.parent_id,
        "origin": record.origin,
        "imported_at": at,
        "names_version": versions[record.company_id],
    }


def remove_companies(connection: Connection, company_ids: Iterable[str], at: datetime) -> list[str]:
    """Forget companies; returns those that there were.

    What news said of them is no longer in force, but stays on record; entries of lists stay, unbound.
    """
    gone = list(find_companies(connection, company_ids))
    if not gone:
        return []
    raise_version(connection)
    connection.execute(delete(tables.company_aliases).where(_A.company_id.in_(gone)))
    connection.execute(delete(tables.companies).where(_C.company_id.in_(gone)))
    memberships, mentions = tables.list_memberships, tables.mentions
    connection.execute(update(memberships).where(memberships.c.company_id.in_(gone)).values(company_id=None))
    connection.execute(
        update(mentions)
        .where(
            mentions.c.company_id.in_(gone),
            mentions.c.valid_to.is_(None),
            mentions.c.portfolio_key.is_not(None),
        )
        .values(valid_to=at)
    )
    return gone


def ids_of_origin(connection: Connection, origin: str) -> list[str]:
    """Ids of the companies that one importer brought, in order."""
    return list(
        connection.execute(select(_C.company_id).where(_C.origin == origin).order_by(_C.company_id)).scalars()
    )


def find_companies(connection: Connection, company_ids: Iterable[str]) -> dict[str, CompanyRecord]:
    """Imported companies by id, without their aliases."""
    rows = connection.execute(select(*_RECORD).where(_C.company_id.in_(list(company_ids))))
    return {row.company_id: CompanyRecord(*row) for row in rows}


def with_names(connection: Connection, records: Iterable[CompanyRecord]) -> list[CompanyRecord]:
    """The same companies with their aliases and identifiers, in order."""
    listed = list(records)
    names: dict[str, list[tuple[str, str]]] = {}
    rows = connection.execute(
        select(_A.company_id, _A.kind, _A.alias)
        .where(_A.company_id.in_([record.company_id for record in listed]))
        .order_by(_A.company_id, _A.kind, _A.alias)
    )
    for company_id, kind, written in rows:
        names.setdefault(company_id, []).append((kind, written))
    return [replace(record, names=tuple(names.get(record.company_id, ()))) for record in listed]


def first_by_name(connection: Connection, limit: int) -> list[CompanyRecord]:
    """The first imported companies in the order of their names."""
    rows = connection.execute(select(*_RECORD).order_by(func.lower(_C.name), _C.company_id).limit(limit))
    return [CompanyRecord(*row) for row in rows]


def by_name(connection: Connection, written: str, kinds: Sequence[str] = ()) -> list[str]:
    """Ids of imported companies that have this name, alias, ticker or LEI, or only a name of these kinds."""
    query = select(_A.company_id).where(_A.folded == fold_name(written)[:400])
    if kinds:
        query = query.where(_A.kind.in_(kinds))
    return list(connection.execute(query.distinct().order_by(_A.company_id)).scalars())


def namesakes(connection: Connection, names: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """By folded name, (id, origin) of the imported companies that are called so."""
    found: dict[str, list[tuple[str, str]]] = {}
    rows = connection.execute(
        select(_A.folded, _C.company_id, _C.origin)
        .join(tables.companies, _C.company_id == _A.company_id)
        .where(_A.kind == "name", _A.folded.in_([fold_name(name)[:400] for name in names]))
        .order_by(_A.folded, _C.company_id)
    )
    for folded, company_id, origin in rows:
        found.setdefault(folded, []).append((company_id, origin))
    return found


def merge_company(connection: Connection, gone_id: str, kept_id: str, at: datetime) -> None:
    """Let a company be another: its names, list entries and subsidiaries pass to that, and it is removed."""
    names = select(literal(kept_id), _A.folded, _A.kind, _A.alias, _A.origin).where(
        _A.company_id == gone_id,
        ~select(_taken.c.folded)
        .where(_taken.c.company_id == kept_id, _taken.c.folded == _A.folded, _taken.c.kind == _A.kind)
        .exists(),
    )
    columns = ["company_id", "folded", "kind", "alias", "origin"]
    connection.execute(insert(tables.company_aliases).from_select(columns, names))
    memberships = tables.list_memberships
    connection.execute(
        update(memberships).where(memberships.c.company_id == gone_id).values(company_id=kept_id)
    )
    connection.execute(update(tables.companies).where(_C.parent_id == gone_id).values(parent_id=kept_id))
    remove_companies(connection, [gone_id], at)


def owners_of(connection: Connection, company_ids: Iterable[str]) -> dict[str, str]:
    """By company, its owner: as imported, else as the knowledge files have it."""
    wanted = list(company_ids)
    known = load_knowledge().owners
    owners = {company_id: known[company_id] for company_id in wanted if company_id in known}
    imported = find_companies(connection, wanted).values()
    return owners | {record.company_id: record.parent_id for record in imported if record.parent_id}


def descendants(connection: Connection, company_id: str) -> dict[str, tuple[str, ...]]:
    """The company and all its subsidiaries, each with the path of ids that leads down to it."""
    known: dict[str, list[str]] = {}
    for child, owner in load_knowledge().owners.items():
        known.setdefault(owner, []).append(child)
    paths: dict[str, tuple[str, ...]] = {company_id: (company_id,)}
    level = [company_id]
    for _ in range(_MAX_DEPTH):
        rows = connection.execute(
            select(_C.company_id, _C.parent_id).where(_C.parent_id.in_(level)).order_by(_C.company_id)
        )
        owned = [(child, parent) for child, parent in rows]
        by_knowledge = [child for owner in level for child in known.get(owner, ())]
        if by_knowledge:  # unless the user says that somebody else owns it
            owners = owners_of(connection, by_knowledge)
            owned += [(child, owners[child]) for child in by_knowledge if owners[child] in level]
        level = []
        for child, parent in owned:
            if child not in paths:  # a ring of owners ends here
                paths[child] = (*paths[parent], child)
                level.append(child)
        if not level:
            break
    return paths
