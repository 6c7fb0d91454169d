"""The statements of a batch of orders, in the order in which `app/orders/batch.py` runs them."""

from __future__ import annotations

from app.infra.array_inserts import insert_from_arrays
from app.ledger.append import ADVANCE_HEAD, ENTRY_COLUMNS
from app.ledger.kinds import RELEASING_KINDS, sql_list

LOCK_OFFERS = """
SELECT id, product_id, producer_id, flash_price_vnd, remaining, set_aside, per_viewer_limit, hold_seconds, starts_at, ends_at, state
FROM offers WHERE session_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE
"""

# LATERAL with LIMIT or an aggregate keeps it to one look into the index per order, whatever the planner believes about a table that
# has just begun to grow: a plain join was seen to read the session's whole history for every batch.
FIND_REPEATS = """
SELECT o.* FROM unnest($2::uuid[], $3::uuid[]) AS asked(device_id, client_key) CROSS JOIN LATERAL (
  SELECT id, seq, device_id, client_key, request_digest, total_vnd, placed_at
  FROM orders WHERE session_id = $1 AND device_id = asked.device_id AND client_key = asked.client_key LIMIT 1
) AS o
"""

FIND_LINES = """
SELECT l.order_id, l.offer_id, f.product_id, l.quantity, l.unit_price_vnd
FROM order_lines l JOIN offers f ON f.id = l.offer_id WHERE l.order_id = ANY($1::uuid[]) ORDER BY l.order_id, l.line_number
"""

# Units that an order gave back no longer count against the limit.
_NOT_RELEASED = f"NOT EXISTS (SELECT FROM ledger_entries e WHERE e.order_id = l.order_id AND e.kind IN {sql_list(RELEASING_KINDS)})"

# What a device, and what a phone, already has of an offer.
TAKEN = f"""
SELECT asked.offer_id, asked.device_id, asked.phone_digest, of_device.quantity AS by_device, of_phone.quantity AS by_phone
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS asked(offer_id, device_id, phone_digest)
CROSS JOIN LATERAL (
  SELECT coalesce(sum(l.quantity), 0)::int AS quantity FROM order_lines l
  WHERE l.offer_id = asked.offer_id AND l.device_id = asked.device_id AND {_NOT_RELEASED}
) AS of_device CROSS JOIN LATERAL (
  SELECT coalesce(sum(l.quantity), 0)::int AS quantity FROM order_lines l
  WHERE l.offer_id = asked.offer_id AND l.phone_digest = asked.phone_digest AND {_NOT_RELEASED}
) AS of_phone
"""  # noqa: S608 - a constant of this module

CALLED_FROM_WAITLIST = """
SELECT id, offer_id, device_id, quantity FROM waitlist_entries
WHERE offer_id = ANY($1::uuid[]) AND device_id = ANY($2::uuid[]) AND state = 'called' AND called_until > $3
"""

ORDER_COLUMNS = {
    "session_id": "uuid",
    "placed_at": "timestamptz",
    "id": "uuid",
    "seq": "bigint",
    "device_id": "uuid",
    "client_key": "uuid",
    "request_digest": "bytea",
    "phone_digest": "bytea",
    "payment": "text",
    "total_vnd": "bigint",
    "due_at": "timestamptz",
}
LINE_COLUMNS = {
    "order_id": "uuid",
    "line_number": "smallint",
    "offer_id": "uuid",
    "device_id": "uuid",
    "phone_digest": "bytea",
    "quantity": "int",
    "unit_price_vnd": "bigint",
}
CONTACT_COLUMNS = {
    "order_id": "uuid",
    "name": "text",
    "phone": "text",
    "province_code": "int",
    "province_name": "text",
    "ward_code": "int",
    "ward_name": "text",
    "street": "text",
    "note": "text",
}


def _write_few() -> str:
    """All rows of some orders and the ledger's new head at once; the parameters are those of its parts, one after the other."""
    first, parts = 4, []
    tables = (
        ("ledger_entries", ENTRY_COLUMNS),
        ("orders", ORDER_COLUMNS),
        ("order_lines", LINE_COLUMNS),
        ("order_contacts", CONTACT_COLUMNS),
    )
    for table, columns in tables:
        parts.append(f"{table}_in AS ({insert_from_arrays(table, columns, first=first)})")
        first += len(columns)
    return f"WITH head AS ({ADVANCE_HEAD}), {', '.join(parts)} SELECT 1"


WRITE_FEW = _write_few()

TAKE_STOCK = """
UPDATE offers SET remaining = t.remaining, set_aside = t.set_aside
FROM unnest($1::uuid[], $2::int[], $3::int[]) AS t(id, remaining, set_aside) WHERE offers.id = t.id
"""

SERVE_WAITING = "UPDATE waitlist_entries SET state = 'served', called_until = NULL WHERE id = ANY($1::uuid[])"
