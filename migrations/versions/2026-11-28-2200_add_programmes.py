"""Add programmes, youth-union units, and the sums per session that programmes are added up from.

Revision: add_programmes
Follows: allow_sent_orders
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "add_programmes"
down_revision = "allow_sent_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "programmes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("takes", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("takes IN ('all', 'chosen')", name=op.f("ck_programmes_takes")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 120", name=op.f("ck_programmes_name_length")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_programmes_days_in_order")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_programmes_created_by_users")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_programmes_organisation_id_organisations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes")),
    )
    op.create_index("ix_programmes_newest", "programmes", ["organisation_id", "first_day", "id"], unique=False)
    op.create_table(
        "programme_sessions",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_programme_sessions_programme_id_programmes"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_programme_sessions_session_id_sessions")),
        sa.PrimaryKeyConstraint("programme_id", "session_id", name=op.f("pk_programme_sessions")),
    )
    op.create_index("ix_programme_sessions_session_id", "programme_sessions", ["session_id"], unique=False)
    op.create_table(
        "union_units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 120", name=op.f("ck_union_units_name_length")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_union_units_organisation_id_organisations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_union_units")),
    )
    op.create_index("uq_union_units_name", "union_units", ["organisation_id", "name"], unique=True)
    op.create_table(
        "host_units",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["union_units.id"], name=op.f("fk_host_units_unit_id_union_units")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_host_units_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_host_units")),
    )
    op.create_index(op.f("ix_host_units_unit_id"), "host_units", ["unit_id"], unique=False)
    op.create_table(
        "session_units",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_units_session_id_sessions")),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name=op.f("fk_session_units_set_by_users")),
        sa.ForeignKeyConstraint(["unit_id"], ["union_units.id"], name=op.f("fk_session_units_unit_id_union_units")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_units")),
    )
    op.create_index(op.f("ix_session_units_unit_id"), "session_units", ["unit_id"], unique=False)
    op.create_table(
        "session_sums",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("unique_viewers", sa.BigInteger(), nullable=True),
        sa.Column("viewers_peak", sa.BigInteger(), nullable=True),
        sa.Column("watch_seconds", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("closed_seq", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_sums_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_sums")),
    )
    op.create_table(
        "session_day_sums",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("orders_placed", sa.Integer(), nullable=False),
        sa.Column("units_placed", sa.BigInteger(), nullable=False),
        sa.Column("placed_vnd", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_orders", sa.Integer(), nullable=False),
        sa.Column("confirmed_vnd", sa.BigInteger(), nullable=False),
        sa.Column("delivered_orders", sa.Integer(), nullable=False),
        sa.Column("delivered_vnd", sa.BigInteger(), nullable=False),
        sa.Column("paid_orders", sa.Integer(), nullable=False),
        sa.Column("paid_vnd", sa.BigInteger(), nullable=False),
        sa.Column("net_orders", sa.Integer(), nullable=False),
        sa.Column("net_vnd", sa.BigInteger(), nullable=False),
        sa.Column("lost_orders", sa.Integer(), nullable=False),
        sa.Column("returned_orders", sa.Integer(), nullable=False),
        sa.Column("buyers", sa.Integer(), nullable=False),
        sa.Column("few_buyers", ARRAY(sa.Text()), nullable=True),
        sa.Column("closing_orders_placed", sa.Integer(), nullable=True),
        sa.Column("closing_placed_vnd", sa.BigInteger(), nullable=True),
        sa.Column("closing_confirmed_vnd", sa.BigInteger(), nullable=True),
        sa.Column("closing_delivered_vnd", sa.BigInteger(), nullable=True),
        sa.Column("closing_paid_vnd", sa.BigInteger(), nullable=True),
        sa.Column("closing_net_vnd", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_day_sums_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", "day", name=op.f("pk_session_day_sums")),
    )
    op.create_table(
        "session_producer_sums",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("orders_placed", sa.Integer(), nullable=False),
        sa.Column("units_placed", sa.BigInteger(), nullable=False),
        sa.Column("placed_vnd", sa.BigInteger(), nullable=False),
        sa.Column("kept_vnd", sa.BigInteger(), nullable=False),
        sa.Column("lost_orders", sa.Integer(), nullable=False),
        sa.Column("delivered_orders", sa.Integer(), nullable=False),
        sa.Column("returned_orders", sa.Integer(), nullable=False),
        sa.Column("few_buyers", ARRAY(sa.Text()), nullable=True),
        sa.Column("closing_placed_vnd", sa.BigInteger(), nullable=True),
        sa.Column("closing_kept_vnd", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_producer_sums_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", "day", "producer_id", name=op.f("pk_session_producer_sums")),
    )
    op.create_table(
        "session_late_sums",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_late_sums_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", "day", "happened_on", "kind", name=op.f("pk_session_late_sums")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in (
        "session_late_sums",
        "session_producer_sums",
        "session_day_sums",
        "session_sums",
        "session_units",
        "host_units",
        "union_units",
        "programme_sessions",
        "programmes",
    ):
        op.drop_table(table)
