"""Add settlements: a chain of facts per producer, lines that were agreed, amounts entered by hand, rules.

Facts and lines are history: triggers refuse to change them, and the service's role may not (grants.sql).

Revision: add_settlements
Follows: add_imported_figures
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "add_settlements"
down_revision = "add_imported_figures"
branch_labels = None
depends_on = None

_HISTORY = ("settlement_facts", "settlement_lines")


def _id(name: str, *, may_lack: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=may_lack)


def _number(name: str, *, may_lack: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=may_lack)


def _vnd(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _at(name: str, *, may_lack: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=may_lack)


def _words(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=False)


def _refers(table: str, column: str, to: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.{key}"], name=op.f(f"fk_{table}_{column}_{to}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "settlement_heads",
        *(_id("producer_id"), _id("organisation_id")),
        sa.Column("last_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.Column("settlements", sa.Integer(), server_default="0", nullable=False),
        _refers("settlement_heads", "producer_id", "producers"),
        _refers("settlement_heads", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("producer_id", name=op.f("pk_settlement_heads")),
    )
    op.create_index(op.f("ix_settlement_heads_organisation_id"), "settlement_heads", ["organisation_id"])
    op.create_table(
        "settlement_facts",
        *(_id("producer_id"), _vnd("number"), _words("kind"), _number("settlement"), _vnd("amount_vnd"), _words("body")),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        *(_id("made_by"), _at("made_at")),
        _check("settlement_facts", "kind", "kind IN ('agreed', 'paid')"),
        _check("settlement_facts", "numbers", "number > 0 AND settlement > 0"),
        _refers("settlement_facts", "producer_id", "settlement_heads", "producer_id"),
        _refers("settlement_facts", "made_by", "users"),
        sa.PrimaryKeyConstraint("producer_id", "number", name=op.f("pk_settlement_facts")),
        sa.UniqueConstraint("producer_id", "settlement", "kind", name="uq_settlement_facts_once"),
    )
    op.create_table(
        "settlement_lines",
        *(_id("producer_id"), _number("settlement"), _number("place"), _id("session_id"), _id("order_id"), _words("body")),
        _refers("settlement_lines", "producer_id", "settlement_heads", "producer_id"),
        _refers("settlement_lines", "session_id", "sessions"),
        _refers("settlement_lines", "order_id", "orders"),
        sa.PrimaryKeyConstraint("producer_id", "settlement", "place", name=op.f("pk_settlement_lines")),
    )
    op.create_index("ix_settlement_lines_order", "settlement_lines", ["producer_id", "order_id"])
    op.create_table(
        "settlement_charges",
        *(_id("id"), _id("producer_id"), _words("kind"), _vnd("amount_vnd"), _words("reason"), _id("order_id", may_lack=True)),
        *(_id("made_by"), _at("made_at"), _number("settlement", may_lack=True)),
        *(_id("withdrawn_by", may_lack=True), _at("withdrawn_at", may_lack=True)),
        _check("settlement_charges", "kind", "kind IN ('carrier_fee', 'deduction', 'addition')"),
        _check("settlement_charges", "amount_positive", "amount_vnd > 0"),
        _check("settlement_charges", "reason_length", "char_length(reason) BETWEEN 1 AND 200"),
        _check("settlement_charges", "settled_stays", "withdrawn_at IS NULL OR settlement IS NULL"),
        _refers("settlement_charges", "producer_id", "settlement_heads", "producer_id"),
        _refers("settlement_charges", "order_id", "orders"),
        _refers("settlement_charges", "made_by", "users"),
        _refers("settlement_charges", "withdrawn_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_charges")),
    )
    op.create_index("ix_settlement_charges_producer", "settlement_charges", ["producer_id", "made_at"])
    waiting = sa.text("settlement IS NULL AND withdrawn_at IS NULL")
    op.create_index("ix_settlement_charges_open", "settlement_charges", ["producer_id"], postgresql_where=waiting)
    op.create_table(
        "settlement_rules",
        _id("organisation_id"),
        sa.Column("rules", JSONB(), nullable=False),
        _id("changed_by"),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _refers("settlement_rules", "organisation_id", "organisations"),
        _refers("settlement_rules", "changed_by", "users"),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_settlement_rules")),
    )
    for table in _HISTORY:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("settlement_rules", "settlement_charges", "settlement_lines", "settlement_facts", "settlement_heads"):
        op.drop_table(table)
