"""Add stored folds of ledgers, and who has bought in a session. Both are made from the ledger, in the background.

Revision: ledger_summaries
Follows: job_marks
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ledger_summaries"
down_revision = "job_marks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "ledger_summaries",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("fold", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_ledger_summaries_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", "version", "seq", name=op.f("pk_ledger_summaries")),
    )
    op.create_table(
        "ledger_buyers",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_ledger_buyers_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", "token", name=op.f("pk_ledger_buyers")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("ledger_buyers")
    op.drop_table("ledger_summaries")
