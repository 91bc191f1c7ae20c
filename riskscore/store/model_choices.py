"""Which model answers and which is its challenger: the record of every choice, the newest in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, inspect, select

from riskscore.store import model_tables as tables

Action = Literal["promote", "rollback", "shadow"]
_C = tables.model_choices.c


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What is in force from a moment on, who said so, and why."""

    choice_key: int
    action: Action
    version: str
    identity: str
    previous: str | None
    challenger: str | None
    challenger_share: float
    forced: bool
    reason: str
    report: str | None
    decided_by: str
    decided_at: datetime


def newest_choice(connection: Connection) -> ModelChoice | None:
    """The choice in force; None where none was ever made, nor so much as the table for it."""
    if not inspect(connection).has_table(tables.model_choices.name):
        return None
    return next(iter(list_choices(connection, 1)), None)


def list_choices(connection: Connection, limit: int) -> list[ModelChoice]:
    """The last choices, newest first."""
    rows = connection.execute(select(tables.model_choices).order_by(_C.choice_key.desc()).limit(limit))
    return [ModelChoice(**row._mapping) for row in rows]


def changes_of_version(connection: Connection) -> list[ModelChoice]:
    """All promotions and rollbacks, oldest first."""
    rows = connection.execute(
        select(tables.model_choices).where(_C.action != "shadow").order_by(_C.choice_key)
    )
    return [ModelChoice(**row._mapping) for row in rows]


def add_choice(connection: Connection, **values: Any) -> ModelChoice:
    """Record a choice: all columns but the key."""
    key: int = connection.execute(
        insert(tables.model_choices).values(**values).returning(_C.choice_key)
    ).scalar_one()
    return ModelChoice(choice_key=key, **values)
