"""Find orders by their codes, and let no two have the same.

Revision: index_order_codes
Follows: code_old_orders
"""

from __future__ import annotations

from alembic import op

revision = "index_order_codes"
down_revision = "code_old_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_orders_code")
        op.create_index("uq_orders_code", "orders", ["code"], unique=True, postgresql_concurrently=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("uq_orders_code", "orders")
