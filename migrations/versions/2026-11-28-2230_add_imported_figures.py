"""Keep figures that were read on other platforms, with who entered them, when and from where.

Revision: add_imported_figures
Follows: add_publications
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_imported_figures"
down_revision = "add_publications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "imported_figures",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("by_csv", sa.Boolean(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("platform IN ('tiktok', 'facebook', 'youtube', 'zalo', 'other')", name="platform"),
        sa.CheckConstraint(
            "figure IN ('impressions', 'views', 'viewers_peak', 'likes', 'comments', 'shares', 'new_followers')", name="figure"
        ),
        sa.CheckConstraint("value BETWEEN 0 AND 1000000000000", name="value"),
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.CheckConstraint("char_length(told) <= 300", name="told_length"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"]),
        sa.ForeignKeyConstraint(["entered_by"], ["users.id"]),
        sa.PrimaryKeyConstraint("session_id", "platform", "figure", "number"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("imported_figures")
