"""Let orders be changed, and returned goods go back into stock: two kinds of entries, lines that are differences, what is still to be paid.

Nodes of the old code know neither the kinds nor version 3 of a body: change the first order when every node runs the new code.

Revision: add_changes
Follows: add_people
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_changes"
down_revision = "add_people"
branch_labels = None
depends_on = None

_KINDS_BEFORE = "kind IN ('placed', 'confirmed', 'cancelled', 'expired', 'paid', 'delivered', 'returned', 'refunded')"
_KINDS = "kind IN ('placed', 'changed', 'confirmed', 'cancelled', 'expired', 'delivered', 'paid', 'returned', 'restocked', 'refunded')"
_MATTERS_BEFORE = "matter IN ('late', 'under', 'over', 'unmatched')"
_MATTERS = "matter IN ('late', 'under', 'over', 'unmatched', 'to_collect', 'to_refund')"
_QUANTITY = "quantity > 0 OR (change_seq IS NOT NULL AND quantity <> 0)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("ck_ledger_entries_kind", "ledger_entries")
    op.create_check_constraint(op.f("ck_ledger_entries_kind"), "ledger_entries", _KINDS, postgresql_not_valid=True)
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
    op.drop_constraint("ck_order_lines_quantity_positive", "order_lines")
    op.create_check_constraint(op.f("ck_order_lines_quantity_or_change"), "order_lines", _QUANTITY, postgresql_not_valid=True)
    op.drop_constraint("ck_payments_matter", "payments")
    op.create_check_constraint(op.f("ck_payments_matter"), "payments", _MATTERS, postgresql_not_valid=True)


def downgrade() -> None:
    """Refused by PostgreSQL when an order was changed or goods went back into stock: the old code could not tell what that is."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("ck_ledger_entries_kind", "ledger_entries")
    op.create_check_constraint(op.f("ck_ledger_entries_kind"), "ledger_entries", _KINDS_BEFORE)
    op.drop_constraint("ck_payments_matter", "payments")
    op.create_check_constraint(op.f("ck_payments_matter"), "payments", _MATTERS_BEFORE)
    op.drop_constraint("ck_order_lines_quantity_or_change", "order_lines")
    op.create_check_constraint(op.f("ck_order_lines_quantity_positive"), "order_lines", "quantity > 0")
    op.drop_column("order_lines", "change_seq")
    op.drop_table("order_changes")
