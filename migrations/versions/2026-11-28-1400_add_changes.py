"""Room for changes of orders: rows of what each added to fee and total, and lines that are differences.

Nodes of the old code know no differences: change the first order when every node runs the new code.

Revision: add_changes
Follows: add_bank_accounts
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_changes"
down_revision = "add_bank_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "order_changes",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("shipping_vnd", sa.BigInteger(), nullable=False),
        sa.Column("total_vnd", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "seq"], ["ledger_entries.session_id", "ledger_entries.seq"], name=op.f("fk_order_changes_ledger_entry")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_changes_order_id_orders")),
        sa.PrimaryKeyConstraint("session_id", "seq", name=op.f("pk_order_changes")),
    )
    op.create_index("ix_order_changes_order", "order_changes", ["order_id"])
    op.add_column("order_lines", sa.Column("change_seq", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("order_lines", "change_seq")
    op.drop_table("order_changes")
