"""The tables of API keys and their use; part of the same `metadata` as `riskscore.store.tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Integer, String, Table, Text

from riskscore.store.tables import metadata
from riskscore.store.times import UtcDateTime

__all__ = ["metadata"]

# Never deleted, only revoked: what a key was is part of the record, and a server that once asked for keys
# must not open itself to all when the last is gone.
api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", String(20), primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # separated by blanks
    Column("sha256", String(64), nullable=False),  # of the whole key; see riskscore.access.keys
    Column("former_sha256", String(64)),  # before the last rotation
    Column("former_valid_until", UtcDateTime),
    Column("former_used_at", UtcDateTime),
    Column("rate_per_minute", Integer),
    Column("daily_quota", BigInteger),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),  # to some seconds
)

key_uses = Table(
    "key_uses",
    metadata,
    Column("key_id", ForeignKey("api_keys.key_id"), primary_key=True),
    Column("day", Date, primary_key=True),  # UTC
    Column("uses", BigInteger, nullable=False),
)
