"""What of money by bank must not stand in the clear: the secrets of notices, and banks' texts, which may name people.

AES-256-GCM under the service's secret; bound to the row that it belongs to. `ocop keys rotate` seals both anew.
"""

from __future__ import annotations

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.fulfilment.payments import SealedWords
from app.infra.database import RawConnection
from app.infra.key_ring import KeyRing
from app.infra.sealing import SealUnreadable

# Each with the row's id and what is sealed to it, under the same names.
_SEALED = (
    (
        "SELECT id, key_id, sealed_secret AS sealed FROM bank_feeds WHERE key_id <> $1 FOR UPDATE",
        "UPDATE bank_feeds SET key_id = $2, sealed_secret = $3 WHERE id = $1",
    ),
    (
        "SELECT id, key_id, sealed_words AS sealed FROM payments WHERE key_id <> $1 FOR UPDATE",
        "UPDATE payments SET key_id = $2, sealed_words = $3 WHERE id = $1",
    ),
)
_UNDER = "SELECT (SELECT count(*) FROM bank_feeds WHERE key_id = $1) + (SELECT count(*) FROM payments WHERE key_id = $1)"
_NONCE_BYTES = 12
_PURPOSE = "money by bank"


class MoneySeals:
    """Seals under the secret in use, opens with any that is known."""

    def __init__(self, ring: KeyRing) -> None:
        self._ciphers = {secret.key_id: AESGCM(secret.derived(_PURPOSE)) for secret in ring.every}
        self.current_id = ring.current.key_id

    def seal(self, text: str, about: UUID) -> SealedWords:
        nonce = os.urandom(_NONCE_BYTES)
        return SealedWords(self.current_id, nonce + self._ciphers[self.current_id].encrypt(nonce, text.encode(), about.bytes))

    def open(self, stored: SealedWords, about: UUID) -> str:
        """Raises `SealUnreadable`."""
        cipher = self._ciphers.get(stored.key_id)
        if cipher is None:
            raise SealUnreadable(details={"key_id": stored.key_id})
        try:
            return cipher.decrypt(stored.sealed[:_NONCE_BYTES], stored.sealed[_NONCE_BYTES:], about.bytes).decode()
        except (InvalidTag, ValueError) as error:
            raise SealUnreadable(details={"key_id": stored.key_id}) from error


async def reseal_money(db: RawConnection, ring: KeyRing) -> int:
    """Seal under the secret in use whatever an older one seals; returns how many. What no known secret opens stays as it is."""
    seals, done = MoneySeals(ring), 0
    for select, update in _SEALED:
        async with db.transaction():
            for row in await db.fetch(select, seals.current_id):
                try:
                    anew = seals.seal(seals.open(SealedWords(row["key_id"], row["sealed"]), row["id"]), row["id"])
                except SealUnreadable:
                    continue
                await db.execute(update, row["id"], anew.key_id, anew.sealed)
                done += 1
    return done


async def sealed_money(db: RawConnection, key_id: str) -> int:
    """How many secrets of notices and banks' texts this secret still seals."""
    count: int = await db.fetchval(_UNDER, key_id)
    return count
