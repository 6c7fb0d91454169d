"""Index the pins of sessions: anyone may ask for a recording's moments, and the audit trail grows without end.

Revision: index_pins
Follows: add_booths
"""

from __future__ import annotations

from alembic import op

revision = "index_pins"
down_revision = "add_booths"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        # what an attempt that gave up has left
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_audit_entries_pins")
        op.execute("CREATE INDEX CONCURRENTLY ix_audit_entries_pins ON audit_entries (subject_id, id) WHERE action = 'session.pinned'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_audit_entries_pins", "audit_entries")
