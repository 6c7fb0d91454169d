"""Add publications: what of a session its organisation shows to everybody.

Revision: add_publications
Follows: know_returning_buyers
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_publications"
down_revision = "know_returning_buyers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "publications",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Boolean(), nullable=False),
        sa.Column("report", sa.Boolean(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("char_length(licence) BETWEEN 1 AND 80", name=op.f("ck_publications_licence_length")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_publications_session_id_sessions")),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name=op.f("fk_publications_changed_by_users")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_publications")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("publications")
