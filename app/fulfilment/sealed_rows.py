"""Rows of `order_contacts` and `complaints` on their way into their seal and out of it; those of before are sealed a few at a time.

Called by `buyer_orders.py` and `desk.py`, each in a transaction of its own, and by `jobs.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from app.infra.database import Database, RawConnection
from app.infra.key_ring import KeyRing
from app.infra.sealing import DataKey, Envelopes
from app.orders.contacts import CONTACT_COLUMNS, Contact, Pseudonyms, contact_of, data_key_of, seal_contact, seal_words

SEALED_AT_ONCE = 200

_ROW = f"SELECT {CONTACT_COLUMNS} FROM order_contacts c WHERE c.order_id = $1 FOR UPDATE"  # noqa: S608 - names of our own columns
_WRITE = """
UPDATE order_contacts SET key_id = $2, wrapped_key = $3, sealed = $4, phone_digest = $5, changed_at = coalesce($6, changed_at),
  name = NULL, phone = NULL, province_code = NULL, province_name = NULL, ward_code = NULL, ward_name = NULL, street = NULL, note = NULL
WHERE order_id = $1
"""
_IN_THE_CLEAR = f"""
SELECT {CONTACT_COLUMNS} FROM order_contacts c WHERE c.phone IS NOT NULL ORDER BY c.order_id LIMIT $1 FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - names of our own columns
_WORDS_IN_THE_CLEAR = """
SELECT id, order_id, words, answer FROM complaints WHERE words IS NOT NULL OR answer IS NOT NULL ORDER BY id LIMIT $1
FOR UPDATE SKIP LOCKED
"""
_SEAL_WORDS = """
UPDATE complaints SET sealed_words = coalesce($2, sealed_words), sealed_answer = coalesce($3, sealed_answer), words = NULL, answer = NULL
WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class OpenContact:
    """An order's contact, its row locked until the transaction ends, and the key that everything of the order is sealed with."""

    contact: Contact
    key: DataKey


class SealedRows:
    """Opens, seals and mends rows inside a transaction of the caller."""

    def __init__(self, ring: KeyRing) -> None:
        self.envelopes = Envelopes(ring)
        self.pseudonyms = Pseudonyms(ring)

    async def lock(self, db: RawConnection, order_id: UUID) -> OpenContact | None:
        """None once the person was erased. A row of before is sealed by this."""
        return await self._opened(db, (await db.fetch(_ROW, order_id))[0])

    async def write(self, db: RawConnection, order_id: UUID, opened: OpenContact, *, changed_at: datetime | None = None) -> None:
        """Seal a contact under its order's key; nothing of the row stays in the clear."""
        sealed = seal_contact(opened.key, order_id, opened.contact)
        digest = self.pseudonyms.phone_digest(opened.contact.phone)
        await db.execute(_WRITE, order_id, sealed.key_id, sealed.wrapped_key, sealed.sealed, digest, changed_at)

    async def _opened(self, db: RawConnection, row: asyncpg.Record) -> OpenContact | None:
        contact = contact_of(self.envelopes, row)
        if contact is None:
            return None
        if (key := data_key_of(self.envelopes, row)) is not None:
            return OpenContact(contact, key)
        opened = OpenContact(contact, self.envelopes.new_key())
        await self.write(db, row["order_id"], opened)
        return opened

    async def seal_some(self, db: RawConnection) -> int:
        """Seal some rows that code of before wrote in the clear; returns how many there were. Those that somebody works on come later."""
        rows = await db.fetch(_IN_THE_CLEAR, SEALED_AT_ONCE)
        for row in rows:
            await self._opened(db, row)
        complaints = await db.fetch(_WORDS_IN_THE_CLEAR, SEALED_AT_ONCE)
        for each in complaints:
            opened = await self.lock(db, each["order_id"])
            sealed = [
                None if opened is None or words is None else seal_words(opened.key, each["id"], words)
                for words in (each["words"], each["answer"])
            ]
            await db.execute(_SEAL_WORDS, each["id"], *sealed)
        return len(rows) + len(complaints)


class OldRows:
    """The job that leaves nothing in the clear. Safe to run on several nodes, also while code of before still writes such rows."""

    def __init__(self, database: Database, rows: SealedRows) -> None:
        self._database = database
        self._rows = rows

    async def seal_some(self) -> int:
        async with self._database.pool.acquire() as db, db.transaction():
            return await self._rows.seal_some(db)
