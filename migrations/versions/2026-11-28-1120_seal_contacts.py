"""Give contacts and complaints a place for their sealed form. What is there in the clear is sealed by the service itself, a few rows at a
time (`app/fulfilment/sealed_rows.py`): the secret is the service's, not the migration's. Going back loses what has been sealed.

Revision: seal_contacts
Follows: add_questions
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "seal_contacts"
down_revision = "add_questions"
branch_labels = None
depends_on = None

# As of this migration; the models have the present ones. NOT VALID: nothing is read under the lock, the next migration does that.
CHECKS = (
    ("order_contacts", "sealed_length", "octet_length(sealed) <= 2944"),
    ("order_contacts", "sealed_whole", "num_nulls(key_id, wrapped_key, sealed) IN (0, 3)"),
    ("complaints", "sealed_words_length", "octet_length(sealed_words) <= 4028"),
    ("complaints", "sealed_answer_length", "octet_length(sealed_answer) <= 4028"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("order_contacts", sa.Column("key_id", sa.Text(), nullable=True))
    for name in ("wrapped_key", "sealed", "phone_digest"):
        op.add_column("order_contacts", sa.Column(name, sa.LargeBinary(), nullable=True))
    for name in ("sealed_words", "sealed_answer"):
        op.add_column("complaints", sa.Column(name, sa.LargeBinary(), nullable=True))
    for table, name, rule in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule, postgresql_not_valid=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, name, _ in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    for name in ("sealed_answer", "sealed_words"):
        op.drop_column("complaints", name)
    for name in ("phone_digest", "sealed", "wrapped_key", "key_id"):
        op.drop_column("order_contacts", name)
