"""Add parcels: boxes, what of which order is in them, how an organisation packs.

Revision: add_parcels
Follows: allow_handing_over
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_parcels"
down_revision = "allow_handing_over"
branch_labels = None
depends_on = None


def _id(name: str, *, may_lack: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=may_lack)


def _at(name: str, *, may_lack: bool = False) -> sa.Column[object]:
    default = None if may_lack else sa.text("now()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=may_lack)


def _words(name: str, *, may_lack: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=may_lack)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "parcels",
        *(_id("id"), _id("organisation_id"), _id("producer_id", may_lack=True)),
        *(_words("code", may_lack=False), _id("batch_id")),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        _words("looks_at"),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("weight_grams", "length_cm", "width_cm", "height_cm")),
        sa.Column("cod_vnd", sa.BigInteger(), nullable=True),
        *(_words("carrier"), _words("tracking_code"), _words("tracking_state")),
        *(_id("made_by"), _at("made_at"), _id("packed_by", may_lack=True)),
        *(_at("packed_at", may_lack=True), _at("handed_over_at", may_lack=True)),
        _check("parcels", "state", "state IN ('open', 'packed', 'handed_over', 'dissolved')"),
        _check("parcels", "looks_at", "looks_at IN ('order_changed', 'order_over')"),
        _check("parcels", "weight", "weight_grams BETWEEN 1 AND 1000000"),
        _check("parcels", "sizes", "length_cm > 0 AND width_cm > 0 AND height_cm > 0"),
        _check("parcels", "sizes_whole", "num_nulls(length_cm, width_cm, height_cm) IN (0, 3)"),
        _check(
            "parcels",
            "words",
            "char_length(carrier) <= 40 AND char_length(tracking_code) <= 80 AND char_length(tracking_state) <= 40",
        ),
        _check("parcels", "cod_not_negative", "cod_vnd >= 0"),
        _refers("parcels", "organisation_id", "organisations"),
        _refers("parcels", "producer_id", "producers"),
        _refers("parcels", "made_by", "users"),
        _refers("parcels", "packed_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcels")),
    )
    op.create_index("uq_parcels_code", "parcels", ["organisation_id", "code"], unique=True)
    op.create_index("ix_parcels_state", "parcels", ["organisation_id", "state", "made_at", "id"])
    op.create_index("ix_parcels_batch", "parcels", ["batch_id"])
    op.create_index("ix_parcels_looks", "parcels", ["organisation_id", "made_at"], postgresql_where=sa.text("looks_at IS NOT NULL"))
    op.create_index(
        "ix_parcels_tracking",
        "parcels",
        ["organisation_id", "tracking_code"],
        postgresql_where=sa.text("tracking_code IS NOT NULL"),
    )
    op.create_table(
        "parcel_orders",
        *(_id("parcel_id"), _id("order_id")),
        sa.Column("carries_cod", sa.Boolean(), server_default="false", nullable=False),
        _refers("parcel_orders", "parcel_id", "parcels"),
        _refers("parcel_orders", "order_id", "orders"),
        sa.PrimaryKeyConstraint("parcel_id", "order_id", name=op.f("pk_parcel_orders")),
    )
    op.create_index("ix_parcel_orders_order", "parcel_orders", ["order_id"])
    op.create_index("uq_parcel_orders_cod", "parcel_orders", ["order_id"], unique=True, postgresql_where=sa.text("carries_cod"))
    op.create_table(
        "parcel_lines",
        *(_id("order_id"), _id("sold_by")),
        sa.Column("part", sa.SmallInteger(), autoincrement=False, nullable=False),
        *(_id("parcel_id"), _id("product_id")),
        sa.Column("unit_price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("packed", sa.Integer(), server_default="0", nullable=False),
        _check("parcel_lines", "quantity_positive", "quantity > 0"),
        _check("parcel_lines", "packed_not_negative", "packed >= 0"),
        _refers("parcel_lines", "order_id", "orders"),
        _refers("parcel_lines", "parcel_id", "parcels"),
        _refers("parcel_lines", "product_id", "products"),
        sa.PrimaryKeyConstraint("order_id", "sold_by", "part", name=op.f("pk_parcel_lines")),
    )
    op.create_index("ix_parcel_lines_parcel", "parcel_lines", ["parcel_id"])
    op.create_table(
        "parcel_settings",
        _id("organisation_id"),
        _words("packed_by", may_lack=False),
        _at("changed_at"),
        _check("parcel_settings", "packed_by", "packed_by IN ('organisation', 'producer')"),
        _refers("parcel_settings", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_parcel_settings")),
    )
    op.create_table(
        "parcel_marks",
        _id("session_id"),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _refers("parcel_marks", "session_id", "sessions"),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_parcel_marks")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("parcel_marks", "parcel_settings", "parcel_lines", "parcel_orders", "parcels"):
        op.drop_table(table)
