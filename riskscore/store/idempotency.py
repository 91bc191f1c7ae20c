"""Idempotency keys: which article a caller's key was first used for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from riskscore.store import tables


def find_key(connection: Connection, key: str) -> tuple[str, str] | None:
    """The request's hash and the article's id that the key stands for."""
    columns = tables.idempotency_keys.c
    row = connection.execute(
        select(columns.request_hash, columns.article_id).where(columns.key == key)
    ).one_or_none()
    return None if row is None else (row.request_hash, row.article_id)


def insert_key(connection: Connection, key: str, request_hash: str, article_id: str, at: datetime) -> None:
    """Bind a key.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        Another writer was first.
    """
    connection.execute(
        insert(tables.idempotency_keys).values(
            key=key, request_hash=request_hash, article_id=article_id, created_at=at
        )
    )
