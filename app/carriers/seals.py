"""Carriers' tokens and the secrets of their notices as they are stored: AES-256-GCM under the service's secret, bound to the account's row."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.infra.database import RawConnection
from app.infra.key_ring import KeyRing
from app.infra.sealing import SealUnreadable

_OLD = "SELECT id, key_id, sealed_token, sealed_secret FROM carrier_accounts WHERE key_id <> $1 FOR UPDATE"
_RESEAL = "UPDATE carrier_accounts SET key_id = $2, sealed_token = $3, sealed_secret = $4 WHERE id = $1"
_UNDER = "SELECT count(*) FROM carrier_accounts WHERE key_id = $1"
_NONCE_BYTES = 12
_PURPOSE = "carrier accounts"
Part = Literal["token", "secret"]


@dataclass(frozen=True, slots=True)
class SealedAccount:
    key_id: str
    token: bytes
    secret: bytes


class CarrierSeals:
    """Seals under the secret in use, opens with any that is known."""

    def __init__(self, ring: KeyRing) -> None:
        self._ciphers = {secret.key_id: AESGCM(secret.derived(_PURPOSE)) for secret in ring.every}
        self.current_id = ring.current.key_id

    def seal(self, account_id: UUID, *, token: str, secret: str) -> SealedAccount:
        return SealedAccount(self.current_id, self._sealed(token, "token", account_id), self._sealed(secret, "secret", account_id))

    def token(self, account_id: UUID, key_id: str, sealed: bytes) -> str:
        """Raises `SealUnreadable`."""
        return self._opened(key_id, sealed, "token", account_id)

    def secret(self, account_id: UUID, key_id: str, sealed: bytes) -> str:
        """Raises `SealUnreadable`."""
        return self._opened(key_id, sealed, "secret", account_id)

    def _sealed(self, text: str, part: Part, account_id: UUID) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._ciphers[self.current_id].encrypt(nonce, text.encode(), part.encode() + account_id.bytes)

    def _opened(self, key_id: str, sealed: bytes, part: Part, account_id: UUID) -> str:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealUnreadable(details={"key_id": key_id})
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], part.encode() + account_id.bytes).decode()
        except (InvalidTag, ValueError) as error:
            raise SealUnreadable(details={"key_id": key_id}) from error


async def reseal_carriers(db: RawConnection, ring: KeyRing) -> int:
    """Seal under the secret in use whatever an older one seals; returns how many accounts. What no known secret opens stays as it is."""
    seals, done = CarrierSeals(ring), 0
    async with db.transaction():
        for row in await db.fetch(_OLD, seals.current_id):
            account_id, key_id = row["id"], row["key_id"]
            try:
                token = seals.token(account_id, key_id, row["sealed_token"])
                anew = seals.seal(account_id, token=token, secret=seals.secret(account_id, key_id, row["sealed_secret"]))
            except SealUnreadable:
                continue
            await db.execute(_RESEAL, account_id, anew.key_id, anew.token, anew.secret)
            done += 1
    return done


async def sealed_carriers(db: RawConnection, key_id: str) -> int:
    """How many accounts this secret still seals."""
    count: int = await db.fetchval(_UNDER, key_id)
    return count
