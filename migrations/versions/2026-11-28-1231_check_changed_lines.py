"""Check the lines that are there against the rule for lines that are differences, while orders come in.

Revision: check_changed_lines
Follows: add_changes
"""

from __future__ import annotations

from alembic import op

revision = "check_changed_lines"
down_revision = "add_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE order_lines VALIDATE CONSTRAINT ck_order_lines_quantity_or_change")


def downgrade() -> None:
    """A rule that was checked once stays checked."""
