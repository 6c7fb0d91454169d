"""Find what is still in the clear without reading what is sealed: these indexes are empty once all of it is. Rows of before fit the new
checks, as their new columns are empty; they are read for it while others write.

Revision: index_plain_contacts
Follows: seal_contacts
"""

from __future__ import annotations

from alembic import op

revision = "index_plain_contacts"
down_revision = "seal_contacts"
branch_labels = None
depends_on = None

_CHECKS = (
    ("order_contacts", "sealed_length", "octet_length(sealed) <= 2944"),
    ("order_contacts", "sealed_whole", "num_nulls(key_id, wrapped_key, sealed) IN (0, 3)"),
    ("complaints", "sealed_words_length", "octet_length(sealed_words) <= 4028"),
    ("complaints", "sealed_answer_length", "octet_length(sealed_answer) <= 4028"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        # what an attempt that gave up has left
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_order_contacts_plain")
        op.execute("CREATE INDEX CONCURRENTLY ix_order_contacts_plain ON order_contacts (order_id) WHERE phone IS NOT NULL")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_complaints_plain")
        op.execute("CREATE INDEX CONCURRENTLY ix_complaints_plain ON complaints (id) WHERE words IS NOT NULL OR answer IS NOT NULL")
        for table, name, _ in _CHECKS:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, name, rule in _CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule, postgresql_not_valid=True)
    op.drop_index("ix_complaints_plain", "complaints")
    op.drop_index("ix_order_contacts_plain", "order_contacts")
