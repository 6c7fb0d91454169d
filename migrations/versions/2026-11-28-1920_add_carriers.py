"""Add carriers: columns of their files, files that were made, what they said, how their APIs are reached, parcels given to them.

Revision: add_carriers
Follows: ask_claims_again
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "add_carriers"
down_revision = "ask_claims_again"
branch_labels = None
depends_on = None

_STATES = "'handed_over', 'delivering', 'delivered', 'failed', 'returning', 'returned'"


def _id(name: str, *, may_lack: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=may_lack)


def _at(name: str, *, may_lack: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=may_lack)


def _words(name: str, *, may_lack: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=may_lack)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "carrier_mappings",
        *(_id("id"), _id("organisation_id"), _id("mapping_id")),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_words("kind"), _words("carrier"), _words("name")),
        sa.Column("content", JSONB(), nullable=False),
        *(_id("made_by"), _at("made_at"), _at("replaced_at", may_lack=True)),
        _check("carrier_mappings", "kind", "kind IN ('file', 'tracking')"),
        _check("carrier_mappings", "carrier", "carrier IN ('ghn', 'ghtk', 'other')"),
        _check("carrier_mappings", "name_length", "char_length(name) <= 80"),
        _check("carrier_mappings", "version", "version > 0"),
        _refers("carrier_mappings", "organisation_id", "organisations"),
        _refers("carrier_mappings", "made_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_mappings")),
    )
    op.create_index("uq_carrier_mappings_version", "carrier_mappings", ["mapping_id", "version"], unique=True)
    in_use = sa.text("replaced_at IS NULL")
    op.create_index("uq_carrier_mappings_in_use", "carrier_mappings", ["mapping_id"], unique=True, postgresql_where=in_use)
    op.create_index("ix_carrier_mappings_organisation", "carrier_mappings", ["organisation_id"], postgresql_where=in_use)
    op.create_table(
        "carrier_files",
        *(_id("id"), _id("organisation_id"), _words("mapping_name")),
        sa.Column("mapping_version", sa.Integer(), nullable=False),
        _words("form"),
        sa.Column("parcel_ids", ARRAY(sa.Uuid()), nullable=False),
        *(_id("made_by"), _at("made_at")),
        _check("carrier_files", "form", "form IN ('xlsx', 'csv')"),
        _refers("carrier_files", "organisation_id", "organisations"),
        _refers("carrier_files", "made_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_files")),
    )
    op.create_index("ix_carrier_files_made", "carrier_files", ["organisation_id", "made_at"])
    op.create_table(
        "carrier_events",
        *(_id("id"), _id("organisation_id"), sa.Column("digest", sa.LargeBinary(), nullable=False)),
        *(_id("parcel_id", may_lack=True), _words("parcel_code"), _words("tracking_code"), _words("words"), _words("state", may_lack=True)),
        *(_at("happened_at", may_lack=True), sa.Column("collected_vnd", sa.BigInteger(), nullable=True)),
        *(_words("source"), _words("problem", may_lack=True), _id("noted_by", may_lack=True)),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(_id("settled_by", may_lack=True), _at("settled_at", may_lack=True)),
        _check("carrier_events", "state", f"state IN ({_STATES})"),
        _check("carrier_events", "source", "source IN ('file', 'notice', 'asked')"),
        _check("carrier_events", "collected", "collected_vnd >= 0"),
        _check(
            "carrier_events",
            "lengths",
            "char_length(words) <= 80 AND char_length(parcel_code) <= 80 AND char_length(tracking_code) <= 80",
        ),
        _refers("carrier_events", "organisation_id", "organisations"),
        _refers("carrier_events", "parcel_id", "parcels"),
        _refers("carrier_events", "noted_by", "users"),
        _refers("carrier_events", "settled_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_events")),
    )
    op.create_index("uq_carrier_events_digest", "carrier_events", ["organisation_id", "digest"], unique=True)
    op.create_index("ix_carrier_events_parcel", "carrier_events", ["parcel_id", "happened_at"])
    op.create_index(
        "ix_carrier_events_work",
        "carrier_events",
        ["organisation_id"],
        postgresql_where=sa.text("problem IS NOT NULL AND settled_at IS NULL"),
    )
    op.create_table(
        "carrier_accounts",
        *(_id("id"), _id("organisation_id"), _words("carrier"), _words("key_id")),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("sealed_token", "sealed_secret")),
        sa.Column("pickup", JSONB(), nullable=False),
        *(_id("made_by"), _at("made_at"), _at("heard_at", may_lack=True), _at("ended_at", may_lack=True)),
        _check("carrier_accounts", "carrier", "carrier IN ('ghtk')"),
        _refers("carrier_accounts", "organisation_id", "organisations"),
        _refers("carrier_accounts", "made_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_accounts")),
    )
    op.create_index(
        "uq_carrier_accounts_in_use",
        "carrier_accounts",
        ["organisation_id", "carrier"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "carrier_orders",
        *(_id("parcel_id"), _id("organisation_id"), _id("account_id"), _words("state"), _id("claim"), _at("asked_until")),
        *(_words("label", may_lack=True), sa.Column("fee_vnd", sa.BigInteger(), nullable=True), _words("words", may_lack=True)),
        *(_id("asked_by"), _at("asked_at"), _at("answered_at", may_lack=True)),
        _check("carrier_orders", "state", "state IN ('asked', 'taken', 'refused', 'cancelled')"),
        _refers("carrier_orders", "parcel_id", "parcels"),
        _refers("carrier_orders", "organisation_id", "organisations"),
        _refers("carrier_orders", "account_id", "carrier_accounts"),
        _refers("carrier_orders", "asked_by", "users"),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_carrier_orders")),
    )
    op.create_index(op.f("ix_carrier_orders_organisation_id"), "carrier_orders", ["organisation_id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("carrier_orders", "carrier_accounts", "carrier_events", "carrier_files", "carrier_mappings"):
        op.drop_table(table)
