"""Let the ledger hold that goods were handed to a carrier, and that the carrier came in vain.

What is there fits the wider rule; it is read once for it while orders come in.

Revision: allow_handing_over
Follows: check_sources
"""

from __future__ import annotations

from alembic import op

revision = "allow_handing_over"
down_revision = "check_sources"
branch_labels = None
depends_on = None

_NAME = "ck_ledger_entries_kind"
_BEFORE = "kind IN ('placed', 'changed', 'confirmed', 'cancelled', 'expired', 'delivered', 'paid', 'returned', 'restocked', 'refunded')"
_AFTER = (
    "kind IN ('placed', 'changed', 'confirmed', 'cancelled', 'expired', 'handed_over', 'delivery_failed', 'delivered', 'paid', 'returned', "
    "'restocked', 'refunded')"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # both at once: at no moment is there no rule
    op.execute(f"ALTER TABLE ledger_entries DROP CONSTRAINT {_NAME}, ADD CONSTRAINT {_NAME} CHECK ({_AFTER}) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE ledger_entries VALIDATE CONSTRAINT {_NAME}")


def downgrade() -> None:
    """Refused by PostgreSQL when an order was handed over: the old code could not tell what that is."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"ALTER TABLE ledger_entries DROP CONSTRAINT {_NAME}, ADD CONSTRAINT {_NAME} CHECK ({_BEFORE})")
