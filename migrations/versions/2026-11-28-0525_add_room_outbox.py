"""Add the outbox of rooms, and what staff have done by key.

What a room must hear is a row of its own instead of a difference between `state` and `announced_state`. Those columns stay while code of
before may run beside: new code keeps them equal, so old code has nothing to tell of new code's changes and goes on telling its own.

Revision: 0004_outbox
Follows: bound_texts
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_outbox"
down_revision = "bound_texts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "room_outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("event", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_room_outbox_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_outbox")),
    )
    op.create_index("ix_room_outbox_session", "room_outbox", ["session_id", "id"])
    op.create_table(
        "staff_intentions",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_staff_intentions_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_staff_intentions")),
    )
    op.create_index("ix_staff_intentions_done_at", "staff_intentions", ["done_at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("staff_intentions")
    op.drop_table("room_outbox")
