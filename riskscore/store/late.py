"""A database URL in, its store out once it can be had; for work in the background, with its own connections.

What runs beside the requests must neither take the connections that they wait for nor stop the start of a
server whose database is down.
"""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from riskscore.store.engine import Store, connect
from riskscore.store.model_choices import ModelChoice, newest_choice
from riskscore.store.schema import open_store


class LateStore:
    """Opens its store when it is first asked for; safe to share between threads."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._unchecked: Store | None = None  # of whatever schema

    def store(self) -> Store:
        """The store; an SQLite file that is not there yet is made.

        Raises
        ------
        SettingsError, StoreSchemaError, sqlalchemy.exc.DBAPIError
            It cannot be used; tried again with the next call.
        """
        with self._lock:
            if self._store is None:
                self._store = open_store(self._url)
            return self._store

    def newest_choice(self) -> ModelChoice | None:
        """The model choice in force; None where none was made.

        A database that is not there yet, or has a schema from before choices, holds none; neither is made
        or changed for the question.

        Raises
        ------
        SettingsError, sqlalchemy.exc.DBAPIError
        """
        if not self.exists():
            return None
        with self._lock:
            if self._unchecked is None:
                self._unchecked = connect(self._url)
            store = self._unchecked
        with store.read() as connection:
            return newest_choice(connection)

    def exists(self) -> bool:
        """False where the database is an SQLite file that nobody has made yet."""
        try:
            url = make_url(self._url)
        except ArgumentError:
            return True  # opening it says what is wrong
        return url.get_backend_name() != "sqlite" or not url.database or Path(url.database).exists()

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            for store in (self._store, self._unchecked):
                if store is not None:
                    store.close()
            self._store = self._unchecked = None
