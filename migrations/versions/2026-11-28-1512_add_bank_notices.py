"""Let payments come by banks' notices, statements and couriers' lists, and keep where notices are taken from.

Revision: add_bank_notices
Follows: index_open_complaints
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_bank_notices"
down_revision = "index_open_complaints"
branch_labels = None
depends_on = None

_MATTERS = "matter IN ('late', 'under', 'over', 'unmatched', 'repeated', 'to_collect', 'to_refund')"
_RULES = (
    f"ck_payments_matter CHECK ({_MATTERS})",
    "ck_payments_source CHECK (source IN ('desk', 'sepay', 'casso', 'statement', 'collection'))",
    "ck_payments_fee CHECK (fee_vnd >= 0)",
    "ck_payments_sealed_words_whole CHECK ((key_id IS NULL) = (sealed_words IS NULL))",
    "ck_payments_sealed_words_length CHECK (octet_length(sealed_words) <= 1300)",
    "fk_payments_settled_by_users FOREIGN KEY (settled_by) REFERENCES users (id)",
)
_MATTERS_BEFORE = "matter IN ('late', 'under', 'over', 'unmatched', 'to_collect', 'to_refund')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("payments", sa.Column("source", sa.Text(), server_default="desk", nullable=False))
    op.add_column("payments", sa.Column("provider_id", sa.Text(), nullable=True))
    op.add_column("payments", sa.Column("twin_reference", sa.Text(), nullable=True))
    op.add_column("payments", sa.Column("fee_vnd", sa.BigInteger(), nullable=True))
    op.add_column("payments", sa.Column("key_id", sa.Text(), nullable=True))
    op.add_column("payments", sa.Column("sealed_words", sa.LargeBinary(), nullable=True))
    op.add_column("payments", sa.Column("settled_by", sa.Uuid(), nullable=True))
    op.add_column("payments", sa.Column("booked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))
    op.execute(
        "ALTER TABLE payments DROP CONSTRAINT ck_payments_matter, " + ", ".join(f"ADD CONSTRAINT {each} NOT VALID" for each in _RULES)
    )
    op.create_index(
        "uq_payments_provider_id",
        "payments",
        ["organisation_id", "source", "provider_id"],
        unique=True,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_index(
        "ix_payments_twin_reference",
        "payments",
        ["organisation_id", "twin_reference"],
        postgresql_where=sa.text("twin_reference IS NOT NULL"),
    )
    op.create_table(
        "bank_feeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("provider IN ('sepay', 'casso')", name=op.f("ck_bank_feeds_provider")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_bank_feeds_organisation_id_organisations")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_bank_feeds_made_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_feeds")),
    )
    op.create_index(
        "uq_bank_feeds_in_use",
        "bank_feeds",
        ["organisation_id", "provider"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    # Old rows fit already; they are read once for it while orders come in.
    with op.get_context().autocommit_block():
        for rule in _RULES:
            op.execute(f"ALTER TABLE payments VALIDATE CONSTRAINT {rule.partition(' ')[0]}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("bank_feeds")
    op.drop_index("ix_payments_twin_reference", "payments")
    op.drop_index("uq_payments_provider_id", "payments")
    dropped = ", ".join(f"DROP CONSTRAINT {rule.partition(' ')[0]}" for rule in _RULES)
    op.execute(f"ALTER TABLE payments {dropped}, ADD CONSTRAINT ck_payments_matter CHECK ({_MATTERS_BEFORE})")
    for name in ("booked_at", "settled_by", "sealed_words", "key_id", "fee_vnd", "twin_reference", "provider_id", "source"):
        op.drop_column("payments", name)
