"""An SQLite store in, one file with all of it as it stood at one moment out. PostgreSQL has `pg_dump`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from riskscore.errors import InputError
from riskscore.store.engine import Store

_PAGES = 1_024  # copied at a time; writers get their turn between


def back_up(
    store: Store, out: Path, progress: Callable[[int, float], None] = lambda done, share: None
) -> int:
    """Copy the database while others read and write it.

    Parameters
    ----------
    store : Store
        On SQLite.
    out : Path
        Appears only once it is whole; an existing file is not overwritten.
    progress : callable
        Told the pages done and their share of all, 0 to 1.

    Returns
    -------
    int
        Size in bytes.

    Raises
    ------
    InputError
        The database is not SQLite, `out` exists, or the copy is damaged.
    """
    database = store.engine.url.database
    if store.dialect != "sqlite" or database is None:
        raise InputError("PostgreSQL is backed up with pg_dump --format=custom", "database_url")
    if out.exists():
        raise InputError(f"{out} exists already", "OUT")
    partial = out.with_name(out.name + ".partial")
    partial.unlink(missing_ok=True)

    def told(_status: int, remaining: int, total: int) -> None:
        progress(total - remaining, 1.0 - remaining / max(total, 1))

    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(partial)) as copy:
        source.backup(copy, pages=_PAGES, progress=told)
        # One file: without this, whoever opens the copy would leave -wal and -shm files beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        partial.unlink()
        raise InputError(f"the copy is damaged: {verdict}", "OUT")
    partial.replace(out)
    return out.stat().st_size
