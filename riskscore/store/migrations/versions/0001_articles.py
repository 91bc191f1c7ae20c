"""Articles, assessments, stories and the feed of changes."""

import sqlalchemy as sa
from alembic import op

from riskscore.store.times import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change_counter",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_change_counter")),
    )
    op.create_table(
        "changes",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_recorded_at"), "changes", ["recorded_at"], unique=False)
    op.create_table(
        "stories",
        sa.Column("story_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_stories")),
    )
    op.create_table(
        "articles",
        sa.Column("article_id", sa.String(length=40), nullable=False),
        sa.Column("story_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("body_field", sa.String(length=4), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("body_field IN ('text', 'html')", name=op.f("ck_articles_body_field")),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.story_id"], name=op.f("fk_articles_story_id_stories")
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_articles")),
    )
    op.create_index(op.f("ix_articles_received_at"), "articles", ["received_at"], unique=False)
    op.create_index(op.f("ix_articles_story_id"), "articles", ["story_id"], unique=False)
    op.create_table(
        "story_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("story_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["stories.story_id"],
            name=op.f("fk_story_bands_story_id_stories"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("band", "ordinal", name=op.f("pk_story_bands")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_story_bands_story_id"), "story_bands", ["story_id"], unique=False)
    op.create_table(
        "assessments",
        sa.Column("assessment_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("assessment_id", sa.String(length=40), nullable=False),
        sa.Column("article_id", sa.String(length=40), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("knowledge_hash", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("abstained", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("answer_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.article_id"],
            name=op.f("fk_assessments_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("assessment_key", name=op.f("pk_assessments")),
        sa.UniqueConstraint(
            "article_id",
            "model_version",
            "knowledge_hash",
            name=op.f("uq_assessments_article_id_model_version_knowledge_hash"),
        ),
    )
    op.create_index(op.f("ix_assessments_assessment_id"), "assessments", ["assessment_id"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("article_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.article_id"],
            name=op.f("fk_idempotency_keys_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_article_id"), "idempotency_keys", ["article_id"], unique=False)
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "mentions",
        sa.Column("company_id", sa.String(length=200), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column(
            "assessment_key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("article_id", sa.String(length=40), nullable=False),
        sa.Column("story_id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("relevance", sa.Float(), nullable=False),
        sa.Column("exposure_probability", sa.Float(), nullable=False),
        sa.Column("exposed", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=True),
        sa.Column("direction", sa.String(length=20), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("chips_score", sa.Float(), nullable=False),
        sa.Column("cloud_data_score", sa.Float(), nullable=False),
        sa.Column("outbound_investment_score", sa.Float(), nullable=False),
        sa.Column("chips_severity", sa.Integer(), nullable=False),
        sa.Column("cloud_data_severity", sa.Integer(), nullable=False),
        sa.Column("outbound_investment_severity", sa.Integer(), nullable=False),
        sa.Column("instruments", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.article_id"],
            name=op.f("fk_mentions_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["assessment_key"],
            ["assessments.assessment_key"],
            name=op.f("fk_mentions_assessment_key_assessments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "observed_at", "assessment_key", name=op.f("pk_mentions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_mentions_article_id"), "mentions", ["article_id"], unique=False)
    op.create_index("ix_mentions_assessment_key", "mentions", ["assessment_key"], unique=False)
    op.create_index(
        "ix_mentions_in_force",
        "mentions",
        ["observed_at"],
        unique=False,
        postgresql_where=sa.text("flagged AND valid_to IS NULL"),
        sqlite_where=sa.text("flagged AND valid_to IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_mentions_in_force",
        table_name="mentions",
        postgresql_where=sa.text("flagged AND valid_to IS NULL"),
        sqlite_where=sa.text("flagged AND valid_to IS NULL"),
    )
    op.drop_index("ix_mentions_assessment_key", table_name="mentions")
    op.drop_index(op.f("ix_mentions_article_id"), table_name="mentions")
    op.drop_table("mentions")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_index(op.f("ix_idempotency_keys_article_id"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index(op.f("ix_assessments_assessment_id"), table_name="assessments")
    op.drop_table("assessments")
    op.drop_index(op.f("ix_story_bands_story_id"), table_name="story_bands")
    op.drop_table("story_bands")
    op.drop_index(op.f("ix_articles_story_id"), table_name="articles")
    op.drop_index(op.f("ix_articles_received_at"), table_name="articles")
    op.drop_table("articles")
    op.drop_table("stories")
    op.drop_index(op.f("ix_changes_recorded_at"), table_name="changes")
    op.drop_table("changes")
    op.drop_table("change_counter")
