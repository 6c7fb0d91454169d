"""Add imported places: versions of provinces and wards that came after the shipped ones.

Revision: 0002_places
Follows: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_places"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "place_imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_imports")),
    )
    op.create_table(
        "place_versions",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("province_code", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), server_default="", nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("level IN ('province', 'ward')", name=op.f("ck_place_versions_level")),
        sa.CheckConstraint("(level = 'province') = (province_code IS NULL)", name=op.f("ck_place_versions_ward_in_province")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_place_versions_days")),
        sa.ForeignKeyConstraint(["import_id"], ["place_imports.id"], name=op.f("fk_place_versions_import_id_place_imports")),
        sa.PrimaryKeyConstraint("import_id", "level", "code", "valid_from", name=op.f("pk_place_versions")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("place_versions")
    op.drop_table("place_imports")
