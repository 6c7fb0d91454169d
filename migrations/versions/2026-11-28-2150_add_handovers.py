"""Add parcels that people handed over by hand: who did, and until when it is taken back.

Revision: add_handovers
Follows: add_carriers
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_handovers"
down_revision = "add_carriers"
branch_labels = None
depends_on = None

_NAME = "ck_carrier_events_source"
_BEFORE = "source IN ('file', 'notice', 'asked')"
_AFTER = "source IN ('file', 'notice', 'asked', 'hand')"


def _refers(column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_parcel_handovers_{column}_{to}"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "parcel_handovers",
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.Uuid(), nullable=False),
        sa.Column("carrier_before", sa.Text(), nullable=True),
        sa.Column("tracking_code_before", sa.Text(), nullable=True),
        sa.Column("handed_by", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        _refers("parcel_id", "parcels"),
        _refers("handed_by", "users"),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_parcel_handovers")),
    )
    op.create_index("ix_parcel_handovers_mark", "parcel_handovers", ["mark"])
    op.create_index("ix_parcel_handovers_due", "parcel_handovers", ["due_at"], postgresql_where=sa.text("told_at IS NULL"))
    op.execute(f"ALTER TABLE carrier_events DROP CONSTRAINT {_NAME}, ADD CONSTRAINT {_NAME} CHECK ({_AFTER}) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE carrier_events VALIDATE CONSTRAINT {_NAME}")


def downgrade() -> None:
    """Refused by PostgreSQL when somebody handed a parcel over by hand: the old code could not tell what that is."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"ALTER TABLE carrier_events DROP CONSTRAINT {_NAME}, ADD CONSTRAINT {_NAME} CHECK ({_BEFORE})")
    op.drop_table("parcel_handovers")
