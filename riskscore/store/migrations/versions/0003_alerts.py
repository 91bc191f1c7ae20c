"""Endpoints, subscriptions, alerts with dispositions, and the outbox with its deliveries."""

import sqlalchemy as sa
from alembic import op

from riskscore.store.times import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "endpoints",
        sa.Column("endpoint_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("former_secret", sa.Text(), nullable=True),
        sa.Column("former_valid_until", UtcDateTime(), nullable=True),
        sa.Column("announcements", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('webhook', 'slack', 'teams', 'email', 'syslog')", name=op.f("ck_endpoints_channel")
        ),
        sa.CheckConstraint("state IN ('active', 'disabled')", name=op.f("ck_endpoints_state")),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_endpoints")),
    )
    op.create_table(
        "events",
        sa.Column("event_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_key", name=op.f("pk_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_events_event_id")),
        sa.UniqueConstraint("subject", "sequence", name=op.f("uq_events_subject_sequence")),
    )
    op.create_index(op.f("ix_events_occurred_at"), "events", ["occurred_at"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("delivery_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("endpoint_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_by", sa.String(length=60), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("replay", sa.Boolean(), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'dead')", name=op.f("ck_deliveries_state")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.endpoint_id"], name=op.f("fk_deliveries_endpoint_id_endpoints")
        ),
        sa.ForeignKeyConstraint(
            ["event_key"], ["events.event_key"], name=op.f("fk_deliveries_event_key_events")
        ),
        sa.PrimaryKeyConstraint("delivery_key", name=op.f("pk_deliveries")),
    )
    op.create_index(
        "ix_deliveries_dead",
        "deliveries",
        ["endpoint_id"],
        unique=False,
        postgresql_where=sa.text("state = 'dead'"),
        sqlite_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["endpoint_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
        sqlite_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_deliveries_endpoint_id", "deliveries", ["endpoint_id", "delivery_key"], unique=False)
    op.create_index(op.f("ix_deliveries_event_key"), "deliveries", ["event_key"], unique=False)
    op.create_index(
        "ix_deliveries_order",
        "deliveries",
        ["endpoint_id", "subject", "delivery_key"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
        sqlite_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("subscription_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.String(length=40), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.endpoint_id"], name=op.f("fk_subscriptions_endpoint_id_endpoints")
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_subscriptions")),
    )
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.String(length=40), nullable=False),
        sa.Column("subscription_id", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=260), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("company_id", sa.String(length=200), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("story_id", sa.String(length=40), nullable=True),
        sa.Column("article_id", sa.String(length=40), nullable=False),
        sa.Column("assessment_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'escalate', 'dismiss', 'monitor')", name=op.f("ck_alerts_status")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.subscription_id"],
            name=op.f("fk_alerts_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("subscription_id", "topic", name=op.f("uq_alerts_subscription_id_topic")),
    )
    op.create_index("ix_alerts_changed_at", "alerts", ["changed_at", "alert_id"], unique=False)
    op.create_index(op.f("ix_alerts_company_id"), "alerts", ["company_id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("attempt_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivery_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_key"], ["deliveries.delivery_key"], name=op.f("fk_attempts_delivery_key_deliveries")
        ),
        sa.PrimaryKeyConstraint("attempt_key", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_delivery_key"), "attempts", ["delivery_key"], unique=False)
    op.create_table(
        "digest_entries",
        sa.Column("entry_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.String(length=40), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.subscription_id"],
            name=op.f("fk_digest_entries_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("entry_key", name=op.f("pk_digest_entries")),
    )
    op.create_index(op.f("ix_digest_entries_due_at"), "digest_entries", ["due_at"], unique=False)
    op.create_index(
        op.f("ix_digest_entries_subscription_id"), "digest_entries", ["subscription_id"], unique=False
    )
    op.create_table(
        "dispositions",
        sa.Column("disposition_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.String(length=40), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "decision IN ('escalate', 'dismiss', 'monitor')", name=op.f("ck_dispositions_decision")
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.alert_id"], name=op.f("fk_dispositions_alert_id_alerts")
        ),
        sa.PrimaryKeyConstraint("disposition_key", name=op.f("pk_dispositions")),
    )
    op.create_index(op.f("ix_dispositions_alert_id"), "dispositions", ["alert_id"], unique=False)


def downgrade() -> None:
    op.drop_table("dispositions")
    op.drop_table("digest_entries")
    op.drop_table("attempts")
    op.drop_table("alerts")
    op.drop_table("subscriptions")
    op.drop_table("deliveries")
    op.drop_table("events")
    op.drop_table("endpoints")
