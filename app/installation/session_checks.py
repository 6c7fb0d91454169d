"""Whether the session that was taken in says what its ledger says: the chain, the columns beside it, the orders, the signed statements."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.infra.clock import to_ms
from app.infra.database import RawConnection
from app.installation.transfer_errors import LedgerDoesNotFit, PackageConflicts
from app.ledger.chain import chain, entry_of, genesis_hash

_AT_ONCE = 1_000
_ENTRIES = """
SELECT e.seq, e.kind, e.order_id, e.happened_at, e.amount_vnd, e.units, e.body, e.hash, o.id AS placed_id, o.total_vnd, o.shipping_vnd
FROM ledger_entries e LEFT JOIN orders o ON o.session_id = e.session_id AND o.seq = e.seq
WHERE e.session_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3
"""
_HEAD = "SELECT last_seq, last_hash FROM ledgers WHERE session_id = $1"
_STATEMENTS = "SELECT number, body, signature, public_key, last_seq FROM closing_statements WHERE session_id = $1 ORDER BY number"
_STRANGERS = """
SELECT count(*) FROM (
  SELECT p.organisation_id FROM session_products l JOIN products p ON p.id = l.product_id WHERE l.session_id = $1
  UNION ALL SELECT m.organisation_id FROM offers f JOIN producers m ON m.id = f.producer_id WHERE f.session_id = $1
  UNION ALL SELECT p.organisation_id FROM offers f JOIN products p ON p.id = f.product_id WHERE f.session_id = $1
) AS found WHERE organisation_id <> (SELECT organisation_id FROM sessions WHERE id = $1)
"""
# Rows that say they belong to another session's orders or offers.
_ASTRAY = """
SELECT (SELECT count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN offers f ON f.id = l.offer_id
        WHERE o.session_id = $1 AND f.session_id <> $1)
  + (SELECT count(*) FROM order_changes c JOIN orders o ON o.id = c.order_id WHERE c.session_id = $1 AND o.session_id <> $1)
"""


async def require_fitting(db: RawConnection, session_id: UUID) -> int:
    """Returns the number of entries. Raises `LedgerDoesNotFit`, `PackageConflicts`."""
    if await db.fetchval(_STRANGERS, session_id):
        raise PackageConflicts("Goods of the session are here already, as another organisation's.")
    if await db.fetchval(_ASTRAY, session_id):
        raise PackageConflicts("Orders of the package are of an offer, or of a session, that is another here.")
    statements = {row["last_seq"]: row for row in await db.fetch(_STATEMENTS, session_id)}
    last_hash, seq = genesis_hash(session_id), 0
    while rows := await db.fetch(_ENTRIES, session_id, seq, _AT_ONCE):
        for row in rows:
            seq, last_hash = seq + 1, chain(last_hash, row["body"])
            if (wrong := _wrong_with(row, session_id, seq, last_hash)) is not None:
                raise LedgerDoesNotFit(f"Entry {seq} of the ledger: {wrong}.")
            if (statement := statements.pop(seq, None)) is not None:
                _require_signed(statement, session_id, last_hash)
    if (statement := statements.pop(0, None)) is not None:
        _require_signed(statement, session_id, genesis_hash(session_id))
    if statements:
        raise LedgerDoesNotFit(f"Statement {min(row['number'] for row in statements.values())} is about entries that are missing.")
    head = await db.fetchrow(_HEAD, session_id)
    if (head is not None or seq) and (head is None or head["last_seq"] != seq or head["last_hash"] != last_hash):
        raise LedgerDoesNotFit("The ledger ends with another entry than its head says.")
    return seq


def _wrong_with(row: asyncpg.Record, session_id: UUID, seq: int, last_hash: bytes) -> str | None:
    if row["seq"] != seq or row["hash"] != last_hash:
        return "it was changed, or one before it is missing"
    try:
        entry = entry_of(row["body"])
        said = (entry.session_id, entry.seq, entry.kind, entry.order_id, entry.happened_at_ms, entry.amount_vnd, entry.units)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "its text cannot be read by this code"
    beside = (session_id, seq, row["kind"], row["order_id"], to_ms(row["happened_at"]), row["amount_vnd"], row["units"])
    if said != beside:
        return "the columns beside its text say something else"
    is_order = (row["placed_id"], row["total_vnd"], row["shipping_vnd"]) == (entry.order_id, entry.total_vnd, entry.shipping_vnd)
    if (entry.kind == "placed") != (row["placed_id"] is not None) or (entry.kind == "placed" and not is_order):
        return "its order is missing, or says another amount"
    return None


def _require_signed(statement: asyncpg.Record, session_id: UUID, last_hash: bytes) -> None:
    """That it is signed with the key beside it, and over this ledger up to that entry."""
    try:
        Ed25519PublicKey.from_public_bytes(statement["public_key"]).verify(statement["signature"], statement["body"].encode())
        said: dict[str, Any] = json.loads(statement["body"])
        fits = (said["session"], said["last_seq"], said["last_hash"]) == (str(session_id), statement["last_seq"], last_hash.hex())
    except (InvalidSignature, ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        raise LedgerDoesNotFit(f"Statement {statement['number']} was not signed over this ledger.")
