"""Give orders of before their codes, a thousand at a time: nobody waits for more than one of these steps.

Revision: code_old_orders
Follows: add_order_codes
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "code_old_orders"
down_revision = "add_order_codes"
branch_labels = None
depends_on = None

AT_ONCE = 1_000

_CODE_SOME = sa.text("""
WITH uncoded AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM (
  SELECT id FROM orders WHERE id > :after AND code IS NULL ORDER BY id LIMIT :at_once
) AS next_ones), codes AS (
  SELECT code, ordinality AS place FROM next_order_codes((SELECT count(*)::int FROM uncoded)) WITH ORDINALITY AS c(code, ordinality)
), coded AS (
  UPDATE orders SET code = codes.code FROM uncoded JOIN codes USING (place) WHERE orders.id = uncoded.id
) SELECT id FROM uncoded ORDER BY id DESC LIMIT 1
""")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    last: UUID | None = UUID(int=0)
    with op.get_context().autocommit_block():
        while last is not None:
            last = op.get_bind().scalar(_CODE_SOME, {"after": last, "at_once": AT_ONCE})


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
