"""The statements of a batch of orders, in the order in which `app/orders/batch.py` runs them."""

from __future__ import annotations

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

# Units of cancelled and expired orders no longer count against the limit.
_NOT_RELEASED = "NOT EXISTS (SELECT FROM ledger_entries e WHERE e.order_id = l.order_id AND e.kind IN ('cancelled', 'expired'))"

TAKEN_BY_DEVICE = f"""
SELECT asked.offer_id, asked.device_id AS holder, taken.quantity
FROM unnest($1::uuid[], $2::uuid[]) AS asked(offer_id, device_id) CROSS JOIN LATERAL (
  SELECT sum(l.quantity)::int AS quantity FROM order_lines l
  WHERE l.offer_id = asked.offer_id AND l.device_id = asked.device_id AND {_NOT_RELEASED}
) AS taken WHERE taken.quantity IS NOT NULL
"""  # noqa: S608 - a constant of this module

TAKEN_BY_PHONE = f"""
SELECT asked.offer_id, asked.phone_digest AS holder, taken.quantity
FROM unnest($1::uuid[], $2::bytea[]) AS asked(offer_id, phone_digest) CROSS JOIN LATERAL (
  SELECT sum(l.quantity)::int AS quantity FROM order_lines l
  WHERE l.offer_id = asked.offer_id AND l.phone_digest = asked.phone_digest AND {_NOT_RELEASED}
) AS taken WHERE taken.quantity IS NOT NULL
"""  # noqa: S608 - a constant of this module

CALLED_FROM_WAITLIST = """
SELECT id, offer_id, device_id, quantity FROM waitlist_entries
WHERE offer_id = ANY($1::uuid[]) AND device_id = ANY($2::uuid[]) AND state = 'called' AND called_until > $3
"""

# Columns as COPY fills them: for a few hundred rows it costs less than `unnest` of as many arrays.
ORDER_COLUMNS = (
    "session_id", "placed_at", "id", "seq", "device_id", "client_key", "request_digest", "phone_digest", "payment", "total_vnd", "due_at",
)  # fmt: skip
LINE_COLUMNS = ("order_id", "line_number", "offer_id", "device_id", "phone_digest", "quantity", "unit_price_vnd")
CONTACT_COLUMNS = ("order_id", "name", "phone", "province_code", "province_name", "ward_code", "ward_name", "street", "note")

TAKE_STOCK = """
UPDATE offers SET remaining = t.remaining, set_aside = t.set_aside
FROM unnest($1::uuid[], $2::int[], $3::int[]) AS t(id, remaining, set_aside) WHERE offers.id = t.id
"""

SERVE_WAITING = "UPDATE waitlist_entries SET state = 'served', called_until = NULL WHERE id = ANY($1::uuid[])"
