"""The audit ledger, its head, and the triggers that refuse to change either otherwise than by appending."""

import sqlalchemy as sa
from alembic import op

from riskscore.store.ledger_tables import Sha256
from riskscore.store.times import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_REFUSAL = "the audit ledger is append-only"

# An INSERT OR REPLACE deletes without asking the trigger for deletes, hence the one on insert.
_SQLITE = (
    f"""CREATE TRIGGER ledger_kept_on_insert BEFORE INSERT ON ledger
        WHEN EXISTS (SELECT 1 FROM ledger WHERE sequence = NEW.sequence)
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",  # noqa: S608
    f"""CREATE TRIGGER ledger_kept_on_update BEFORE UPDATE ON ledger
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER ledger_kept_on_delete BEFORE DELETE ON ledger
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER ledger_head_goes_on BEFORE UPDATE ON ledger_head WHEN NEW.sequence <= OLD.sequence
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER ledger_head_kept BEFORE DELETE ON ledger_head
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER ledger_head_once BEFORE INSERT ON ledger_head WHEN EXISTS (SELECT 1 FROM ledger_head)
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",  # noqa: S608
)

# ALWAYS: for sessions that replicate too, in which other triggers do not fire.
_POSTGRESQL = (
    f"""CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    """CREATE TRIGGER ledger_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()""",
    """CREATE TRIGGER ledger_head_goes_on BEFORE UPDATE ON ledger_head
        FOR EACH ROW WHEN (NEW.sequence <= OLD.sequence) EXECUTE FUNCTION refuse_ledger_change()""",
    """CREATE TRIGGER ledger_head_kept BEFORE DELETE OR TRUNCATE ON ledger_head
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()""",
    "ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_kept",
    "ALTER TABLE ledger_head ENABLE ALWAYS TRIGGER ledger_head_goes_on",
    "ALTER TABLE ledger_head ENABLE ALWAYS TRIGGER ledger_head_kept",
)


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("input_hash", Sha256(), nullable=True),
        sa.Column("output_hash", Sha256(), nullable=True),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("knowledge_hash", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("previous_hash", Sha256(), nullable=False),
        sa.Column("entry_hash", Sha256(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_ledger")),
    )
    op.create_index(op.f("ix_ledger_occurred_at"), "ledger", ["occurred_at"], unique=False)
    op.create_index("ix_ledger_action_sequence", "ledger", ["action", "sequence"], unique=False)
    op.create_index("ix_ledger_actor_sequence", "ledger", ["actor", "sequence"], unique=False)
    op.create_index("ix_ledger_subject_sequence", "ledger", ["subject", "sequence"], unique=False)
    head = op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("entry_hash", Sha256(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "entry_hash": "0" * 64}])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Export the ledger first: it goes."""
    op.drop_table("ledger_head")
    op.drop_table("ledger")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_ledger_change()")
