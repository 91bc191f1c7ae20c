"""API keys as stored: made, found, changed; and how often each was used on which day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert, inspect, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from riskscore.access.keys import Key
from riskscore.access.scopes import SCOPES, in_order
from riskscore.access.tally import Use
from riskscore.errors import StoreUnreachableError
from riskscore.store import access_tables as tables
from riskscore.store.engine import Store
from riskscore.store.upsert import add_up

_K = tables.api_keys.c
_U = tables.key_uses.c


def add_key(connection: Connection, key: Key) -> None:
    """Store a new key."""
    values = {name: getattr(key, name) for name in _K.keys()}  # noqa: SIM118 - not a mapping
    values["scopes"] = " ".join(in_order(key.scopes))
    connection.execute(insert(tables.api_keys).values(values))


def find_key(connection: Connection, key_id: str, *, lock: bool = False) -> Key | None:
    """The key of that id; `lock` keeps other writers off it."""
    query = select(tables.api_keys).where(_K.key_id == key_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _key(row)


def list_keys(connection: Connection) -> list[Key]:
    """All keys, revoked ones too, oldest first."""
    rows = connection.execute(select(tables.api_keys).order_by(_K.created_at, _K.key_id))
    return [_key(row) for row in rows]


def update_key(connection: Connection, key_id: str, **values: Any) -> None:
    """Set columns of a key."""
    connection.execute(update(tables.api_keys).where(_K.key_id == key_id).values(**values))


def used_on(connection: Connection, day: date) -> dict[str, int]:
    """Uses of each key on a UTC day."""
    rows = connection.execute(select(_U.key_id, _U.uses).where(_U.day == day))
    return {row.key_id: row.uses for row in rows}


def record_uses(connection: Connection, uses: Sequence[Use]) -> dict[tuple[str, date], int]:
    """Add uses to what is stored; returns the new count of each key and day."""
    rows = [{"key_id": use.key_id, "day": use.day, "uses": use.count} for use in uses]
    add_up(connection, tables.key_uses, rows, ["key_id", "day"])
    for use in uses:
        moments = {"last_used_at": use.last_at, "former_used_at": use.former_at}
        for name, moment in moments.items():
            if moment is not None:
                connection.execute(
                    update(tables.api_keys)
                    .where(_K.key_id == use.key_id, or_(_K[name].is_(None), _K[name] < moment))
                    .values({name: moment})
                )
    days = {use.day for use in uses}
    return {(key_id, day): count for day in days for key_id, count in used_on(connection, day).items()}


def stored_keys(store: Store, day: date) -> tuple[list[Key], dict[str, int]]:
    """All keys, and their uses on a day; none where no database, or none with keys, was made yet.

    Takes a store whose schema need not be the newest, and makes no file: a server that only scores must not
    need a database.

    Raises
    ------
    StoreUnreachableError
    """
    database = store.engine.url.database or ""
    if store.dialect == "sqlite" and not Path(database).exists():
        return [], {}
    try:
        with store.read() as connection:
            return list_keys(connection), used_on(connection, day)
    except SQLAlchemyError as error:
        if not _has_table(store):
            return [], {}
        raise StoreUnreachableError(f"the keys cannot be read ({type(error).__name__})") from error


def store_uses(store: Store, uses: Sequence[Use]) -> dict[tuple[str, date], int]:
    """`record_uses` in a transaction of its own.

    Raises
    ------
    BusyStoreError, StoreUnreachableError
    """
    try:
        return store.in_transaction(lambda connection: record_uses(connection, uses))
    except SQLAlchemyError as error:
        raise StoreUnreachableError(f"the uses of keys cannot be stored ({type(error).__name__})") from error


def _has_table(store: Store) -> bool:
    """Whether keys could be stored at all; True when it cannot be told."""
    try:
        with store.read() as connection:
            return inspect(connection).has_table(tables.api_keys.name)
    except SQLAlchemyError:
        return True


def _key(row: Row[Any]) -> Key:
    known = frozenset(scope for scope in SCOPES if scope in row.scopes.split())
    return Key(**{**row._mapping, "scopes": known})
