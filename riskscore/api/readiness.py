"""The parts that a request needs in, what is amiss with them out; in words that anyone may read."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from riskscore.api.faults import Fault
from riskscore.api.records import Records
from riskscore.errors import RiskscoreError, StoreSchemaError
from riskscore.store import Store
from riskscore.store.schema import current, head

_PROBE_BYTES = 4_096


def amiss(records: Records) -> list[Fault]:
    """What keeps the server from storing an article; empty when nothing does."""
    faults = []
    if not records.rotation.choice_known:
        unknown = "which one is in force is not known: the record of choices cannot be read"
        faults.append(Fault("model", unknown))
    try:
        store = records.store
        with store.read() as connection:
            faults += _schema_faults(connection)
    except StoreSchemaError as error:
        return [*faults, Fault("database", str(error))]
    except (RiskscoreError, SQLAlchemyError) as error:
        return [*faults, Fault("database", f"does not answer ({type(error).__name__})")]
    return faults + _disk_faults(store, records.settings.ready_free_bytes)


def _schema_faults(connection: Connection) -> list[Fault]:
    found = current(connection)
    if found == head():
        return []
    return [Fault("database", f"has schema {found}, needed is {head()}; run: riskscore db upgrade")]


def _disk_faults(store: Store, least_free: int) -> list[Fault]:
    """Of the folder of an SQLite database; another database looks after its own disk."""
    if store.dialect != "sqlite":
        return []
    folder = Path(store.engine.url.database or "").absolute().parent
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".riskscore-ready-") as file:
            file.write(b"\0" * _PROBE_BYTES)
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return [Fault("disk", f"the database's folder cannot be written to ({error.strerror})")]
    if free < least_free:
        return [Fault("disk", f"{free:,} bytes are free; {least_free:,} are wanted (ready_free_bytes)")]
    return []
