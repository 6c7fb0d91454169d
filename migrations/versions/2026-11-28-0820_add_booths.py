"""Let a session be a producer's booth: no planned time, no rehearsal, one open booth per producer. Sessions of before are streams.

Revision: add_booths
Follows: 0005_goods
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_booths"
down_revision = "0005_goods"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("sessions", sa.Column("kind", sa.Text(), server_default="stream", nullable=False))
    op.add_column("sessions", sa.Column("producer_id", sa.Uuid(), sa.ForeignKey("producers.id", name="fk_sessions_producer_id_producers")))
    op.create_check_constraint("kind", "sessions", "kind IN ('stream', 'booth')")
    op.create_check_constraint(
        "booth",
        "sessions",
        "(kind = 'booth') = (producer_id IS NOT NULL) AND (kind = 'stream' OR planned_start_at IS NULL AND NOT is_rehearsal)",
    )
    op.create_index("ix_sessions_producer_id", "sessions", ["producer_id"], postgresql_where=sa.text("producer_id IS NOT NULL"))
    op.create_index(
        "uq_sessions_open_booth",
        "sessions",
        ["producer_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'booth' AND state = 'live'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("uq_sessions_open_booth", "sessions")
    op.drop_index("ix_sessions_producer_id", "sessions")
    op.drop_constraint("ck_sessions_booth", "sessions")
    op.drop_constraint("ck_sessions_kind", "sessions")
    op.drop_column("sessions", "producer_id")
    op.drop_column("sessions", "kind")
