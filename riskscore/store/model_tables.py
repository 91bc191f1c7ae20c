"""The tables of models in production: which answers, how its scores drift, what a challenger would say.

Part of the same `metadata` as `riskscore.store.tables`. Nothing here holds a word of an article: only counts.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Float, Integer, String, Table, Text

from riskscore.drift.histogram import BINS
from riskscore.store.tables import metadata
from riskscore.store.times import UtcDateTime
from riskscore.types import REGIMES

__all__ = ["metadata"]

# SQLite gives row ids to INTEGER columns only.
_Key = BigInteger().with_variant(Integer(), "sqlite")

# Each row says in full what is in force from then on, so that the newest is all a process must read.
model_choices = Table(
    "model_choices",
    metadata,
    Column("choice_key", _Key, primary_key=True),
    Column("action", String(10), nullable=False),
    Column("version", String(100), nullable=False),  # that answers
    Column("identity", String(200), nullable=False),  # of its numbers: see `Model.identity`
    Column("previous", String(100)),  # that answered before
    Column("challenger", String(100)),  # scored in the shadow; NULL for none
    Column("challenger_share", Float, nullable=False),
    Column("forced", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("report", Text),  # JSON of riskscore.artifact.gate.GateReport
    Column("decided_by", Text, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    CheckConstraint("action IN ('promote', 'rollback', 'shadow')", name="action"),
)

# One row for an hour, a head set of a model and a source.
drift_counts = Table(
    "drift_counts",
    metadata,
    Column("window_at", UtcDateTime, primary_key=True),  # the hour's beginning
    Column("model_version", String(100), primary_key=True),
    Column("language", String(2), primary_key=True),  # of the head set
    Column("source", String(200), primary_key=True),  # "" where the article named none
    Column("scored", BigInteger, nullable=False),
    Column("abstained", BigInteger, nullable=False),
    Column("words", BigInteger, nullable=False),
    Column("unknown_words", BigInteger, nullable=False),
    *(Column(f"{regime}_flagged", BigInteger, nullable=False) for regime in REGIMES),
    *(Column(f"{regime}_bin{at}", BigInteger, nullable=False) for regime in REGIMES for at in range(BINS)),
    sqlite_with_rowid=False,
)

# What the counts are compared with, where the operator took a stretch of production for it.
drift_references = Table(
    "drift_references",
    metadata,
    Column("model_version", String(100), primary_key=True),
    Column("language", String(2), primary_key=True),
    Column("source", String(200), primary_key=True),  # "*" for all together
    Column("counts", Text, nullable=False),  # JSON: bins by regime
    Column("items", BigInteger, nullable=False),
    Column("adopted_by", Text, nullable=False),
    Column("adopted_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# Whether the passing of the limit has been told already, and how often it was.
drift_alarms = Table(
    "drift_alarms",
    metadata,
    Column("model_version", String(100), primary_key=True),
    Column("language", String(2), primary_key=True),
    Column("source", String(200), primary_key=True),  # "*" for all together
    Column("regime", String(30), primary_key=True),
    Column("raised", Boolean, nullable=False),
    Column("sequence", Integer, nullable=False),  # of its events
    Column("psi", Float, nullable=False),  # when it was last raised or cleared
    Column("changed_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# One row for an hour, a pair of models and a regime; the regime "*" is the article as a whole.
shadow_counts = Table(
    "shadow_counts",
    metadata,
    Column("window_at", UtcDateTime, primary_key=True),
    Column("model_version", String(100), primary_key=True),  # that answered
    Column("challenger", String(100), primary_key=True),
    Column("regime", String(30), primary_key=True),
    Column("compared", BigInteger, nullable=False),
    Column("agreed", BigInteger, nullable=False),  # both flag, or neither does
    Column("difference", Float, nullable=False),  # sum of |score - score|
    Column("flagged_more", BigInteger, nullable=False),  # by the challenger alone
    Column("flagged_less", BigInteger, nullable=False),  # by the model that answered alone
    Column("dropped", BigInteger, nullable=False),  # not compared: the queue was full
    Column("failed", BigInteger, nullable=False),  # not compared: the challenger failed
    sqlite_with_rowid=False,
)
