"""An index for the question about one company."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_IN_FORCE = "flagged AND valid_to IS NULL"


def upgrade() -> None:
    op.create_index(
        "ix_mentions_of_company",
        "mentions",
        ["company_id", "observed_at"],
        postgresql_where=sa.text(_IN_FORCE),
        sqlite_where=sa.text(_IN_FORCE),
    )


def downgrade() -> None:
    op.drop_index("ix_mentions_of_company", table_name="mentions")
