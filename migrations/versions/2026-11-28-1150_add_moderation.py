"""Let people in charge keep a room clean: what is hidden and why, who is muted or banned, a session's rules, its notice, its questions.

Comments get the digest of the network they came from (for a mute by address; no address is stored) and what they answer.

Revision: add_moderation
Follows: place_booths
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "add_moderation"
down_revision = "place_booths"
branch_labels = None
depends_on = None


def _of_session(table: str, *, key: bool = False) -> sa.Column[UUID]:
    reference = sa.ForeignKey("sessions.id", name=f"fk_{table}_session_id_sessions")
    return sa.Column("session_id", sa.Uuid(), reference, primary_key=key, nullable=False)


def _user(table: str, column: str, *, nullable: bool = True) -> sa.Column[UUID]:
    return sa.Column(column, sa.Uuid(), sa.ForeignKey("users.id", name=f"fk_{table}_{column}_users"), nullable=nullable)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "comment_hidings",
        sa.Column("comment_id", sa.Uuid(), primary_key=True),
        _of_session("comment_hidings"),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("word", sa.Text()),
        sa.Column("restriction_id", sa.Uuid()),
        _user("comment_hidings", "hidden_by"),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=False),
        _user("comment_hidings", "restored_by"),
        sa.Column("restored_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("reason IN ('staff', 'muted', 'block_word', 'link', 'repeat')", name="reason"),
        sa.CheckConstraint("char_length(word) <= 40", name="word_length"),
    )
    op.create_index("ix_comment_hidings_session", "comment_hidings", ["session_id", "hidden_at"])
    op.create_table(
        "speaker_restrictions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _of_session("speaker_restrictions"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Uuid()),
        sa.Column("network", sa.LargeBinary()),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True)),
        _user("speaker_restrictions", "created_by", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _user("speaker_restrictions", "lifted_by"),
        sa.Column("lifted_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('mute', 'ban')", name="kind"),
        sa.CheckConstraint("num_nonnulls(device_id, network) = 1", name="scope"),
        sa.CheckConstraint("octet_length(network) = 8", name="network_length"),
        sa.CheckConstraint("char_length(author) <= 80", name="author_length"),
    )
    op.create_index("ix_speaker_restrictions_session", "speaker_restrictions", ["session_id", "created_at"])
    op.create_table(
        "room_talks",
        _of_session("room_talks", key=True),
        sa.Column("rules", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("notice", sa.Text()),
        sa.Column("pinned_comment_id", sa.Uuid()),
        sa.CheckConstraint("char_length(notice) <= 200", name="notice_length"),
    )
    op.create_table(
        "room_questions",
        sa.Column("comment_id", sa.Uuid(), primary_key=True),
        _of_session("room_questions"),
        sa.Column("state", sa.Text(), nullable=False),
        _user("room_questions", "marked_by", nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('waiting', 'answering', 'answered', 'dropped')", name="state"),
    )
    op.create_index("ix_room_questions_session", "room_questions", ["session_id", "marked_at"])
    op.add_column("comments", sa.Column("network", sa.LargeBinary()))
    op.add_column("comments", sa.Column("reply_to_id", sa.Uuid()))
    op.add_column("comments", sa.Column("reply_to_author", sa.Text()))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in ("reply_to_author", "reply_to_id", "network"):
        op.drop_column("comments", column)
    for table in ("room_questions", "room_talks", "speaker_restrictions", "comment_hidings"):
        op.drop_table(table)
