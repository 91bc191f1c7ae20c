"""The tables of alerts and their delivery; part of the same `metadata` as `riskscore.store.tables`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from riskscore.store.tables import metadata
from riskscore.store.times import UtcDateTime

__all__ = ["metadata"]

# SQLite gives row ids to INTEGER columns only.
_Key = BigInteger().with_variant(Integer(), "sqlite")

# Endpoints and subscriptions are never deleted, only marked: what they were is part of the record.
endpoints = Table(
    "endpoints",
    metadata,
    Column("endpoint_id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("channel", String(10), nullable=False),
    Column("target", Text, nullable=False),
    Column("secret", Text),  # of webhooks; needed to sign, so it cannot be hashed
    Column("former_secret", Text),
    Column("former_valid_until", UtcDateTime),
    Column("announcements", Boolean, nullable=False),  # also told of the troubles of other endpoints
    Column("state", String(10), nullable=False),
    Column("disabled_reason", Text),
    Column("disabled_at", UtcDateTime),
    Column("failing_since", UtcDateTime),  # first failure since the last success
    Column("failures", Integer, nullable=False),  # in a row
    Column("not_before", UtcDateTime),  # the receiver asked to be left alone until then
    Column("sequence", Integer, nullable=False),  # of events about the endpoint itself
    Column("created_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    CheckConstraint("channel IN ('webhook', 'slack', 'teams', 'email', 'syslog')", name="channel"),
    CheckConstraint("state IN ('active', 'disabled')", name="state"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscription_id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("endpoint_id", ForeignKey("endpoints.endpoint_id")),  # NULL: alerts are only kept, not sent
    Column("rule", Text, nullable=False),  # JSON of riskscore.alerts.rules.Rule
    Column("active", Boolean, nullable=False),
    Column("sequence", Integer, nullable=False),  # of its digests
    Column("created_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
)

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", String(40), primary_key=True),
    Column("subscription_id", ForeignKey("subscriptions.subscription_id"), nullable=False),
    Column("topic", String(260), nullable=False),  # "<company>/<story>", or "<company>/risk"
    Column("kind", String(20), nullable=False),
    Column("company_id", String(200), nullable=False, index=True),
    Column("company_name", Text, nullable=False),
    Column("story_id", String(40)),
    Column("article_id", String(40), nullable=False),  # the newest; no foreign keys: articles are pruned
    Column("assessment_id", String(40), nullable=False),
    Column("title", Text, nullable=False),
    Column("changes", Text, nullable=False),  # the last, separated by blanks
    Column("severity", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("told", Text, nullable=False),  # JSON: what further news is compared with
    Column("status", String(10), nullable=False),
    Column("sequence", Integer, nullable=False),  # events so far
    Column("opened_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    CheckConstraint("status IN ('open', 'escalate', 'dismiss', 'monitor')", name="status"),
    UniqueConstraint("subscription_id", "topic"),
    Index("ix_alerts_changed_at", "changed_at", "alert_id"),
)

dispositions = Table(
    "dispositions",
    metadata,
    Column("disposition_key", _Key, primary_key=True),
    Column("alert_id", ForeignKey("alerts.alert_id"), nullable=False, index=True),
    Column("decision", String(10), nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("note", Text),
    Column("sequence", Integer, nullable=False),  # the alert's when it was decided on
    Column("decided_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),  # a material change reopened the alert
    CheckConstraint("decision IN ('escalate', 'dismiss', 'monitor')", name="decision"),
)

# The outbox: written in the transaction of the assessment that an event follows from.
events = Table(
    "events",
    metadata,
    Column("event_key", _Key, primary_key=True),
    Column("event_id", String(40), nullable=False, unique=True),
    Column("type", String(40), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False, index=True),
    Column("payload", Text, nullable=False),  # as it is sent
    UniqueConstraint("subject", "sequence"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_key", _Key, primary_key=True),
    Column("event_key", ForeignKey("events.event_key"), nullable=False, index=True),
    Column("endpoint_id", ForeignKey("endpoints.endpoint_id"), nullable=False),
    Column("subject", String(100), nullable=False),  # the event's: deliveries of one subject go in order
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("claimed_by", String(60)),
    Column("claimed_until", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("replay", Boolean, nullable=False),
    CheckConstraint("state IN ('pending', 'delivered', 'dead')", name="state"),
    # The queue: what waits is a small part of what was ever sent.
    Index(
        "ix_deliveries_due",
        "endpoint_id",
        "due_at",
        postgresql_where=text("state = 'pending'"),
        sqlite_where=text("state = 'pending'"),
    ),
    Index(
        "ix_deliveries_order",
        "endpoint_id",
        "subject",
        "delivery_key",
        postgresql_where=text("state = 'pending'"),
        sqlite_where=text("state = 'pending'"),
    ),
    Index(
        "ix_deliveries_dead",
        "endpoint_id",
        postgresql_where=text("state = 'dead'"),
        sqlite_where=text("state = 'dead'"),
    ),
    Index("ix_deliveries_endpoint_id", "endpoint_id", "delivery_key"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("attempt_key", _Key, primary_key=True),
    Column("delivery_key", ForeignKey("deliveries.delivery_key"), nullable=False, index=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("duration_ms", Float, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Column("status", Integer),  # of HTTP; NULL without a whole answer
    Column("error", Text),
    Column("answer", LargeBinary),  # the first 2 kB
)

digest_entries = Table(
    "digest_entries",
    metadata,
    Column("entry_key", _Key, primary_key=True),
    Column("subscription_id", ForeignKey("subscriptions.subscription_id"), nullable=False, index=True),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("entry", Text, nullable=False),  # JSON
)
