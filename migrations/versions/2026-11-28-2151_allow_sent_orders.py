"""Allow a queue of the desk for orders that are on their way: nothing is to be packed of them any more.

Revision: allow_sent_orders
Follows: add_handovers
"""

from __future__ import annotations

from alembic import op

revision = "allow_sent_orders"
down_revision = "add_handovers"
branch_labels = None
depends_on = None

_NAME = "ck_desk_orders_queue"
_BEFORE = "queue IN ('first', 'second', 'third', 'given_up', 'again', 'money', 'pack', 'collect', 'refund', 'over')"
_AFTER = "queue IN ('first', 'second', 'third', 'given_up', 'again', 'money', 'pack', 'sent', 'collect', 'refund', 'over')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"ALTER TABLE desk_orders DROP CONSTRAINT {_NAME}, ADD CONSTRAINT {_NAME} CHECK ({_AFTER}) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE desk_orders VALIDATE CONSTRAINT {_NAME}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("UPDATE desk_orders SET queue = 'pack' WHERE queue = 'sent'")
    op.execute(f"ALTER TABLE desk_orders DROP CONSTRAINT {_NAME}, ADD CONSTRAINT {_NAME} CHECK ({_BEFORE})")
