"""Rows in, inserted or, where their key is there already, updated; the same on both databases."""

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
