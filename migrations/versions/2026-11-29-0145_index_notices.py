"""Index the notices of sessions: a report shows them on its timeline, and the audit trail grows without end.

Revision: index_notices
Follows: add_settlements
"""

from __future__ import annotations

from alembic import op

revision = "index_notices"
down_revision = "add_settlements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        # what an attempt that gave up has left
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_audit_entries_notices")
        op.execute("CREATE INDEX CONCURRENTLY ix_audit_entries_notices ON audit_entries (subject_id, id) WHERE action = 'notice.set'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_audit_entries_notices", "audit_entries")
