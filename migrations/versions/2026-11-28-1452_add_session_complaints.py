"""Add complaints of viewers about a session, sealed, and who works on which complaint, of an order or of a session.

Revision: add_session_complaints
Follows: add_room_warnings
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_session_complaints"
down_revision = "add_room_warnings"
branch_labels = None
depends_on = None


def _at(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "session_complaints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_contact", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        _at("made_at", nullable=False),
        _at("answered_at"),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        _at("erased_at"),
        sa.CheckConstraint("kind IN ('description', 'price', 'insult', 'prohibited', 'other')", name=op.f("ck_session_complaints_kind")),
        sa.CheckConstraint("octet_length(sealed_words) <= 4028", name=op.f("ck_session_complaints_sealed_words_length")),
        sa.CheckConstraint("octet_length(sealed_contact) <= 428", name=op.f("ck_session_complaints_sealed_contact_length")),
        sa.CheckConstraint("octet_length(sealed_answer) <= 4028", name=op.f("ck_session_complaints_sealed_answer_length")),
        sa.CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name=op.f("ck_session_complaints_answered_by_somebody")),
        sa.CheckConstraint(
            "(key_id IS NULL) = (wrapped_key IS NULL) AND (key_id IS NULL) = (erased_at IS NOT NULL)",
            name=op.f("ck_session_complaints_key"),
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_complaints_session_id_sessions")),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_session_complaints_answered_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_complaints")),
        sa.UniqueConstraint("session_id", "device_id", "client_key", name="uq_session_complaints_client_key"),
    )
    op.create_index("ix_session_complaints_device", "session_complaints", ["device_id"])
    op.create_index(
        "ix_session_complaints_open",
        "session_complaints",
        ["made_at"],
        postgresql_where=sa.text("answered_at IS NULL AND erased_at IS NULL"),
    )
    op.create_index("ix_session_complaints_kept", "session_complaints", ["made_at"], postgresql_where=sa.text("erased_at IS NULL"))
    op.create_table(
        "complaints_taken",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        _at("taken_at", nullable=False),
        sa.ForeignKeyConstraint(["taken_by"], ["users.id"], name=op.f("fk_complaints_taken_taken_by_users")),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_complaints_taken")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("complaints_taken")
    op.drop_table("session_complaints")
