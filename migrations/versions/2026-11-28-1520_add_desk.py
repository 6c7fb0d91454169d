"""Add the desk's queues over sessions, calls and notes. Rows of the desk come from the ledgers by themselves (`app/desk/following.py`).

Revision: add_desk
Follows: add_bank_notices
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_desk"
down_revision = "add_bank_notices"
branch_labels = None
depends_on = None

_QUEUES = "'first', 'second', 'third', 'given_up', 'again', 'money', 'pack', 'collect', 'refund', 'over'"
_OUTCOMES = "'agreed', 'no_answer', 'busy', 'wrong_number', 'call_back', 'refused'"


def _id(name: str, *, may_lack: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=may_lack)


def _at(name: str, *, may_lack: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=may_lack)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "desk_orders",
        _id("order_id"),
        _id("organisation_id"),
        _id("session_id"),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        _at("ready_at"),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("asks_again", sa.Boolean(), server_default="false", nullable=False),
        _id("assigned_to", may_lack=True),
        _id("held_by", may_lack=True),
        _at("held_until", may_lack=True),
        _id("step_id", may_lack=True),
        sa.Column("step_kind", sa.Text(), nullable=True),
        sa.Column("step_reason", sa.Text(), nullable=True),
        _id("step_by", may_lack=True),
        _at("step_due_at", may_lack=True),
        sa.CheckConstraint(f"queue IN ({_QUEUES})", name=op.f("ck_desk_orders_queue")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_desk_orders_tries_not_negative")),
        sa.CheckConstraint("(held_by IS NULL) = (held_until IS NULL)", name=op.f("ck_desk_orders_held_whole")),
        sa.CheckConstraint(
            "num_nulls(step_id, step_kind, step_reason, step_by, step_due_at) IN (0, 5)", name=op.f("ck_desk_orders_step_whole")
        ),
        _refers("desk_orders", "order_id", "orders"),
        _refers("desk_orders", "organisation_id", "organisations"),
        _refers("desk_orders", "session_id", "sessions"),
        *(_refers("desk_orders", column, "users") for column in ("assigned_to", "held_by", "step_by")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_desk_orders")),
    )
    op.create_index("ix_desk_orders_session", "desk_orders", ["session_id", "queue", "ready_at", "order_id"])
    op.create_index(
        "ix_desk_orders_organisation",
        "desk_orders",
        ["organisation_id", "queue", "ready_at", "order_id"],
        postgresql_where=sa.text("NOT is_rehearsal"),
    )
    op.create_index(
        "ix_desk_orders_assigned",
        "desk_orders",
        ["assigned_to", "queue", "ready_at"],
        postgresql_where=sa.text("assigned_to IS NOT NULL"),
    )
    op.create_index("ix_desk_orders_steps", "desk_orders", ["step_due_at"], postgresql_where=sa.text("step_due_at IS NOT NULL"))
    op.create_table(
        "desk_marks",
        _id("session_id"),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _refers("desk_marks", "session_id", "sessions"),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_desk_marks")),
    )
    op.create_table(
        "order_calls",
        _id("id"),
        _id("order_id"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        _id("called_by"),
        _at("called_at"),
        _at("again_at", may_lack=True),
        _at("undone_at", may_lack=True),
        sa.CheckConstraint(f"outcome IN ({_OUTCOMES})", name=op.f("ck_order_calls_outcome")),
        sa.CheckConstraint("char_length(reason) <= 40", name=op.f("ck_order_calls_reason_length")),
        _refers("order_calls", "order_id", "orders"),
        _refers("order_calls", "called_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_calls")),
    )
    op.create_index("ix_order_calls_order", "order_calls", ["order_id", "called_at"])
    op.create_table(
        "order_notes",
        _id("id"),
        _id("order_id"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _id("written_by"),
        _at("written_at"),
        sa.CheckConstraint("octet_length(sealed) <= 2028", name=op.f("ck_order_notes_sealed_length")),
        _refers("order_notes", "order_id", "orders"),
        _refers("order_notes", "written_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_notes")),
    )
    op.create_index("ix_order_notes_order", "order_notes", ["order_id", "written_at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("order_notes")
    op.drop_table("order_calls")
    op.drop_table("desk_marks")
    op.drop_table("desk_orders")
