"""Rows in, inserted or, where their key is there already, updated or added up; the same on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], key: Sequence[str]) -> None:
    """Store rows that all have the same columns.

    Parameters
    ----------
    key : sequence of str
        Columns of the primary key or of a unique constraint; the other columns given are updated.
    """
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    ordered = sorted(rows, key=lambda row: [str(row[name]) for name in key])
    connection.execute(statement, ordered)


def add_up(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], key: Sequence[str]) -> None:
    """Store rows of counts; where a row's key is there already, the counts are added to those there.

    Parameters
    ----------
    key : sequence of str
        Columns of the primary key; all other columns given are numbers.
    """
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    summed = {name: table.c[name] + statement.excluded[name] for name in rows[0] if name not in key}
    statement = statement.on_conflict_do_update(index_elements=list(key), set_=summed)
    # In one order, whoever writes: two processes that add to the same rows must not wait for each other.
    connection.execute(statement, sorted(rows, key=lambda row: [str(row[name]) for name in key]))
