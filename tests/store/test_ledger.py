"""The ledger in the database: whole under concurrent writers, kept by triggers, any tampering found."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, func, select, text
from sqlalchemy.exc import DBAPIError

from riskscore.audit.chain import Head
from riskscore.audit.entry import Entry
from riskscore.audit.verification import Fault, verify
from riskscore.errors import StoreError
from riskscore.store import Store, connect
from riskscore.store.ledger import (
    GUARDS,
    LedgerFilter,
    append,
    count_after,
    entries_after,
    find_entry,
    last_entry,
    list_entries,
    missing_guards,
    stored_head,
)
from riskscore.store.ledger_tables import ledger
from riskscore.store.retention import Retention, prune
from tests.audit.made import BEGAN, entry

COUNT = 6


def fill(store: Store, count: int = COUNT) -> None:
    for number in range(1, count + 1):
        store.in_transaction(lambda connection, number=number: append(connection, entry(number)))  # type: ignore[misc]


def faults_of(store: Store, *kept: Head) -> list[Fault]:
    with store.read() as connection:
        return verify(entries_after(connection), stored_head(connection), kept)


def tamper(store: Store, *statements: str | Executable) -> None:
    """Change what nobody may change, as one who owns the database can: with the triggers off."""
    with store.engine.begin() as connection:
        if store.dialect == "sqlite":
            for name in GUARDS["sqlite"]:
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        else:
            for table in ("ledger", "ledger_head"):
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements:
            connection.execute(text(statement) if isinstance(statement, str) else statement)


def test_what_is_read_is_what_was_appended(store: Store) -> None:
    fill(store)
    with store.read() as connection:
        found = list(entries_after(connection))
        assert stored_head(connection) == found[-1].head
        assert count_after(connection, 2) == 4
        assert find_entry(connection, 3) == found[2]
        assert last_entry(connection, "alert.decided") == entry(6)
    assert [one.sequence for one in found] == [1, 2, 3, 4, 5, 6]
    assert [one.entry for one in found] == [entry(number) for number in range(1, COUNT + 1)]
    assert faults_of(store) == []


def test_entries_share_the_fate_of_their_transaction(store: Store) -> None:
    fill(store, 1)

    def work(connection: Connection) -> None:
        append(connection, entry(2), entry(3))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.in_transaction(work)
    fill(store, 1)
    with store.read() as connection:
        assert [one.entry for one in entries_after(connection)] == [entry(1), entry(1)]
    assert faults_of(store) == []


def test_a_retried_transaction_appends_once(store: Store) -> None:
    tries = 0

    def work(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        append(connection, entry(1))
        if tries == 1:
            raise DBAPIError.instance("", None, _locked(store), Exception)

    store.in_transaction(work)
    with store.read() as connection:
        assert count_after(connection, 0) == 1


def _locked(store: Store) -> Exception:
    if store.dialect == "sqlite":
        import sqlite3

        return sqlite3.OperationalError("database is locked")
    import psycopg

    return psycopg.errors.DeadlockDetected()


REFUSED = [
    "UPDATE ledger SET actor = 'nobody' WHERE sequence = 2",
    "UPDATE ledger SET sequence = sequence + 100",
    "DELETE FROM ledger WHERE sequence = 6",
    "DELETE FROM ledger",
    "DELETE FROM ledger_head",
    "UPDATE ledger_head SET sequence = 5",
    "UPDATE ledger_head SET entry_hash = previous_hash FROM ledger WHERE ledger.sequence = 6",
]


def test_the_database_refuses_to_change_it(store: Store) -> None:
    fill(store)
    for statement in REFUSED:
        with pytest.raises(DBAPIError, match="append-only"), store.write() as connection:
            connection.execute(text(statement))
    assert faults_of(store) == []


def test_each_engine_refuses_its_own_ways_too(store: Store) -> None:
    fill(store)
    ways = {
        "sqlite": [
            "INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE sequence = 3",
            "INSERT OR REPLACE INTO ledger_head VALUES (1, 0, zeroblob(32))",
        ],
        "postgresql": [
            "TRUNCATE ledger",
            "TRUNCATE ledger_head",
            "INSERT INTO ledger SELECT * FROM ledger WHERE sequence = 3 "
            "ON CONFLICT (sequence) DO UPDATE SET actor = 'nobody'",
            "SET LOCAL session_replication_role = replica; DELETE FROM ledger",
        ],
    }
    for statement in ways[store.dialect]:
        with pytest.raises(DBAPIError, match="append-only"), store.write() as connection:
            connection.exec_driver_sql(statement)
    assert faults_of(store) == []


def test_missing_guards_are_told(store: Store) -> None:
    with store.read() as connection:
        assert missing_guards(connection) == []
    tamper(store)
    with store.read() as connection:
        assert missing_guards(connection) == list(GUARDS[store.dialect])


COLUMNS = [column.name for column in ledger.columns if column.name != "sequence"]


def test_a_change_to_any_column_of_any_row_is_found(store: Store) -> None:
    fill(store)
    tamper(store, "CREATE TABLE kept AS SELECT * FROM ledger")
    for column in COLUMNS:
        value = "'db.pruned'" if column == "action" else f"(SELECT {column} FROM kept WHERE sequence = {{}})"
        for number in range(1, COUNT + 1):
            other = number % COUNT + 1
            change = f"UPDATE ledger SET {column} = {value.format(other)} WHERE sequence = {number}"
            mend = f"SELECT {column} FROM kept WHERE sequence = {number}"
            tamper(store, change)
            assert faults_of(store)[0].sequence == number
            tamper(store, f"UPDATE ledger SET {column} = ({mend}) WHERE sequence = {number}")
    assert faults_of(store) == []


def test_any_deleted_row_is_found(store: Store) -> None:
    fill(store)
    tamper(store, "CREATE TABLE kept AS SELECT * FROM ledger")
    for number in range(1, COUNT + 1):
        tamper(store, f"DELETE FROM ledger WHERE sequence = {number}")
        (fault,) = faults_of(store)
        assert (fault.sequence, fault.kind, fault.last) == (number, "missing", number)
        tamper(store, f"INSERT INTO ledger SELECT * FROM kept WHERE sequence = {number}")
    assert faults_of(store) == []


def test_rows_that_changed_places_are_found(store: Store) -> None:
    fill(store)
    tamper(
        store,
        "UPDATE ledger SET sequence = 99 WHERE sequence = 2",
        "UPDATE ledger SET sequence = 2 WHERE sequence = 5",
        "UPDATE ledger SET sequence = 5 WHERE sequence = 99",
    )
    assert [(fault.sequence, fault.kind) for fault in faults_of(store)] == [(2, "moved"), (5, "moved")]


def test_an_inserted_row_is_found(store: Store) -> None:
    fill(store)
    shift = [f"UPDATE ledger SET sequence = {number + 1} WHERE sequence = {number}" for number in (6, 5, 4)]
    columns = ", ".join(COLUMNS)
    copy = f"INSERT INTO ledger (sequence, {columns}) SELECT 4, {columns} FROM ledger WHERE sequence = 2"
    tamper(store, *shift, copy, "UPDATE ledger_head SET sequence = 7")
    assert faults_of(store)[0].sequence == 4
    assert faults_of(store)[0].kind in {"moved", "inserted"}


def test_an_end_cut_off_is_found_with_the_head_or_a_kept_one(store: Store) -> None:
    fill(store)
    with store.read() as connection:
        kept = stored_head(connection)
    assert kept is not None
    tamper(store, "DELETE FROM ledger WHERE sequence > 4")
    assert [(fault.sequence, fault.last) for fault in faults_of(store)] == [(5, 6)]
    tamper(
        store,
        "UPDATE ledger_head SET sequence = 4, "
        "entry_hash = (SELECT entry_hash FROM ledger WHERE ledger.sequence = 4)",
    )
    assert faults_of(store) == []
    assert [(fault.sequence, fault.kind, fault.last) for fault in faults_of(store, kept)] == [
        (5, "missing", 6)
    ]


def test_what_no_entry_of_ours_holds_is_found_not_stumbled_over(store: Store) -> None:
    fill(store)
    changes = ["subject = ''", "detail = detail || ' '", "detail = 'no JSON'", "detail = NULL", "actor = ''"]
    for number, change in enumerate(changes, 1):
        tamper(store, f"UPDATE ledger SET {change} WHERE sequence = {number}")
        found = [(fault.sequence, fault.kind) for fault in faults_of(store)]
        assert found == [(earlier, "changed") for earlier in range(1, number + 1)]


def test_values_that_cannot_be_read_are_found(store: Store) -> None:
    fill(store)
    values = {
        "sqlite": ["occurred_at = 'noon'", "entry_hash = 'text'", "actor = x'ff'", f"occurred_at = {10**18}"],
        "postgresql": ["occurred_at = 'infinity'", "entry_hash = ''"],
    }
    for number, change in enumerate(values[store.dialect], 2):
        tamper(store, f"UPDATE ledger SET {change} WHERE sequence = {number}")
        assert number in {fault.sequence for fault in faults_of(store)}


def test_nothing_is_appended_to_a_ledger_without_head(store: Store) -> None:
    fill(store, 1)
    tamper(store, "DELETE FROM ledger_head")
    with pytest.raises(StoreError, match="audit verify"):
        fill(store, 1)
    assert [fault.kind for fault in faults_of(store)] == ["head"]


def test_filters_and_pages(store: Store) -> None:
    fill(store)

    def found(wanted: LedgerFilter, **page: Any) -> list[int]:
        with store.read() as connection:
            return [one.sequence for one in list_entries(connection, wanted, page.pop("limit", 10), **page)]

    assert found(LedgerFilter()) == [6, 5, 4, 3, 2, 1]
    assert found(LedgerFilter(), limit=2, place=5) == [4, 3]
    assert found(LedgerFilter(), limit=2, newest_first=False, place=2) == [3, 4]
    assert found(LedgerFilter(action="alert.decided")) == [6, 4, 2]
    assert found(LedgerFilter(actor="analyst 4", key_id="rk_4", subject="subject-4")) == [4]
    assert found(LedgerFilter(request_id="request-5", actor="analyst 4")) == []
    middle = BEGAN + timedelta(seconds=3)
    assert found(LedgerFilter(since=middle, until=BEGAN + timedelta(seconds=5))) == [4, 3]


def test_prune_leaves_it_alone(store: Store) -> None:
    fill(store)
    with store.write() as connection:
        prune(connection, Retention(1, 1, 1), BEGAN + timedelta(days=9_999))
    assert faults_of(store) == []
    with store.read() as connection:
        assert count_after(connection, 0) == COUNT


def _append_many(database_url: str, name: str, transactions: int, begin: Any) -> None:
    store = connect(database_url)
    begin.wait()
    for number in range(transactions):
        one = Entry(BEGAN, name, "feed.added", subject=f"{name}-{number}")
        other = Entry(BEGAN, name, "feed.removed", subject=f"{name}-{number}")
        store.in_transaction(lambda connection, one=one, other=other: append(connection, one, other))  # type: ignore[misc]
    store.close()


def test_two_processes_write_one_chain(store: Store, database_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    begin = spawn.Barrier(2)
    names = ("first", "second")
    writers = [
        spawn.Process(target=_append_many, args=(database_url, name, 60, begin), daemon=True)
        for name in names
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    assert faults_of(store) == []
    with store.read() as connection:
        listed = [one.entry for one in entries_after(connection)]
    for name in names:
        own = [one.subject for one in listed if one.actor == name]
        assert own == [f"{name}-{number}" for number in range(60) for _ in range(2)]  # each in its order
    pairs = list(zip(listed[::2], listed[1::2], strict=True))
    assert all(one.subject == other.subject for one, other in pairs)  # transactions stay together
    assert len({one.actor for one in listed[:120]} | {one.actor for one in listed[120:]}) == 2


ROLE = """
CREATE ROLE {role};
GRANT SELECT, INSERT ON ledger TO {role};
GRANT SELECT, UPDATE ON ledger_head TO {role};
"""


def test_the_documented_rights_are_enough(store: Store) -> None:
    """On PostgreSQL a service needs no right to change or delete entries at all."""
    if store.dialect != "postgresql":
        pytest.skip("SQLite has no roles")
    role = "ledger_writer"
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP ROLE IF EXISTS {role}")
        connection.exec_driver_sql(ROLE.format(role=role))
    try:

        def work(connection: Connection) -> None:
            connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
            append(connection, entry(1))

        store.in_transaction(work)
        with pytest.raises(DBAPIError, match="permission denied"), store.write() as connection:
            connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
            connection.execute(text("DELETE FROM ledger"))
    finally:
        with store.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(ledger)).scalar_one() == 1
