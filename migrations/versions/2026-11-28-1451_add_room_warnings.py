"""Add warnings that an organiser shows on the screens of a session.

Revision: add_room_warnings
Follows: add_livestream_rules
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_room_warnings"
down_revision = "add_livestream_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "room_warnings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("char_length(text) BETWEEN 1 AND 200", name=op.f("ck_room_warnings_text_length")),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_room_warnings_lifted_by_somebody")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_room_warnings_session_id_sessions")),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name=op.f("fk_room_warnings_set_by_users")),
        sa.ForeignKeyConstraint(["lifted_by"], ["users.id"], name=op.f("fk_room_warnings_lifted_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_warnings")),
    )
    op.create_index("ix_room_warnings_session", "room_warnings", ["session_id", "set_at"])
    op.create_index(
        "uq_room_warnings_standing", "room_warnings", ["session_id"], unique=True, postgresql_where=sa.text("lifted_at IS NULL")
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("room_warnings")
