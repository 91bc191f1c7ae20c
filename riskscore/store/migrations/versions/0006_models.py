"""Choices of models, counts of drift with their references and alarms, and of shadow scoring."""

import sqlalchemy as sa
from alembic import op

from riskscore.store.times import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# As they were when this schema was made, whatever they are in the code by now.
_REGIMES = ("chips", "cloud_data", "outbound_investment")
_BINS = 12


def upgrade() -> None:
    op.create_table(
        "model_choices",
        sa.Column("choice_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("version", sa.String(length=100), nullable=False),
        sa.Column("identity", sa.String(length=200), nullable=False),
        sa.Column("previous", sa.String(length=100), nullable=True),
        sa.Column("challenger", sa.String(length=100), nullable=True),
        sa.Column("challenger_share", sa.Float(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "action IN ('promote', 'rollback', 'shadow')", name=op.f("ck_model_choices_action")
        ),
        sa.PrimaryKeyConstraint("choice_key", name=op.f("pk_model_choices")),
    )
    op.create_table(
        "drift_counts",
        sa.Column("window_at", UtcDateTime(), nullable=False),
        sa.Column("model_version", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("abstained", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.BigInteger(), nullable=False),
        sa.Column("unknown_words", sa.BigInteger(), nullable=False),
        *(sa.Column(f"{regime}_flagged", sa.BigInteger(), nullable=False) for regime in _REGIMES),
        *(
            sa.Column(f"{regime}_bin{at}", sa.BigInteger(), nullable=False)
            for regime in _REGIMES
            for at in range(_BINS)
        ),
        sa.PrimaryKeyConstraint(
            "window_at", "model_version", "language", "source", name=op.f("pk_drift_counts")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "drift_references",
        sa.Column("model_version", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("adopted_by", sa.Text(), nullable=False),
        sa.Column("adopted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("model_version", "language", "source", name=op.f("pk_drift_references")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "drift_alarms",
        sa.Column("model_version", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("regime", sa.String(length=30), nullable=False),
        sa.Column("raised", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("psi", sa.Float(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "model_version", "language", "source", "regime", name=op.f("pk_drift_alarms")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shadow_counts",
        sa.Column("window_at", UtcDateTime(), nullable=False),
        sa.Column("model_version", sa.String(length=100), nullable=False),
        sa.Column("challenger", sa.String(length=100), nullable=False),
        sa.Column("regime", sa.String(length=30), nullable=False),
        sa.Column("compared", sa.BigInteger(), nullable=False),
        sa.Column("agreed", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.Float(), nullable=False),
        sa.Column("flagged_more", sa.BigInteger(), nullable=False),
        sa.Column("flagged_less", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "window_at", "model_version", "challenger", "regime", name=op.f("pk_shadow_counts")
        ),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ("shadow_counts", "drift_alarms", "drift_references", "drift_counts", "model_choices"):
        op.drop_table(table)
