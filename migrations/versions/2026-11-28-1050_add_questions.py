"""Add what was answered of the questions in comments, and answers in an organisation's own words.

Revision: add_questions
Follows: index_pins
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_questions"
down_revision = "index_pins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "answered_questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("answered_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('price', 'stock', 'size', 'use_by', 'origin', 'delivery_time', 'delivery_fee', 'delivery_area', 'how_to_order', "
            "'payment', 'storage', 'usage', 'ingredients', 'certificate', 'variants', 'wholesale', 'next_offer')",
            name=op.f("ck_answered_questions_kind"),
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_answered_questions_answered_by_users")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_answered_questions_product_id_products")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_answered_questions_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answered_questions")),
    )
    op.create_index(
        "uq_answered_questions",
        "answered_questions",
        ["session_id", "kind", "product_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "own_answers",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('delivery_time', 'wholesale')", name=op.f("ck_own_answers_kind")),
        sa.CheckConstraint("char_length(text) BETWEEN 1 AND 300", name=op.f("ck_own_answers_text_length")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_own_answers_organisation_id_organisations")),
        sa.ForeignKeyConstraint(["written_by"], ["users.id"], name=op.f("fk_own_answers_written_by_users")),
        sa.PrimaryKeyConstraint("organisation_id", "kind", name=op.f("pk_own_answers")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("own_answers")
    op.drop_index("uq_answered_questions", "answered_questions")
    op.drop_table("answered_questions")
