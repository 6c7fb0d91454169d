"""A recording may begin before its session or after it; its moments are told by its own clock.

Revision: add_recording_lead
Follows: take_pools_off_the_shelf
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_recording_lead"
down_revision = "take_pools_off_the_shelf"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("sessions", sa.Column("recording_lead_seconds", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint("recording_lead", "sessions", "recording_lead_seconds BETWEEN -21600 AND 21600")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("ck_sessions_recording_lead", "sessions")
    op.drop_column("sessions", "recording_lead_seconds")
