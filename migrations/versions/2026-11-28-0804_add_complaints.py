"""Add complaints of buyers, when a buyer mended the address, and whom to call at an organisation.

Revision: add_complaints
Follows: index_order_codes
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_complaints"
down_revision = "index_order_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "complaints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("char_length(words) <= 1000", name=op.f("ck_complaints_words_length")),
        sa.CheckConstraint("char_length(answer) <= 1000", name=op.f("ck_complaints_answer_length")),
        sa.CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name=op.f("ck_complaints_answered_by_somebody")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_complaints_order_id_orders")),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_complaints_answered_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
        sa.UniqueConstraint("order_id", "client_key", name="uq_complaints_client_key"),
    )
    op.add_column("organisations", sa.Column("contact_phone", sa.Text(), nullable=True))
    op.add_column("order_contacts", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("order_contacts", "changed_at")
    op.drop_column("organisations", "contact_phone")
    op.drop_table("complaints")
