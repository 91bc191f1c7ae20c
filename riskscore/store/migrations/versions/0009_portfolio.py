"""Imported companies are searched for: portfolios, searches, mentions that change without a new score."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from riskscore.store.times import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# As they were when this schema was made, whatever they are in the code by now.
_REGIMES = ("chips", "cloud_data", "outbound_investment")
_IN_FORCE = "flagged AND valid_to IS NULL"


def upgrade() -> None:
    op.create_table(
        "portfolios",
        sa.Column("portfolio_key", _KEY, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("companies", sa.Integer(), nullable=False),
        sa.Column("names", sa.Integer(), nullable=False),
        sa.Column("first_used_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("portfolio_key", name=op.f("pk_portfolios")),
        sa.UniqueConstraint("sha256", "version", name=op.f("uq_portfolios_sha256_version")),
    )
    op.create_table(
        "searches",
        sa.Column("assessment_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("searched_at", UtcDateTime(), nullable=False),
        sa.Column("portfolio_key", _KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment_key"],
            ["assessments.assessment_key"],
            name=op.f("fk_searches_assessment_key_assessments"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["portfolio_key"],
            ["portfolios.portfolio_key"],
            name=op.f("fk_searches_portfolio_key_portfolios"),
        ),
        sa.PrimaryKeyConstraint("assessment_key", "searched_at", name=op.f("pk_searches")),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "companies", sa.Column("names_version", sa.BigInteger(), nullable=False, server_default="0")
    )
    _key_aliases(("folded", "company_id", "kind"), with_origin=True)
    _key_mentions(("company_id", "observed_at", "assessment_key", "valid_from"), with_portfolio=True)


def downgrade() -> None:
    # What was found of imported companies is found again by `riskscore db rescore --mentions-only`.
    op.execute("DELETE FROM mentions WHERE portfolio_key IS NOT NULL")
    op.execute(
        "DELETE FROM company_aliases WHERE EXISTS (SELECT 1 FROM company_aliases AS other "
        "WHERE other.folded = company_aliases.folded AND other.company_id = company_aliases.company_id "
        "AND other.kind < company_aliases.kind)"
    )
    _key_mentions(("company_id", "observed_at", "assessment_key"), with_portfolio=False)
    _key_aliases(("folded", "company_id"), with_origin=False)
    op.drop_column("companies", "names_version")
    op.drop_table("searches")
    op.drop_table("portfolios")
    op.execute("DELETE FROM change_counter WHERE name = 'portfolio'")


def _key_aliases(key: tuple[str, ...], *, with_origin: bool) -> None:
    """Give the table another primary key, and the column that tells importers' names apart, or take it."""
    if op.get_bind().dialect.name == "postgresql":
        if with_origin:
            op.add_column(
                "company_aliases",
                sa.Column("origin", sa.String(length=40), nullable=False, server_default=""),
            )
        else:
            op.drop_column("company_aliases", "origin")
        op.drop_constraint(op.f("pk_company_aliases"), "company_aliases", type_="primary")
        op.create_primary_key(op.f("pk_company_aliases"), "company_aliases", list(key))
    else:
        op.create_table(
            "company_aliases_new",
            sa.Column("folded", sa.String(length=400), nullable=False),
            sa.Column("company_id", sa.String(length=200), nullable=False),
            sa.Column("alias", sa.Text(), nullable=False),
            sa.Column("kind", sa.String(length=20), nullable=False),
            *([sa.Column("origin", sa.String(length=40), nullable=False)] if with_origin else []),
            sa.PrimaryKeyConstraint(*key, name=op.f("pk_company_aliases")),
            sqlite_with_rowid=False,
        )
        kept = "folded, company_id, alias, kind"
        added = ", ''" if with_origin else ""
        op.execute(f"INSERT INTO company_aliases_new SELECT {kept}{added} FROM company_aliases")  # noqa: S608
        op.drop_table("company_aliases")
        op.rename_table("company_aliases_new", "company_aliases")
        op.create_index("ix_company_aliases_company_id", "company_aliases", ["company_id"])
    if with_origin:
        op.execute(
            "UPDATE company_aliases SET origin = coalesce((SELECT companies.origin FROM companies "
            "WHERE companies.company_id = company_aliases.company_id), '')"
        )


def _key_mentions(key: tuple[str, ...], *, with_portfolio: bool) -> None:
    """Give the table another primary key, and the portfolio that a row comes from, or take it."""
    if op.get_bind().dialect.name == "postgresql":
        if with_portfolio:
            op.add_column("mentions", sa.Column("portfolio_key", sa.BigInteger(), nullable=True))
        else:
            op.drop_column("mentions", "portfolio_key")
        op.drop_constraint(op.f("pk_mentions"), "mentions", type_="primary")
        op.create_primary_key(op.f("pk_mentions"), "mentions", list(key))
        _cover(with_portfolio)
        return
    columns: list[sa.Column[Any]] = [
        sa.Column("company_id", sa.String(length=200), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("assessment_key", _KEY, autoincrement=False, nullable=False),
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
        *(sa.Column(f"{regime}_score", sa.Float(), nullable=False) for regime in _REGIMES),
        *(sa.Column(f"{regime}_severity", sa.Integer(), nullable=False) for regime in _REGIMES),
        sa.Column("instruments", sa.Text(), nullable=False),
    ]
    names = ", ".join(column.name for column in columns)
    if with_portfolio:
        columns.append(sa.Column("portfolio_key", sa.BigInteger(), nullable=True))
    op.create_table(
        "mentions_new",
        *columns,
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
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_mentions")),
        sqlite_with_rowid=False,
    )
    # In the order of the key, in which the table is laid out.
    op.execute(
        f"INSERT INTO mentions_new ({names}) SELECT {names} FROM mentions "  # noqa: S608
        "ORDER BY company_id, observed_at, assessment_key"
    )
    op.drop_table("mentions")
    op.rename_table("mentions_new", "mentions")
    op.create_index(op.f("ix_mentions_article_id"), "mentions", ["article_id"])
    op.create_index(op.f("ix_mentions_assessment_key"), "mentions", ["assessment_key"])
    where = sa.text(_IN_FORCE)
    op.create_index("ix_mentions_in_force", "mentions", ["observed_at"], sqlite_where=where)
    if not with_portfolio:  # the table itself is in its order, and quicker to read
        op.create_index(
            "ix_mentions_of_company", "mentions", ["company_id", "observed_at"], sqlite_where=where
        )


def _cover(covering: bool) -> None:
    """Let PostgreSQL's indexes hold all that an answer reads, or only the key again."""
    op.drop_index("ix_mentions_of_company", "mentions")
    op.create_index(
        "ix_mentions_of_company",
        "mentions",
        ["company_id", "observed_at"],
        postgresql_include=[
            *("story_id", "article_id", "assessment_key", "relevance", "exposure_probability", "exposed"),
            *("stage", "direction", "instruments"),
            *(f"{regime}_{what}" for what in ("score", "severity") for regime in _REGIMES),
        ]
        if covering
        else [],
        postgresql_where=sa.text(_IN_FORCE),
    )
    if covering:
        op.create_index(
            "ix_mentions_coverage",
            "mentions",
            ["company_id", "observed_at"],
            postgresql_include=["source", "story_id", "assessment_key"],
            postgresql_where=sa.text("valid_to IS NULL"),
        )
    else:
        op.drop_index("ix_mentions_coverage", "mentions")
