"""Migrations on both databases: up, down with data in the tables, and never unnoticed differences."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect

from riskscore.errors import SettingsError, StoreSchemaError
from riskscore.service import Newsroom
from riskscore.store import Store, connect, open_store
from riskscore.store.articles import find_articles
from riskscore.store.mentions import sightings
from riskscore.store.schema import current, differences, downgrade, head, upgrade
from tests.api.fake import FakeAssessor
from tests.store.test_ingest import WIRE, ingest


def test_the_migrated_schema_is_the_one_the_code_expects(store: Store) -> None:
    with store.read() as connection:
        assert differences(connection) == []
        assert current(connection) == head()


def test_up_and_down_with_data(store: Store) -> None:
    (stored,) = ingest(Newsroom(FakeAssessor(), store), WIRE)
    downgrade(store, "0001")
    with store.read() as connection:
        assert find_articles(connection, [stored.article_id])[stored.article_id].article == WIRE
    upgrade(store)
    with store.read() as connection:
        assert differences(connection) == []
        assert len(sightings(connection, ["nvidia"])) == 1
    downgrade(store, "base")
    with store.read() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    upgrade(store)
    ingest(Newsroom(FakeAssessor(), store), WIRE)


def test_a_missing_column_is_told(store: Store) -> None:
    with store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE articles DROP COLUMN language")
    with store.read() as connection:
        (difference,) = differences(connection)
    assert "language" in difference


def test_a_new_sqlite_file_needs_no_set_up(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'new.db'}")
    ingest(Newsroom(FakeAssessor(), store), WIRE)
    store.close()
    again = open_store(f"sqlite:///{tmp_path / 'new.db'}")
    with again.read() as connection:
        assert len(sightings(connection, ["nvidia"])) == 1
    again.close()


def test_an_old_schema_is_refused_with_the_remedy(database_url: str) -> None:
    store = connect(database_url)
    upgrade(store, "0001")
    with pytest.raises(StoreSchemaError, match="riskscore db upgrade"):
        open_store(database_url)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(StoreSchemaError, match="newer than this riskscore"):
        open_store(database_url)


def test_an_empty_postgresql_database_is_not_changed_unasked(postgres_url: str) -> None:
    with pytest.raises(StoreSchemaError, match="riskscore db upgrade"):
        open_store(postgres_url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "no database URL"),
        ("sqlite://", "needs a file"),
        ("mysql://localhost/x", "mysql is not supported"),
    ],
)
def test_an_unusable_url_is_refused(url: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        open_store(url)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreSchemaError, match="no folder"):
        open_store(f"sqlite:///{tmp_path / 'none' / 'x.db'}")
