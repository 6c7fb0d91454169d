"""Keep with each buyer of a session whether they had bought in an earlier one; null where it is not known.

Revision: know_returning_buyers
Follows: add_programmes
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "know_returning_buyers"
down_revision = "add_programmes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("ledger_buyers", sa.Column("has_bought_before", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("ledger_buyers", "has_bought_before")
