"""The tables of the audit ledger; part of the same `metadata` as `riskscore.store.tables`.

Triggers of the migration refuse whatever changes or deletes an entry, and a head that goes back.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from riskscore.store.tables import metadata
from riskscore.store.times import UtcDateTime

__all__ = ["ledger", "ledger_head", "metadata"]


class Sha256(TypeDecorator[str]):
    """Hexadecimal digits in the program, half as many bytes in the database."""

    impl = LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else bytes(value).hex()


ledger = Table(
    "ledger",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("occurred_at", UtcDateTime, nullable=False, index=True),
    Column("actor", String(200), nullable=False),
    Column("key_id", String(64)),
    Column("action", String(40), nullable=False),
    Column("subject", String(200)),
    Column("request_id", String(64)),
    Column("input_hash", Sha256),
    Column("output_hash", Sha256),
    Column("model_version", Text),
    Column("knowledge_hash", String(64)),
    Column("detail", Text),  # canonical JSON
    Column("previous_hash", Sha256, nullable=False),
    Column("entry_hash", Sha256, nullable=False),
    Index("ix_ledger_action_sequence", "action", "sequence"),
    Index("ix_ledger_actor_sequence", "actor", "sequence"),
    Index("ix_ledger_subject_sequence", "subject", "sequence"),
)

# One row. Whoever appends holds it until the commit, so that entries stand in the order of commit; and where
# the ledger's last entries are gone, it still tells how many there were.
ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("entry_hash", Sha256, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
