## What a migration may do while orders come in (tests/migrations/ holds it to this):
## - One thing, and only expand: a new column is nullable or has a default, nothing is renamed, dropped or enforced before every node runs
##   code that does without. Tables are taken in the order of a batch: sessions, offers, ledger_entries, orders, order_lines, order_contacts.
## - No rewrite of data: backfill in batches, in a change of its own.
## - An index on a table that grows is made concurrently, in a migration of its own:
##     with op.get_context().autocommit_block():
##         op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_…")   # what an attempt that gave up has left
##         op.create_index("ix_…", "orders", ["…"], postgresql_concurrently=True)
"""${message}

Revision: ${up_revision}
Follows: ${down_revision | comma,n}
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    ${downgrades if downgrades else "pass"}
