"""Add what comments hold: units set aside for a while, claims, comments that wait to be read; where comments and orders came from.

Revision: add_comment_claims
Follows: index_phones
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "add_comment_claims"
down_revision = "index_phones"
branch_labels = None
depends_on = None

_SOURCES = "source IN ('page', 'tiktok', 'facebook', 'youtube', 'other')"


def _at(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()") if now else None, nullable=nullable)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Constant defaults: no row is rewritten. NOT VALID: the next revision reads the rows of before, without stopping writers.
    op.add_column("orders", sa.Column("source", sa.Text(), server_default="page", nullable=False))
    op.execute("ALTER TABLE orders ADD CONSTRAINT ck_orders_source CHECK (source IN ('page', 'comment')) NOT VALID")
    op.add_column("comments", sa.Column("source", sa.Text(), server_default="page", nullable=False))
    op.execute(f"ALTER TABLE comments ADD CONSTRAINT ck_comments_source CHECK ({_SOURCES}) NOT VALID")
    op.create_table(
        "unit_holds",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="held", nullable=False),
        _at("held_at"),
        _at("until_at"),
        sa.CheckConstraint("state IN ('held', 'ordered', 'released')", name=op.f("ck_unit_holds_state")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_unit_holds_quantity_positive")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_unit_holds_offer_id_offers")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_unit_holds_product_id_products")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_unit_holds_session_id_sessions")),
        sa.PrimaryKeyConstraint("hold_id", "product_id", name=op.f("pk_unit_holds")),
    )
    held = sa.text("state = 'held'")
    op.create_index("ix_unit_holds_until", "unit_holds", ["until_at"], postgresql_where=held)
    op.create_index("ix_unit_holds_offer", "unit_holds", ["offer_id"], postgresql_where=sa.text("state = 'held' AND offer_id IS NOT NULL"))
    op.create_index("ix_unit_holds_device", "unit_holds", ["session_id", "device_id"], postgresql_where=held)
    op.create_table(
        "comments_to_read",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        _at("said_at"),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("num_nulls(key_id, wrapped_key, sealed) IN (0, 3)", name=op.f("ck_comments_to_read_sealed_whole")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_comments_to_read_session_id_sessions")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comments_to_read")),
    )
    op.create_index("ix_comments_to_read_session", "comments_to_read", ["session_id", "said_at"])
    op.create_table(
        "comment_claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("follows_order_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        _at("said_at"),
        _at("held_at"),
        _at("until_at", nullable=True),
        _at("decided_at", nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("phone_masked", sa.Text(), nullable=True),
        sa.Column("phone_digest", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state IN ('held', 'sold_out', 'ordered', 'rejected', 'expired')", name=op.f("ck_comment_claims_state")),
        sa.CheckConstraint(_SOURCES, name=op.f("ck_comment_claims_source")),
        sa.CheckConstraint("(state = 'ordered') = (order_id IS NOT NULL)", name=op.f("ck_comment_claims_ordered")),
        sa.CheckConstraint("num_nulls(key_id, wrapped_key, sealed) IN (0, 3)", name=op.f("ck_comment_claims_sealed_whole")),
        sa.CheckConstraint("char_length(author) <= 80", name=op.f("ck_comment_claims_author_length")),
        sa.CheckConstraint("char_length(words) <= 300", name=op.f("ck_comment_claims_words_length")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_comment_claims_order_id_orders")),
        sa.ForeignKeyConstraint(["follows_order_id"], ["orders.id"], name=op.f("fk_comment_claims_follows_order_id_orders")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_comment_claims_decided_by_users")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_comment_claims_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_claims")),
        sa.UniqueConstraint("order_id", name=op.f("uq_comment_claims_order_id")),
    )
    op.create_index("ix_comment_claims_session", "comment_claims", ["session_id", "said_at", "id"])
    # One buyer has one claim that is not decided yet; newer comments go into it.
    op.create_index(
        "uq_comment_claims_open", "comment_claims", ["session_id", "device_id"], unique=True, postgresql_where=sa.text("state = 'held'")
    )
    op.create_index("ix_comment_claims_device", "comment_claims", ["session_id", "device_id", "said_at"])
    op.create_table(
        "comment_order_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("hold_seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint("hold_seconds BETWEEN 60 AND 86400", name=op.f("ck_comment_order_rules_hold_seconds")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_comment_order_rules_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_comment_order_rules_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_order_rules")),
    )
    op.create_index(
        "uq_comment_order_rules_scope",
        "comment_order_rules",
        ["organisation_id", "session_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "comment_sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        _at("created_at", now=True),
        _at("revoked_at", nullable=True),
        sa.CheckConstraint(
            "platform IN ('tiktok', 'facebook', 'youtube', 'other', 'social_stream')", name=op.f("ck_comment_sources_platform")
        ),
        sa.CheckConstraint("char_length(label) <= 80", name=op.f("ck_comment_sources_label_length")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_comment_sources_created_by_users")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_comment_sources_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_sources")),
    )
    op.create_index("ix_comment_sources_session_id", "comment_sources", ["session_id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("comment_sources", "comment_order_rules", "comment_claims", "comments_to_read", "unit_holds"):
        op.drop_table(table)
    op.drop_column("comments", "source")
    op.drop_column("orders", "source")
