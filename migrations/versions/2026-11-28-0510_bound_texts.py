"""The limits of names and texts that the door has hold in the tables too.

NOT VALID: new rows are checked at once; those of before were counted before they were cleaned, and need no scan under a lock.

Revision: bound_texts
Follows: 0003_rehearsals
"""

from __future__ import annotations

from alembic import op

revision = "bound_texts"
down_revision = "0003_rehearsals"
branch_labels = None
depends_on = None

# As of this migration; app/protocol/base.py has the present ones.
LIMITS = (
    ("comments", "author", 80),
    ("comments", "text", 300),
    ("order_contacts", "name", 80),
    ("order_contacts", "street", 200),
    ("order_contacts", "note", 200),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, column, most in LIMITS:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{column}_length CHECK (char_length({column}) <= {most})")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, column, _ in LIMITS:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{column}_length")
