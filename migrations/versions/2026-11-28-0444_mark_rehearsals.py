"""Mark sessions as rehearsals: simulated people enter these only. Sessions of before are none.

Revision: 0003_rehearsals
Follows: 0002_places
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_rehearsals"
down_revision = "0002_places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("sessions", sa.Column("is_rehearsal", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("sessions", "is_rehearsal")
