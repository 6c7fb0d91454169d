"""A pool may be kept off the shelf: its product's flash offers take from it, and nobody buys it at the normal price.

Revision: take_pools_off_the_shelf
Follows: add_seller_papers
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "take_pools_off_the_shelf"
down_revision = "add_seller_papers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("session_stock", sa.Column("on_shelf", sa.Boolean(), server_default="true", nullable=False))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("session_stock", "on_shelf")
