"""Let the ledger hold changes and goods that go back into stock, lines be differences, and payments wait for a balance.

What is there fits the wider rules; it is read once for them while orders come in.

Revision: allow_changes
Follows: add_changes
"""

from __future__ import annotations

from alembic import op

revision = "allow_changes"
down_revision = "add_changes"
branch_labels = None
depends_on = None

# In the order in which a batch of orders takes the tables: name and rule before and after.
_RULES = {
    "ledger_entries": (
        ("ck_ledger_entries_kind", "kind IN ('placed', 'confirmed', 'cancelled', 'expired', 'paid', 'delivered', 'returned', 'refunded')"),
        (
            "ck_ledger_entries_kind",
            "kind IN ('placed', 'changed', 'confirmed', 'cancelled', 'expired', 'delivered', 'paid', 'returned', 'restocked', 'refunded')",
        ),
    ),
    "order_lines": (
        ("ck_order_lines_quantity_positive", "quantity > 0"),
        ("ck_order_lines_quantity_or_change", "quantity > 0 OR (change_seq IS NOT NULL AND quantity <> 0)"),
    ),
    "payments": (
        ("ck_payments_matter", "matter IN ('late', 'under', 'over', 'unmatched')"),
        ("ck_payments_matter", "matter IN ('late', 'under', 'over', 'unmatched', 'to_collect', 'to_refund')"),
    ),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, ((before, _), (after, rule)) in _RULES.items():
        # both at once: at no moment is there no rule
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {before}, ADD CONSTRAINT {after} CHECK ({rule}) NOT VALID")
    with op.get_context().autocommit_block():
        for table, (_, (after, _)) in _RULES.items():
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {after}")


def downgrade() -> None:
    """Refused by PostgreSQL when an order was changed or goods went back into stock: the old code could not tell what that is."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, ((before, rule), (after, _)) in _RULES.items():
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {after}, ADD CONSTRAINT {before} CHECK ({rule})")
