"""Companies of the user's own, list memberships, watchlists, legal holds and feeds."""

import sqlalchemy as sa
from alembic import op

from riskscore.store.times import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "companies",
        sa.Column("company_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("parent_id", sa.String(length=200), nullable=True),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_companies")),
    )
    op.create_index(op.f("ix_companies_parent_id"), "companies", ["parent_id"], unique=False)
    op.create_table(
        "company_aliases",
        sa.Column("folded", sa.String(length=400), nullable=False),
        sa.Column("company_id", sa.String(length=200), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("folded", "company_id", name=op.f("pk_company_aliases")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_company_aliases_company_id", "company_aliases", ["company_id"], unique=False)
    op.create_table(
        "feeds",
        sa.Column("feed_id", sa.String(length=40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("succeeded_at", UtcDateTime(), nullable=True),
        sa.Column("next_due_at", UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('web', 'folder')", name=op.f("ck_feeds_kind")),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("url", name=op.f("uq_feeds_url")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("hold_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("target_id", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('article', 'story', 'company')", name=op.f("ck_legal_holds_kind")),
        sa.PrimaryKeyConstraint("hold_key", name=op.f("pk_legal_holds")),
    )
    op.create_index("ix_legal_holds_target", "legal_holds", ["kind", "target_id"], unique=False)
    op.create_table(
        "list_memberships",
        sa.Column("membership_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_code", sa.String(length=80), nullable=False),
        sa.Column("entry_id", sa.String(length=200), nullable=False),
        sa.Column("company_id", sa.String(length=200), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("listed_on", sa.String(length=10), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("retrieved_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("membership_key", name=op.f("pk_list_memberships")),
        sa.UniqueConstraint("list_code", "entry_id", name=op.f("uq_list_memberships_list_code_entry_id")),
    )
    op.create_index(op.f("ix_list_memberships_company_id"), "list_memberships", ["company_id"], unique=False)
    op.create_table(
        "watchlists",
        sa.Column("watchlist_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("watchlist_id", name=op.f("pk_watchlists")),
    )
    op.create_table(
        "watchlist_members",
        sa.Column("watchlist_id", sa.String(length=80), nullable=False),
        sa.Column("company_id", sa.String(length=200), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["watchlist_id"],
            ["watchlists.watchlist_id"],
            name=op.f("fk_watchlist_members_watchlist_id_watchlists"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("watchlist_id", "company_id", name=op.f("pk_watchlist_members")),
    )


def downgrade() -> None:
    op.drop_table("watchlist_members")
    op.drop_table("watchlists")
    op.drop_index(op.f("ix_list_memberships_company_id"), table_name="list_memberships")
    op.drop_table("list_memberships")
    op.drop_index("ix_legal_holds_target", table_name="legal_holds")
    op.drop_table("legal_holds")
    op.drop_table("feeds")
    op.drop_index("ix_company_aliases_company_id", table_name="company_aliases")
    op.drop_table("company_aliases")
    op.drop_index(op.f("ix_companies_parent_id"), table_name="companies")
    op.drop_table("companies")
