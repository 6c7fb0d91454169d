"""Check the lines of orders without an offer, and index them for the limits per device and phone; both while orders come in.

Revision: index_shelf_lines
Follows: add_pools
"""

from __future__ import annotations

from alembic import op

revision = "index_shelf_lines"
down_revision = "add_pools"
branch_labels = None
depends_on = None

_RULES = {
    "ck_order_lines_offer_or_product": "CHECK (num_nonnulls(offer_id, product_id) = 1)",
    "fk_order_lines_product_id_products": "FOREIGN KEY (product_id) REFERENCES products (id)",
}
_INDEXES = {"ix_order_lines_shelf_device": "device_id", "ix_order_lines_shelf_phone": "phone_digest"}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, rule in _RULES.items():
        op.execute(f"ALTER TABLE order_lines ADD CONSTRAINT {name} {rule} NOT VALID")
    with op.get_context().autocommit_block():
        for name in _RULES:
            op.execute(f"ALTER TABLE order_lines VALIDATE CONSTRAINT {name}")
        for name, column in _INDEXES.items():
            # what an attempt that gave up has left
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON order_lines (product_id, {column}) WHERE product_id IS NOT NULL")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in _INDEXES:
        op.drop_index(name, "order_lines")
    for name in _RULES:
        op.drop_constraint(name, "order_lines")
