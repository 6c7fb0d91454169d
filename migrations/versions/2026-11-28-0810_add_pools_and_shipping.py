"""Add pools of units per session and product, orders without an offer, and shipping fees.

Nothing changes for what is there: without a row in `session_stock` an offer has its own stock as before, without a rule delivery is free.
Nodes of the old code know no pools: set the first one when every node runs the new code.

Revision: add_pools
Follows: add_complaints
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "add_pools"
down_revision = "add_complaints"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("ledgers", sa.Column("has_stock", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "shipping_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("rule", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_shipping_rules_organisation_id_organisations")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_shipping_rules_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_rules")),
    )
    op.create_index(
        "uq_shipping_rules_scope", "shipping_rules", ["organisation_id", "session_id"], unique=True, postgresql_nulls_not_distinct=True
    )
    op.create_table(
        "session_stock",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("sold", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held", sa.Integer(), server_default="0", nullable=False),
        sa.Column("per_viewer_limit", sa.Integer(), nullable=False),
        sa.CheckConstraint("sold >= 0", name=op.f("ck_session_stock_sold_not_negative")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_session_stock_held_not_negative")),
        sa.CheckConstraint("sold + held <= units", name=op.f("ck_session_stock_within_units")),
        sa.CheckConstraint("per_viewer_limit > 0", name=op.f("ck_session_stock_limit_positive")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_stock_session_id_sessions")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_session_stock_product_id_products")),
        sa.PrimaryKeyConstraint("session_id", "product_id", name=op.f("pk_session_stock")),
    )
    op.add_column("orders", sa.Column("shipping_vnd", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("order_lines", sa.Column("product_id", sa.Uuid(), nullable=True))
    op.alter_column("order_lines", "offer_id", nullable=True)


def downgrade() -> None:
    """Refused by PostgreSQL when something was sold without an offer: the old code could not tell what it was."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.alter_column("order_lines", "offer_id", nullable=False)
    op.drop_column("order_lines", "product_id")
    op.drop_column("orders", "shipping_vnd")
    op.drop_table("session_stock")
    op.drop_table("shipping_rules")
    op.drop_column("ledgers", "has_stock")
