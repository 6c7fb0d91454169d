"""Let claims say that their buyer was asked again, and that the order before them is to be confirmed again.

Revision: ask_claims_again
Follows: add_parcels
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ask_claims_again"
down_revision = "add_parcels"
branch_labels = None
depends_on = None

_INDEX = "ix_comment_claims_asks_desk"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("comment_claims", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("comment_claims", sa.Column("asks_desk", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    with op.get_context().autocommit_block():
        op.create_index(_INDEX, "comment_claims", ["id"], postgresql_where=sa.text("asks_desk"), postgresql_concurrently=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(_INDEX, table_name="comment_claims")
    op.drop_column("comment_claims", "asks_desk")
    op.drop_column("comment_claims", "asked_at")
