"""Add what a standard description of a product says, uploaded pictures, logins of producers, and what an organisation asks of products.

Revision: 0005_goods
Follows: index_shelf_lines
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_goods"
down_revision = "index_shelf_lines"
branch_labels = None
depends_on = None


def _created_at(name: str = "created_at") -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("ck_users_role", "users")
    op.create_check_constraint("role", "users", "role IN ('organiser', 'host', 'producer')")

    op.add_column("products", sa.Column("code", sa.Text(), nullable=True))
    op.add_column("products", sa.Column("category", sa.Text(), nullable=True))
    op.add_column("products", sa.Column("is_alcohol", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("products", sa.Column("story_video_url", sa.Text(), nullable=True))
    op.add_column("products", sa.Column("label", postgresql.JSONB(), server_default="{}", nullable=False))
    op.create_check_constraint("label_length", "products", "length(label::text) <= 20000")
    op.create_index("uq_products_organisation_id_code", "products", ["organisation_id", "code"], unique=True)

    op.create_table(
        "pictures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("files", postgresql.JSONB(), nullable=False),
        _created_at(),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_pictures_has_pixels")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_pictures_organisation_id_organisations")),
        sa.ForeignKeyConstraint(["producer_id"], ["producers.id"], name=op.f("fk_pictures_producer_id_producers")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name=op.f("fk_pictures_uploaded_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
    )
    op.create_index("ix_pictures_organisation_id", "pictures", ["organisation_id"])
    op.create_index("ix_pictures_producer_id", "pictures", ["producer_id"])
    op.create_table(
        "picture_files",
        sa.Column("picture_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["picture_id"], ["pictures.id"], name=op.f("fk_picture_files_picture_id_pictures"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("picture_id", "name", name=op.f("pk_picture_files")),
    )
    op.add_column("product_pictures", sa.Column("picture_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_product_pictures_picture_id_pictures"), "product_pictures", "pictures", ["picture_id"], ["id"])
    op.create_index("ix_product_pictures_picture_id", "product_pictures", ["picture_id"])

    op.create_table(
        "producer_logins",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        _created_at(),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_producer_logins_user_id_users")),
        sa.ForeignKeyConstraint(["producer_id"], ["producers.id"], name=op.f("fk_producer_logins_producer_id_producers")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_producer_logins_created_by_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_producer_logins")),
    )
    op.create_index("ix_producer_logins_producer_id", "producer_logins", ["producer_id"])
    op.create_table(
        "listing_gates",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("min_score", sa.Integer(), nullable=False),
        sa.Column("required_items", postgresql.ARRAY(sa.Text()), nullable=False),
        _created_at("changed_at"),
        sa.CheckConstraint("min_score BETWEEN 0 AND 100", name=op.f("ck_listing_gates_min_score")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_listing_gates_organisation_id_organisations")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_listing_gates")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("listing_gates")
    op.drop_table("producer_logins")
    op.drop_index("ix_product_pictures_picture_id", "product_pictures")
    op.drop_constraint("fk_product_pictures_picture_id_pictures", "product_pictures")
    op.drop_column("product_pictures", "picture_id")
    op.drop_table("picture_files")
    op.drop_table("pictures")
    op.drop_index("uq_products_organisation_id_code", "products")
    op.drop_constraint("ck_products_label_length", "products")
    for column in ("label", "story_video_url", "is_alcohol", "category", "code"):
        op.drop_column("products", column)
    op.drop_constraint("ck_users_role", "users")
    op.execute("DELETE FROM sign_ins WHERE user_id IN (SELECT id FROM users WHERE role = 'producer')")
    op.execute("UPDATE users SET role = 'host', is_active = false WHERE role = 'producer'")
    op.create_check_constraint("role", "users", "role IN ('organiser', 'host')")
