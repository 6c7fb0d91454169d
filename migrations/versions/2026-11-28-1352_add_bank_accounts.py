"""Add the bank accounts that buyers transfer to. A changed account is a new row, so that the old one stays to be looked at.

Revision: add_bank_accounts
Follows: add_people
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_bank_accounts"
down_revision = "add_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "bank_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=True),
        sa.Column("bank_bin", sa.Text(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.Column("holder_name", sa.Text(), nullable=False),
        sa.Column("named_by", sa.Uuid(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("bank_bin ~ '^[0-9]{6}$'", name=op.f("ck_bank_accounts_bank_bin")),
        sa.CheckConstraint("account_number ~ '^[0-9A-Z]{4,19}$'", name=op.f("ck_bank_accounts_account_number")),
        sa.CheckConstraint("char_length(holder_name) <= 100", name=op.f("ck_bank_accounts_holder_length")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_bank_accounts_organisation_id_organisations")),
        sa.ForeignKeyConstraint(["producer_id"], ["producers.id"], name=op.f("fk_bank_accounts_producer_id_producers")),
        sa.ForeignKeyConstraint(["named_by"], ["users.id"], name=op.f("fk_bank_accounts_named_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_accounts")),
    )
    op.create_index(
        "uq_bank_accounts_in_use",
        "bank_accounts",
        ["organisation_id", "producer_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("bank_accounts")
