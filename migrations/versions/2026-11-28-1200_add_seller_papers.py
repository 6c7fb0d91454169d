"""Add who checked the papers of a product's seller, and whether an organisation asks for it before a product goes on air.

Revision: add_seller_papers
Follows: add_moderation
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_seller_papers"
down_revision = "add_moderation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("listing_gates", sa.Column("require_papers", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "seller_papers",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Uuid(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("char_length(words) <= 300", name=op.f("ck_seller_papers_words_length")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_seller_papers_product_id_products")),
        sa.ForeignKeyConstraint(["checked_by"], ["users.id"], name=op.f("fk_seller_papers_checked_by_users")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_seller_papers")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("seller_papers")
    op.drop_column("listing_gates", "require_papers")
