"""Analysts' corrections."""

import sqlalchemy as sa
from alembic import op

from riskscore.store.times import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# As they were when this schema was made, whatever they are in the code by now.
_REGIMES = ("chips", "cloud_data", "outbound_investment")


def upgrade() -> None:
    op.create_table(
        "labels",
        sa.Column("label_key", _KEY, nullable=False),
        sa.Column("label_id", sa.String(length=40), nullable=False),
        sa.Column("article_id", sa.String(length=40), nullable=False),
        sa.Column("assessment_key", _KEY, nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        *(sa.Column(f"{regime}_severity", sa.Integer(), nullable=False) for regime in _REGIMES),
        sa.Column("stage", sa.String(length=20), nullable=True),
        sa.Column("direction", sa.String(length=20), nullable=True),
        sa.Column("companies", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("genre", sa.String(length=20), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("labelled_at", UtcDateTime(), nullable=False),
        *(
            sa.CheckConstraint(
                f"{regime}_severity BETWEEN 0 AND 3", name=op.f(f"ck_labels_{regime}_severity")
            )
            for regime in _REGIMES
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.article_id"],
            name=op.f("fk_labels_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["assessment_key"],
            ["assessments.assessment_key"],
            name=op.f("fk_labels_assessment_key_assessments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("label_key", name=op.f("pk_labels")),
        sa.UniqueConstraint("label_id", name=op.f("uq_labels_label_id")),
        sa.UniqueConstraint(
            "article_id",
            "author",
            "key_id",
            "sequence",
            name=op.f("uq_labels_article_id_author_key_id_sequence"),
        ),
    )
    op.create_index(op.f("ix_labels_assessment_key"), "labels", ["assessment_key"])


def downgrade() -> None:
    op.drop_table("labels")
