"""The schema's version: bring a database up to date, back, or say where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

import riskscore.store.access_tables
import riskscore.store.label_tables
import riskscore.store.model_tables  # noqa: F401 - its tables are part of the metadata
from riskscore.errors import StoreSchemaError
from riskscore.store.alert_tables import metadata
from riskscore.store.engine import Store, connect

_MIGRATIONS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest schema version that this code knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


def current(connection: Connection) -> str | None:
    """The database's schema version; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(store: Store, to: str = "head") -> None:
    """Bring the schema up to version `to`; no harm when it is there already."""
    with store.write() as connection:
        command.upgrade(_config(connection), to)


def downgrade(store: Store, to: str) -> None:
    """Take the schema back to version `to` ("base" for an empty database)."""
    with store.write() as connection:
        command.downgrade(_config(connection), to)


def differences(connection: Connection) -> list[str]:
    """How the database's tables differ from what this code expects; empty when they do not."""

    def is_of_this_database(item: Any, *_: object) -> bool:
        dialect: str = item.info.get("dialect", connection.dialect.name)
        return dialect == connection.dialect.name

    options = {"compare_type": False, "include_object": is_of_this_database}
    context = MigrationContext.configure(connection, opts=options)
    return [str(difference) for difference in compare_metadata(context, metadata)]


def open_store(database_url: str) -> Store:
    """A store that is ready for use; an SQLite file that is not there yet is made.

    Raises
    ------
    SettingsError
        The URL is unusable.
    StoreSchemaError
        The schema is older or newer than this code; the message names the remedy.
    """
    store = connect(database_url)
    try:
        if store.dialect == "sqlite":
            path = Path(store.engine.url.database or "")
            if not path.parent.is_dir():
                raise StoreSchemaError(f"there is no folder {str(path.parent)!r} for the database; create it")
        with store.read() as connection:
            found, empty = current(connection), not inspect(connection).get_table_names()
        if found == head():
            return store
        if empty and store.dialect == "sqlite":
            upgrade(store)
            return store
        raise StoreSchemaError(_remedy(found))
    except BaseException:
        store.close()
        raise


def _remedy(found: str | None) -> str:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        return f"the database has schema {found}, which is newer than this riskscore; update riskscore"
    return f"the database has schema {found or 'none'}, needed is {head()}; run: riskscore db upgrade"
