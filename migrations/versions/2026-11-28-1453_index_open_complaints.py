"""Index the complaints about orders that wait for an answer: the organiser's work list goes over all sessions.

Revision: index_open_complaints
Follows: add_session_complaints
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "index_open_complaints"
down_revision = "add_session_complaints"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_complaints_open")
        op.create_index(
            "ix_complaints_open", "complaints", ["made_at"], postgresql_where=sa.text("answered_at IS NULL"), postgresql_concurrently=True
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_complaints_open", table_name="complaints")
