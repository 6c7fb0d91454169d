"""What the code of commit 8982c5f wrote for a batch of orders: its statements as recorded text, and the way it used them.

Nothing here may follow the service as it changes: in a rolling deploy this is what still runs while the database is already ahead.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

LOCK_HEAD = """
SELECT l.last_seq, l.last_hash, s.state
FROM ledgers l JOIN sessions s ON s.id = l.session_id
WHERE l.session_id = $1
FOR UPDATE OF l FOR SHARE OF s
"""
LOCK_OFFERS = """
SELECT id, product_id, producer_id, flash_price_vnd, remaining, set_aside, per_viewer_limit, hold_seconds, starts_at, ends_at, state
FROM offers WHERE session_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE
"""
FIND_REPEATS = """
SELECT o.* FROM unnest($2::uuid[], $3::uuid[]) AS asked(device_id, client_key) CROSS JOIN LATERAL (
  SELECT id, seq, device_id, client_key, request_digest, total_vnd, placed_at
  FROM orders WHERE session_id = $1 AND device_id = asked.device_id AND client_key = asked.client_key LIMIT 1
) AS o
"""
TAKEN = """
SELECT asked.offer_id, asked.device_id, asked.phone_digest, of_device.quantity AS by_device, of_phone.quantity AS by_phone
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS asked(offer_id, device_id, phone_digest)
CROSS JOIN LATERAL (
  SELECT coalesce(sum(l.quantity), 0)::int AS quantity FROM order_lines l
  WHERE l.offer_id = asked.offer_id AND l.device_id = asked.device_id
    AND NOT EXISTS (SELECT FROM ledger_entries e WHERE e.order_id = l.order_id AND e.kind IN ('cancelled', 'expired'))
) AS of_device CROSS JOIN LATERAL (
  SELECT coalesce(sum(l.quantity), 0)::int AS quantity FROM order_lines l
  WHERE l.offer_id = asked.offer_id AND l.phone_digest = asked.phone_digest
    AND NOT EXISTS (SELECT FROM ledger_entries e WHERE e.order_id = l.order_id AND e.kind IN ('cancelled', 'expired'))
) AS of_phone
"""
WRITE_FEW = """
WITH head AS (UPDATE ledgers SET last_seq = $2, last_hash = $3 WHERE session_id = $1),
ledger_entries_in AS (
  INSERT INTO ledger_entries (session_id, happened_at, seq, kind, order_id, amount_vnd, units, body, hash)
  SELECT * FROM unnest($4::uuid[], $5::timestamptz[], $6::bigint[], $7::text[], $8::uuid[], $9::bigint[], $10::int[], $11::text[], $12::bytea[])
), orders_in AS (
  INSERT INTO orders (
    session_id, placed_at, id, seq, device_id, client_key, request_digest, phone_digest, payment, total_vnd, due_at
  ) SELECT * FROM unnest(
    $13::uuid[], $14::timestamptz[], $15::uuid[], $16::bigint[], $17::uuid[], $18::uuid[], $19::bytea[], $20::bytea[], $21::text[],
    $22::bigint[], $23::timestamptz[])
), order_lines_in AS (
  INSERT INTO order_lines (order_id, line_number, offer_id, device_id, phone_digest, quantity, unit_price_vnd)
  SELECT * FROM unnest($24::uuid[], $25::smallint[], $26::uuid[], $27::uuid[], $28::bytea[], $29::int[], $30::bigint[])
), order_contacts_in AS (
  INSERT INTO order_contacts (order_id, name, phone, province_code, province_name, ward_code, ward_name, street, note)
  SELECT * FROM unnest($31::uuid[], $32::text[], $33::text[], $34::int[], $35::text[], $36::int[], $37::text[], $38::text[], $39::text[])
) SELECT 1
"""
ADVANCE_HEAD = "UPDATE ledgers SET last_seq = $2, last_hash = $3 WHERE session_id = $1"
TAKE_STOCK = """
UPDATE offers SET remaining = t.remaining, set_aside = t.set_aside
FROM unnest($1::uuid[], $2::int[], $3::int[]) AS t(id, remaining, set_aside) WHERE offers.id = t.id
"""
# A batch of more than a hundred orders was written by COPY, table by table.
COPIED = {
    "ledger_entries": ("session_id", "happened_at", "seq", "kind", "order_id", "amount_vnd", "units", "body", "hash"),
    "orders": (
        "session_id", "placed_at", "id", "seq", "device_id", "client_key", "request_digest", "phone_digest", "payment", "total_vnd", "due_at",
    ),
    "order_lines": ("order_id", "line_number", "offer_id", "device_id", "phone_digest", "quantity", "unit_price_vnd"),
    "order_contacts": ("order_id", "name", "phone", "province_code", "province_name", "ward_code", "ward_name", "street", "note"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Buyer:
    """One order to come: a device with its key, and how many units of one offer."""

    offer_id: UUID
    device_id: UUID
    key: UUID
    quantity: int


@dataclass(slots=True)
class _Head:
    seq: int
    hash: bytes


async def write_batch(db: asyncpg.Connection, session_id: UUID, buyers: list[Buyer], *, by_copy: bool) -> list[dict[str, Any]]:
    """Place one order per buyer, each also confirmed at once, as one transaction. Returns what each client is told after COMMIT."""
    async with db.transaction():
        now = datetime.now(UTC)  # noqa: TID251 - the old code's clock, not ours
        row = await db.fetchrow(LOCK_HEAD, session_id)
        assert row is not None
        assert row["state"] == "live"
        head = _Head(row["last_seq"], row["last_hash"])
        offers = {offer["id"]: offer for offer in await db.fetch(LOCK_OFFERS, session_id, sorted({buyer.offer_id for buyer in buyers}))}
        assert not await db.fetch(FIND_REPEATS, session_id, [buyer.device_id for buyer in buyers], [buyer.key for buyer in buyers])
        phones = [_digest(buyer.device_id) for buyer in buyers]
        await db.fetch(TAKEN, [buyer.offer_id for buyer in buyers], [buyer.device_id for buyer in buyers], phones)
        tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COPIED}
        told = [_place(tables, head, session_id, buyer, offers[buyer.offer_id], now) for buyer in buyers]
        if by_copy:
            for name, columns in COPIED.items():
                await db.copy_records_to_table(name, records=tables[name], columns=columns)
            await db.execute(ADVANCE_HEAD, session_id, head.seq, head.hash)
        else:
            parameters = [list(column) for name in COPIED for column in zip(*tables[name], strict=True)]
            await db.execute(WRITE_FEW, session_id, head.seq, head.hash, *parameters)
        left = {offer_id: offer["remaining"] for offer_id, offer in offers.items()}
        for buyer in buyers:
            left[buyer.offer_id] -= buyer.quantity
        await db.execute(TAKE_STOCK, list(left), list(left.values()), [offer["set_aside"] for offer in offers.values()])
    return told


def _place(
    tables: dict[str, list[tuple[Any, ...]]], head: _Head, session_id: UUID, buyer: Buyer, offer: asyncpg.Record, now: datetime
) -> dict[str, Any]:
    order_id, price_vnd, phone = uuid4(), offer["flash_price_vnd"], _digest(buyer.device_id)
    amount_vnd = price_vnd * buyer.quantity
    line = {
        "amount_vnd": amount_vnd, "offer": str(buyer.offer_id), "producer": str(offer["producer_id"]), "product": str(offer["product_id"]),
        "quantity": buyer.quantity, "unit_price_vnd": price_vnd,
    }  # fmt: skip
    number = head.seq + 1
    for kind in ("placed", "confirmed"):
        head.seq += 1
        fields = {
            "at_ms": int(now.timestamp() * 1000), "buyer": phone.hex()[:16], "kind": kind, "lines": [line], "order": str(order_id),
            "reason": "", "seq": head.seq, "session": str(session_id),
        }  # fmt: skip
        body = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        head.hash = hashlib.sha256(head.hash + body.encode()).digest()
        entry = (session_id, now, head.seq, kind, order_id, amount_vnd, buyer.quantity, body, head.hash)
        tables["ledger_entries"].append(entry)
    tables["orders"].append(
        (session_id, now, order_id, number, buyer.device_id, buyer.key, phone, phone, "cod", amount_vnd, now + timedelta(hours=72))
    )
    tables["order_lines"].append((order_id, 1, buyer.offer_id, buyer.device_id, phone, buyer.quantity, price_vnd))
    tables["order_contacts"].append((order_id, "Nguyễn Thị Lan", "+84900000000", 42, "Tỉnh Hà Tĩnh", 1, "Xã Hương Sơn", "Thôn 3", ""))
    return {"device": str(buyer.device_id), "key": str(buyer.key), "order": str(order_id), "number": number, "total_vnd": amount_vnd}


def _digest(device_id: UUID) -> bytes:
    """Every device calls from a phone of its own."""
    return hashlib.sha256(device_id.bytes).digest()[:16]
