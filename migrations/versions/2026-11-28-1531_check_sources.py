"""Check where orders and comments of before came from; takes a lock that lets readers and writers go on.

Revision: check_sources
Follows: add_comment_claims
"""

from __future__ import annotations

from alembic import op

revision = "check_sources"
down_revision = "add_comment_claims"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_source")
    op.execute("ALTER TABLE comments VALIDATE CONSTRAINT ck_comments_source")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, values in (("orders", "'page', 'comment'"), ("comments", "'page', 'tiktok', 'facebook', 'youtube', 'other'")):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_source")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_source CHECK (source IN ({values})) NOT VALID")
