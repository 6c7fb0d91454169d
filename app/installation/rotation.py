"""Puts everything that is wrapped with an older secret under the current one, a few rows at a time. Called by `ocop keys`.

It may run beside the service, be stopped at any moment and be run again: what is done is not done twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.accounts.second_factor import SecondFactors, sealed_second_factors
from app.carriers.seals import reseal_carriers, sealed_carriers
from app.fulfilment.money_seals import reseal_money, sealed_money
from app.infra.database import RawConnection
from app.infra.key_ring import KeyRing
from app.infra.sealing import Envelopes, SealUnreadable, WrappedKey
from app.orders.contacts import CONTACT_COLUMNS, Pseudonyms, contact_of
from app.reports.errors import SigningKeyUnreadable
from app.reports.signing import Signer

AT_ONCE = 500

# Tables with rows that have a data key each, and the column that names the row.
_KEYED = (
    ("order_contacts", "order_id"),
    ("session_complaints", "id"),
    ("comment_claims", "id"),
    ("comments_to_read", "comment_id"),
)
_KEYS = " UNION ALL ".join(f"SELECT key_id FROM {table} WHERE key_id IS NOT NULL" for table, _ in _KEYED)  # noqa: S608 - our own tables
KEYS_BY_SECRET = f"SELECT key_id, count(*) AS keys FROM ({_KEYS}) AS sealed GROUP BY key_id"  # noqa: S608 - the same
"""How many data keys each secret wraps."""
_SOME = f"""
SELECT {CONTACT_COLUMNS} FROM order_contacts c WHERE c.key_id <> $1 AND c.order_id > $2 ORDER BY c.order_id LIMIT $3 FOR UPDATE
"""  # noqa: S608 - names of our own columns
_REWRAP = """
UPDATE order_contacts SET key_id = $1, wrapped_key = t.wrapped, phone_digest = t.digest
FROM unnest($2::uuid[], $3::bytea[], $4::bytea[]) AS t(id, wrapped, digest) WHERE order_id = t.id
"""
_SOME_OTHERS = (
    "SELECT {name} AS id, key_id, wrapped_key FROM {table} WHERE key_id <> $1 AND {name} > $2 ORDER BY {name} LIMIT $3 FOR UPDATE"
)
_REWRAP_OTHERS = """
UPDATE {table} r SET key_id = $1, wrapped_key = t.wrapped FROM unnest($2::uuid[], $3::bytea[]) AS t(id, wrapped) WHERE r.{name} = t.id
"""
_SIGNING_KEYS = "SELECT organisation_id, sealed_private_key FROM signing_keys ORDER BY organisation_id"
_RESEAL = "UPDATE signing_keys SET sealed_private_key = $2 WHERE organisation_id = $1 AND sealed_private_key = $3"


@dataclass(slots=True)
class Progress:
    """How far it is. `unreadable`: rows whose secret this installation does not have; they stay as they are."""

    total: int
    done: int = 0
    unreadable: int = 0


class KeyRotation:
    """Works on one connection of the tables' owner."""

    def __init__(self, db: RawConnection, ring: KeyRing) -> None:
        self._db = db
        self._ring = ring
        self._envelopes = Envelopes(ring)
        self._pseudonyms = Pseudonyms(ring)

    async def in_use(self) -> Counter[str]:
        """How many keys, of orders, complaints about sessions and numbers in comments, are wrapped with each secret, by key id."""
        return Counter({row["key_id"]: row["keys"] for row in await self._db.fetch(KEYS_BY_SECRET)})

    async def rewrap(self) -> AsyncIterator[Progress]:
        """Rewrap all of these keys; yields after each step, committed."""
        under = await self.in_use()
        progress, last = Progress(under.total() - under[self._ring.current.key_id]), UUID(int=0)
        while True:
            async with self._db.transaction():
                rows = await self._db.fetch(_SOME, self._ring.current.key_id, last, AT_ONCE)
                await self._rewrap_some(rows, progress)
            if not rows:
                break
            last = rows[-1]["order_id"]
            yield progress
        for table, name in _KEYED[1:]:
            async for _ in self._rewrap_others(table, name, progress):
                yield progress

    async def reseal(self) -> int:
        """Seal the organisations' signing keys anew, what is sealed of money by bank, carriers' tokens and second factors; returns how many
        signing keys.

        Raises `SigningKeyUnreadable`.
        """
        await reseal_money(self._db, self._ring)
        await reseal_carriers(self._db, self._ring)
        await SecondFactors(self._ring).reseal(self._db)
        signer = Signer(self._ring)
        rows = await self._db.fetch(_SIGNING_KEYS)
        for row in rows:
            sealed = row["sealed_private_key"]
            await self._db.execute(_RESEAL, row["organisation_id"], signer.resealed(sealed), sealed)
        return len(rows)

    async def needs(self, key_id: str) -> str | None:
        """Why this secret cannot be forgotten yet, or None."""
        if (keys := (await self.in_use())[key_id]) > 0:
            return f"{keys} orders, complaints or numbers in comments are wrapped with {key_id}. Run `ocop keys rotate` first."
        if (money := await sealed_money(self._db, key_id)) > 0:
            return f"{money} secrets of banks' notices or banks' texts are sealed with {key_id}. Run `ocop keys rotate` first."
        if (accounts := await sealed_carriers(self._db, key_id)) > 0:
            return f"{accounts} carriers' tokens are sealed with {key_id}. Run `ocop keys rotate` first."
        if (factors := await sealed_second_factors(self._db, key_id)) > 0:
            return f"{factors} second factors of people's sign-ins are sealed with {key_id}. Run `ocop keys rotate` first."
        others = [secret.text for secret in self._ring.every if secret.key_id != key_id]
        signer = Signer(KeyRing(others[0], former=others[1:]))
        try:
            for row in await self._db.fetch(_SIGNING_KEYS):
                signer.resealed(row["sealed_private_key"])
        except SigningKeyUnreadable:
            return f"An organisation's signing key is sealed with {key_id}. Run `ocop keys rotate` first."
        return None

    async def _rewrap_others(self, table: str, name: str, progress: Progress) -> AsyncIterator[None]:
        """Rows whose key is all that follows the secret."""
        last = UUID(int=0)
        while True:
            async with self._db.transaction():
                rows = await self._db.fetch(_SOME_OTHERS.format(table=table, name=name), self._ring.current.key_id, last, AT_ONCE)
                ids, wrapped = [], []
                for row in rows:
                    try:
                        wrapped.append(self._envelopes.rewrapped(WrappedKey(row["key_id"], row["wrapped_key"])).wrapped)
                        ids.append(row["id"])
                    except SealUnreadable:
                        progress.unreadable += 1
                await self._db.execute(_REWRAP_OTHERS.format(table=table, name=name), self._ring.current.key_id, ids, wrapped)
                progress.done += len(ids)
            if not rows:
                return
            last = rows[-1]["id"]
            yield

    async def _rewrap_some(self, rows: list[asyncpg.Record], progress: Progress) -> None:
        ids, wrapped, digests = [], [], []
        for row in rows:
            try:
                key = self._envelopes.rewrapped(WrappedKey(row["key_id"], row["wrapped_key"]))
                contact = contact_of(self._envelopes, row)
            except SealUnreadable:
                progress.unreadable += 1
                continue
            ids.append(row["order_id"])
            wrapped.append(key.wrapped)
            # The number as the current secret hashes it, so that people find it when the older one is forgotten.
            digests.append(None if contact is None else self._pseudonyms.phone_digest(contact.phone))
        await self._db.execute(_REWRAP, self._ring.current.key_id, ids, wrapped, digests)
        progress.done += len(ids)
