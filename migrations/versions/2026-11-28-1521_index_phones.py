"""Find the orders of a phone number over all sessions, by its keyed digest: the desk shows a caller's other orders.

Revision: index_phones
Follows: add_desk
"""

from __future__ import annotations

from alembic import op

revision = "index_phones"
down_revision = "add_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        # what an attempt that gave up has left
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_order_contacts_phone")
        op.create_index("ix_order_contacts_phone", "order_contacts", ["phone_digest"], postgresql_concurrently=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_order_contacts_phone", "order_contacts")
