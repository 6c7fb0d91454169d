"""Create all tables: accounts, catalogue, sessions, offers, orders with their append-only ledger, statistics, statements.

Revision: 0001
Follows:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY_TABLES = ("ledger_entries", "audit_entries", "closing_statements")

# PostgreSQL itself refuses to rewrite history, whatever the application does.
REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "producers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=True),
        sa.Column("story", sa.Text(), server_default="", nullable=False),
        sa.Column("province_code", sa.Integer(), nullable=False),
        sa.Column("province_name", sa.Text(), nullable=False),
        sa.Column("commune_code", sa.Integer(), nullable=False),
        sa.Column("commune_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('company', 'cooperative', 'cooperative_group', 'household')", name=op.f("ck_producers_kind")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_producers_organisation_id_organisations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_producers")),
    )
    op.create_index(op.f("ix_producers_organisation_id"), "producers", ["organisation_id"], unique=False)
    op.create_table(
        "signing_keys",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_signing_keys_organisation_id_organisations")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('organiser', 'host')", name=op.f("ck_users_role")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_users_organisation_id_organisations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    op.create_index(op.f("ix_users_organisation_id"), "users", ["organisation_id"], unique=False)
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_audit_entries_organisation_id_organisations")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_audit_entries_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_organisation_id"), "audit_entries", ["organisation_id"], unique=False)
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), server_default="", nullable=False),
        sa.Column("price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=False),
        sa.Column("ocop_stars", sa.Integer(), nullable=True),
        sa.Column("certificate_number", sa.Text(), nullable=True),
        sa.Column("certified_on", sa.Date(), nullable=True),
        sa.Column("certificate_expires_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ocop_stars BETWEEN 3 AND 5", name=op.f("ck_products_ocop_stars")),
        sa.CheckConstraint("ocop_stars IS NULL OR certificate_expires_on IS NOT NULL", name=op.f("ck_products_stars_need_certificate")),
        sa.CheckConstraint("price_vnd > 0", name=op.f("ck_products_price_positive")),
        sa.CheckConstraint("weight_grams > 0", name=op.f("ck_products_weight_positive")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_products_organisation_id_organisations")),
        sa.ForeignKeyConstraint(["producer_id"], ["producers.id"], name=op.f("fk_products_producer_id_producers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    op.create_index(op.f("ix_products_organisation_id"), "products", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_products_producer_id"), "products", ["producer_id"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_ins_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_user_id"), "sign_ins", ["user_id"], unique=False)
    op.create_table(
        "product_pictures",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("alt", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_product_pictures_product_id_products"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("product_id", "position", name=op.f("pk_product_pictures")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("announced_state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("planned_start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("video_kind", sa.Text(), nullable=True),
        sa.Column("video_url", sa.Text(), nullable=True),
        sa.Column("pinned_product_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'scheduled', 'live', 'ended', 'closed')", name=op.f("ck_sessions_state")),
        sa.CheckConstraint("video_kind IN ('youtube', 'facebook', 'tiktok', 'hls')", name=op.f("ck_sessions_video_kind")),
        sa.CheckConstraint("(video_kind IS NULL) = (video_url IS NULL)", name=op.f("ck_sessions_video_complete")),
        sa.ForeignKeyConstraint(["host_id"], ["users.id"], name=op.f("fk_sessions_host_id_users")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_sessions_organisation_id_organisations")),
        sa.ForeignKeyConstraint(["pinned_product_id"], ["products.id"], name=op.f("fk_sessions_pinned_product_id_products")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_host_id"), "sessions", ["host_id"], unique=False)
    op.create_index(op.f("ix_sessions_organisation_id"), "sessions", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_sessions_state"), "sessions", ["state"], unique=False)
    op.create_table(
        "bridge_tokens",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_bridge_tokens_session_id_sessions"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_bridge_tokens")),
    )
    op.create_index(op.f("ix_bridge_tokens_session_id"), "bridge_tokens", ["session_id"], unique=False)
    op.create_table(
        "closing_statements",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_closing_statements_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", "number", name=op.f("pk_closing_statements")),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_staff", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_comments_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index("ix_comments_session_posted", "comments", ["session_id", "posted_at"], unique=False)
    op.create_table(
        "ledgers",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_ledgers_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_ledgers")),
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="scheduled", nullable=False),
        sa.Column("announced_state", sa.Text(), server_default="scheduled", nullable=False),
        sa.Column("flash_price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("regular_price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("total_quantity", sa.Integer(), nullable=False),
        sa.Column("buffer_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("set_aside", sa.Integer(), server_default="0", nullable=False),
        sa.Column("per_viewer_limit", sa.Integer(), nullable=False),
        sa.Column("hold_seconds", sa.Integer(), server_default="900", nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('scheduled', 'open', 'ended')", name=op.f("ck_offers_state")),
        sa.CheckConstraint("buffer_quantity >= 0", name=op.f("ck_offers_buffer_not_negative")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_offers_ends_after_start")),
        sa.CheckConstraint("flash_price_vnd > 0 AND regular_price_vnd >= flash_price_vnd", name=op.f("ck_offers_prices")),
        sa.CheckConstraint("hold_seconds >= 0", name=op.f("ck_offers_hold_not_negative")),
        sa.CheckConstraint("per_viewer_limit > 0", name=op.f("ck_offers_limit_positive")),
        sa.CheckConstraint("remaining BETWEEN 0 AND total_quantity + buffer_quantity", name=op.f("ck_offers_remaining_within_total")),
        sa.CheckConstraint("set_aside BETWEEN 0 AND remaining", name=op.f("ck_offers_set_aside_within_remaining")),
        sa.CheckConstraint("total_quantity > 0", name=op.f("ck_offers_total_positive")),
        sa.ForeignKeyConstraint(["producer_id"], ["producers.id"], name=op.f("fk_offers_producer_id_producers")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_offers_product_id_products")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_offers_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index("ix_offers_session", "offers", ["session_id", "created_at"], unique=False)
    op.create_table(
        "outside_counts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("viewers", sa.BigInteger(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_outside_counts_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_counts")),
    )
    op.create_index("ix_outside_counts_session", "outside_counts", ["session_id", "observed_at"], unique=False)
    op.create_table(
        "session_minutes",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("minute_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_minutes_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", "minute_at", name=op.f("pk_session_minutes")),
    )
    op.create_table(
        "session_products",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_session_products_product_id_products")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_products_session_id_sessions"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "product_id", name=op.f("pk_session_products")),
        sa.UniqueConstraint("session_id", "code", deferrable=True, initially="DEFERRED", name=op.f("uq_session_products_session_id_code")),
        sa.UniqueConstraint(
            "session_id", "position", deferrable=True, initially="DEFERRED", name=op.f("uq_session_products_session_id_position")
        ),
    )
    op.create_table(
        "session_totals",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("products", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outside", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_totals_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_totals")),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('placed', 'confirmed', 'cancelled', 'expired', 'paid', 'delivered', 'returned', 'refunded')",
            name=op.f("ck_ledger_entries_kind"),
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_ledger_entries_seq_positive")),
        sa.ForeignKeyConstraint(["session_id"], ["ledgers.session_id"], name=op.f("fk_ledger_entries_session_id_ledgers")),
        sa.PrimaryKeyConstraint("session_id", "seq", name=op.f("pk_ledger_entries")),
    )
    op.create_index("ix_ledger_entries_order", "ledger_entries", ["order_id"], unique=False)
    op.create_table(
        "waitlist_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("called_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'called') = (called_until IS NOT NULL)", name=op.f("ck_waitlist_entries_called_has_deadline")),
        sa.CheckConstraint("state IN ('waiting', 'called', 'served', 'lapsed', 'left')", name=op.f("ck_waitlist_entries_state")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_waitlist_entries_quantity_positive")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_waitlist_entries_offer_id_offers")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_waitlist_entries_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entries")),
    )
    op.create_index(
        "ix_waitlist_entries_queue",
        "waitlist_entries",
        ["offer_id", "place"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'called')"),
    )
    op.create_index(
        "uq_waitlist_entries_device",
        "waitlist_entries",
        ["offer_id", "device_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'called')"),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("total_vnd", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id", "seq"], ["ledger_entries.session_id", "ledger_entries.seq"], name="fk_orders_ledger_entry"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_orders_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("session_id", "device_id", "client_key", name="uq_orders_client_key"),
        sa.UniqueConstraint("session_id", "seq", name="uq_orders_seq"),
    )
    op.create_index("ix_orders_due", "orders", ["due_at"], unique=False)
    op.create_table(
        "order_contacts",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("province_code", sa.Integer(), nullable=True),
        sa.Column("province_name", sa.Text(), nullable=True),
        sa.Column("ward_code", sa.Integer(), nullable=True),
        sa.Column("ward_name", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_contacts_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_contacts")),
    )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.SmallInteger(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_vnd", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_order_lines_offer_id_offers")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "line_number", name=op.f("pk_order_lines")),
    )
    op.create_index("ix_order_lines_device", "order_lines", ["offer_id", "device_id"], unique=False)
    op.create_index("ix_order_lines_phone", "order_lines", ["offer_id", "phone_digest"], unique=False)
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("matter", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settlement", sa.Text(), nullable=True),
        sa.CheckConstraint("matter IN ('late', 'under', 'over', 'unmatched')", name=op.f("ck_payments_matter")),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_payments_amount_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payments_order_id_orders")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_payments_organisation_id_organisations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("organisation_id", "reference", name="uq_payments_reference"),
    )
    op.create_index(op.f("ix_payments_order_id"), "payments", ["order_id"], unique=False)
    op.create_index(
        "ix_payments_work_list",
        "payments",
        ["organisation_id"],
        unique=False,
        postgresql_where=sa.text("matter IS NOT NULL AND settled_at IS NULL"),
    )
    op.execute(REFUSE_CHANGE)
    for table in APPEND_ONLY_TABLES:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_payments_work_list", table_name="payments", postgresql_where=sa.text("matter IS NOT NULL AND settled_at IS NULL"))
    op.drop_index(op.f("ix_payments_order_id"), table_name="payments")
    op.drop_table("payments")
    op.drop_index("ix_order_lines_phone", table_name="order_lines")
    op.drop_index("ix_order_lines_device", table_name="order_lines")
    op.drop_table("order_lines")
    op.drop_table("order_contacts")
    op.drop_index("ix_orders_due", table_name="orders")
    op.drop_table("orders")
    op.drop_index("uq_waitlist_entries_device", table_name="waitlist_entries", postgresql_where=sa.text("state IN ('waiting', 'called')"))
    op.drop_index("ix_waitlist_entries_queue", table_name="waitlist_entries", postgresql_where=sa.text("state IN ('waiting', 'called')"))
    op.drop_table("waitlist_entries")
    op.drop_index("ix_ledger_entries_order", table_name="ledger_entries")
    op.drop_table("ledger_entries")
    op.drop_table("session_totals")
    op.drop_table("session_products")
    op.drop_table("session_minutes")
    op.drop_index("ix_outside_counts_session", table_name="outside_counts")
    op.drop_table("outside_counts")
    op.drop_index("ix_offers_session", table_name="offers")
    op.drop_table("offers")
    op.drop_table("ledgers")
    op.drop_index("ix_comments_session_posted", table_name="comments")
    op.drop_table("comments")
    op.drop_table("closing_statements")
    op.drop_index(op.f("ix_bridge_tokens_session_id"), table_name="bridge_tokens")
    op.drop_table("bridge_tokens")
    op.drop_index(op.f("ix_sessions_state"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_organisation_id"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_host_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("product_pictures")
    op.drop_index(op.f("ix_sign_ins_user_id"), table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_index(op.f("ix_products_producer_id"), table_name="products")
    op.drop_index(op.f("ix_products_organisation_id"), table_name="products")
    op.drop_table("products")
    op.drop_index(op.f("ix_audit_entries_organisation_id"), table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_index(op.f("ix_users_organisation_id"), table_name="users")
    op.drop_table("users")
    op.drop_table("signing_keys")
    op.drop_index(op.f("ix_producers_organisation_id"), table_name="producers")
    op.drop_table("producers")
    op.drop_table("organisations")
    op.execute("DROP FUNCTION refuse_change()")
