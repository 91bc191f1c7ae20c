"""The table of analysts' labels; part of the same `metadata` as `riskscore.store.tables`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from riskscore.store.tables import metadata
from riskscore.store.times import UtcDateTime
from riskscore.types import REGIMES

__all__ = ["metadata"]

# SQLite gives row ids to INTEGER columns only.
_Key = BigInteger().with_variant(Integer(), "sqlite")

# Immutable. An author's newer label of the same article supersedes the one before, which stays as it is: that
# of the highest sequence is in force. Of two writers at once one fails on the unique key, and looks again.
labels = Table(
    "labels",
    metadata,
    Column("label_key", _Key, primary_key=True),
    Column("label_id", String(40), nullable=False, unique=True),
    Column("article_id", ForeignKey("articles.article_id", ondelete="CASCADE"), nullable=False),
    Column(
        "assessment_key",  # that was corrected
        ForeignKey("assessments.assessment_key", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("author", String(200), nullable=False),
    Column("key_id", String(64), nullable=False),  # "" where no key was asked for
    Column("sequence", Integer, nullable=False),  # of the author's labels of the article: 1, 2, …
    *(Column(f"{regime}_severity", Integer, nullable=False) for regime in REGIMES),  # 0: not labelled
    Column("stage", String(20)),
    Column("direction", String(20)),
    Column("companies", Text, nullable=False),  # JSON: names as written, and whether exposed
    Column("evidence", Text, nullable=False),  # JSON: spans by regime
    Column("genre", String(20)),
    Column("note", Text),
    Column("labelled_at", UtcDateTime, nullable=False),
    UniqueConstraint("article_id", "author", "key_id", "sequence"),
    *(CheckConstraint(f"{regime}_severity BETWEEN 0 AND 3", name=f"{regime}_severity") for regime in REGIMES),
)
