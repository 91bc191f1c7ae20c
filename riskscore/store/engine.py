"""A database URL in, a `Store` out: connections with the right pragmas, transactions, and retries."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError

from riskscore.errors import BusyStoreError, SettingsError
from riskscore.store.ledger import NOTED, seal

_Result = TypeVar("_Result")

_BUSY_TIMEOUT_MS = 30_000
_ATTEMPTS = 12
_FREE_ATTEMPTS = 2
_LOSERS = 0x7269736B  # "risk": the advisory lock's number
_WRITE = "riskscore_write"
# PostgreSQL: serialization failure, deadlock, lock not available.
_RETRIED_STATES = {"40001", "40P01", "55P03"}


class Store:
    """One database; safe to share between threads.

    A read sees one state of the database from its first query to its last; a write is one transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with self.engine.connect() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, and rolled back by any exception.

        Last of all, what was noted for the audit ledger is appended to it.
        """
        with self.engine.connect() as connection:
            connection.execution_options(**{_WRITE: True, NOTED: []})
            with connection.begin():
                yield connection
                seal(connection)

    def in_transaction(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run `work` in a write transaction, again from the start when another writer came between.

        Raises
        ------
        BusyStoreError
            Others came between every time.
        """
        for attempt in range(_ATTEMPTS):
            try:
                with self.write() as connection:
                    if attempt >= _FREE_ATTEMPTS and self.dialect == "postgresql":
                        # Those who lost a race wait for each other, lest they all lose it again.
                        connection.execute(select(func.pg_advisory_xact_lock(_LOSERS)))
                    return work(connection)
            except IntegrityError:
                if attempt == _ATTEMPTS - 1:
                    raise  # a fault of ours then, not a race
            except OperationalError as error:
                if not _worth_a_retry(error):
                    raise
            time.sleep(random.uniform(0.0, min(1.0, 0.005 * 2**attempt)))  # noqa: S311
        raise BusyStoreError("the database is busy with other writers; try again later")

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _worth_a_retry(error: OperationalError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in _RETRIED_STATES or "database is locked" in str(error.orig)


def connect(database_url: str) -> Store:
    """A store at `database_url`, whatever the state of its schema (see `open_store`).

    Parameters
    ----------
    database_url : str
        "sqlite:///path/to/file.db" or "postgresql://user@host/name".

    Raises
    ------
    SettingsError
    """
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise SettingsError(
            "RISKSCORE_DATABASE_URL is no database URL; use sqlite:///path/to/file.db or "
            "postgresql://user:password@host/name"
        ) from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        return Store(_sqlite(url))
    if backend in {"postgresql", "postgres"}:
        return Store(_postgresql(url))
    raise SettingsError(f"RISKSCORE_DATABASE_URL: {backend} is not supported; use sqlite or postgresql")


def _postgresql(url: URL) -> Engine:
    engine = create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        # Times are read as the session shows them (`riskscore.store.times`). Not as an option of the
        # connection, which poolers refuse.
        connection.execute("SET TIME ZONE 'UTC'")
        connection.commit()

    return engine


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise SettingsError(
            "RISKSCORE_DATABASE_URL: an SQLite database needs a file: sqlite:///path/to/file.db"
        )
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged article outlives a power cut
        # Pages of indexes whose keys are hashes change again and again: written back at 64 MB of log, and not
        # at 4, each costs less. A quarter more articles a second once a hundred thousand are there.
        cursor.execute("PRAGMA wal_autocheckpoint = 16384")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -65536")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns from reading to writing fails at once when another wrote.
        writing = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
