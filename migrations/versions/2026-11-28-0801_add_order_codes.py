"""Add codes that people call orders by.

A number from a sequence, scrambled, so that codes are short, never meet, and say nothing about how many orders there are: 31^6 numbers
as two halves that four rounds mix with keys of this database alone. (PostgreSQL keeps `hashint8extended` as it is, for partitions by hash
depend on it.) `next_order_codes` runs as the owner of the tables.

Code of before writes orders without a code: a trigger gives them one. It is an AFTER trigger, for with a BEFORE trigger COPY would
insert row by row.

Revision: add_order_codes
Follows: jobs
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "add_order_codes"
down_revision = "jobs"
branch_labels = None
depends_on = None

ROUNDS = 4

# OFFSET 0 keeps the planner from writing each step out where the next one reads it, several times over.
NEXT_ORDER_CODES = """
CREATE FUNCTION next_order_codes(wanted integer) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
WITH k AS MATERIALIZED (SELECT keys FROM order_code_keys),
numbers AS (SELECT nextval('order_code_numbers') AS n FROM generate_series(1, wanted) OFFSET 0),
round_0 AS (SELECT n / 29791 AS high, n % 29791 AS low FROM numbers OFFSET 0),
round_1 AS (SELECT low AS high, (high + (hashint8extended(low, k.keys[1]) & 2147483647)) % 29791 AS low FROM round_0, k OFFSET 0),
round_2 AS (SELECT low AS high, (high + (hashint8extended(low, k.keys[2]) & 2147483647)) % 29791 AS low FROM round_1, k OFFSET 0),
round_3 AS (SELECT low AS high, (high + (hashint8extended(low, k.keys[3]) & 2147483647)) % 29791 AS low FROM round_2, k OFFSET 0),
round_4 AS (SELECT low AS high, (high + (hashint8extended(low, k.keys[4]) & 2147483647)) % 29791 AS low FROM round_3, k OFFSET 0),
digits AS (
  SELECT (high / 961)::int AS a, (high / 31 % 31)::int AS b, (high % 31)::int AS c, (low / 961)::int AS d, (low / 31 % 31)::int AS e,
    (low % 31)::int AS f FROM round_4 OFFSET 0
)
SELECT s[a + 1] || s[b + 1] || s[c + 1] || s[d + 1] || s[e + 1] || s[f + 1] || s[(a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f) % 31 + 1]
FROM digits, (SELECT string_to_array('23456789ABCDEFGHJKMNPQRSTUVWXYZ', NULL) AS s OFFSET 0) AS signs
$$
"""
CODE_AN_ORDER = """
CREATE FUNCTION code_an_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  UPDATE orders SET code = (SELECT next_order_codes(1)) WHERE id = NEW.id;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "order_code_keys",
        sa.Column("is_only", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("keys", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint("is_only", name=op.f("ck_order_code_keys_only_one")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_order_code_keys")),
    )
    keys = ", ".join(str(secrets.randbits(63)) for _ in range(ROUNDS))
    op.execute(f"INSERT INTO order_code_keys (keys) VALUES (ARRAY[{keys}]::bigint[])")  # noqa: S608 - our own numbers
    op.execute("CREATE SEQUENCE order_code_numbers AS bigint MINVALUE 0 MAXVALUE 887503680 NO CYCLE")
    op.execute(NEXT_ORDER_CODES)
    op.execute(CODE_AN_ORDER)
    op.add_column("orders", sa.Column("code", sa.Text(), nullable=True))
    op.execute("CREATE TRIGGER code_an_order AFTER INSERT ON orders FOR EACH ROW WHEN (NEW.code IS NULL) EXECUTE FUNCTION code_an_order()")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER code_an_order ON orders")
    op.drop_column("orders", "code")
    op.execute("DROP FUNCTION code_an_order()")
    op.execute("DROP FUNCTION next_order_codes(integer)")
    op.execute("DROP SEQUENCE order_code_numbers")
    op.drop_table("order_code_keys")
