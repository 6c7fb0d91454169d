"""The statements of a batch, in the order in which `app/orders/batch.py` runs them."""

from __future__ import annotations

LOCK_LEDGER = """
SELECT l.last_seq, l.last_hash, s.state
FROM ledgers l JOIN sessions s ON s.id = l.session_id
WHERE l.session_id = $1
FOR UPDATE OF l FOR SHARE OF s
"""

LOCK_OFFERS = """
SELECT id, product_id, producer_id, flash_price_vnd, remaining, per_viewer_limit, starts_at, ends_at
FROM offers WHERE session_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE
"""

FIND_REPEATS = """
SELECT o.id, o.seq, o.device_id, o.client_key, o.request_digest, o.total_vnd, o.placed_at
FROM orders o JOIN unnest($2::uuid[], $3::uuid[]) AS asked(device_id, client_key) USING (device_id, client_key)
WHERE o.session_id = $1
"""

FIND_LINES = """
SELECT l.order_id, l.offer_id, f.product_id, l.quantity, l.unit_price_vnd
FROM order_lines l JOIN offers f ON f.id = l.offer_id WHERE l.order_id = ANY($1::uuid[]) ORDER BY l.order_id, l.line_number
"""

_NOT_RELEASED = """
NOT EXISTS (SELECT FROM ledger_entries e WHERE e.order_id = l.order_id AND e.kind IN ('cancelled', 'expired'))
"""

TAKEN_BY_DEVICE = f"""
SELECT l.offer_id, l.device_id AS holder, sum(l.quantity)::int AS quantity
FROM order_lines l JOIN unnest($1::uuid[], $2::uuid[]) AS asked(offer_id, device_id) USING (offer_id, device_id)
WHERE {_NOT_RELEASED} GROUP BY 1, 2
"""  # noqa: S608 - a constant of this module

TAKEN_BY_PHONE = f"""
SELECT l.offer_id, l.phone_digest AS holder, sum(l.quantity)::int AS quantity
FROM order_lines l JOIN unnest($1::uuid[], $2::bytea[]) AS asked(offer_id, phone_digest) USING (offer_id, phone_digest)
WHERE {_NOT_RELEASED} GROUP BY 1, 2
"""  # noqa: S608 - a constant of this module

INSERT_ENTRIES = """
INSERT INTO ledger_entries (session_id, seq, kind, order_id, happened_at, amount_vnd, units, body, hash)
SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::uuid[], $5::timestamptz[], $6::bigint[], $7::int[], $8::text[], $9::bytea[])
"""

INSERT_ORDERS = """
INSERT INTO orders (session_id, id, seq, device_id, client_key, request_digest, phone_digest, payment, total_vnd, placed_at)
SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::bytea[], $7::bytea[], $8::text[], $9::bigint[], $10::timestamptz[])
"""

INSERT_LINES = """
INSERT INTO order_lines (order_id, line_number, offer_id, device_id, phone_digest, quantity, unit_price_vnd)
SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::uuid[], $5::bytea[], $6::int[], $7::bigint[])
"""

INSERT_CONTACTS = """
INSERT INTO order_contacts (order_id, name, phone, province_code, province_name, ward_code, ward_name, street, note)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::int[], $7::text[], $8::text[], $9::text[])
"""

TAKE_STOCK = """
UPDATE offers SET remaining = remaining - t.quantity
FROM unnest($1::uuid[], $2::int[]) AS t(id, quantity) WHERE offers.id = t.id
"""

ADVANCE_LEDGER = "UPDATE ledgers SET last_seq = $2, last_hash = $3 WHERE session_id = $1"
