"""Ed25519 keys of organisations: made when first needed, the private half sealed at rest."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.infra.database import RawConnection
from app.infra.key_ring import KeyRing
from app.reports.errors import SigningKeyUnreadable

_READ = "SELECT public_key, sealed_private_key FROM signing_keys WHERE organisation_id = $1"
_INSERT = "INSERT INTO signing_keys (organisation_id, public_key, sealed_private_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Signature:
    """64 bytes over a text, with the 32 bytes of the public key that checks it."""

    signature: bytes
    public_key: bytes


class Signer:
    """Signs for organisations. The seal depends on the service's secrets: without them a copy of the database cannot sign."""

    def __init__(self, ring: KeyRing) -> None:
        self._seal = MultiFernet([Fernet(base64.urlsafe_b64encode(secret.derived("signing keys"))) for secret in ring.every])

    def resealed(self, sealed_private_key: bytes) -> bytes:
        """The same under the current secret. Raises `SigningKeyUnreadable`."""
        try:
            return self._seal.rotate(sealed_private_key)
        except InvalidToken as error:
            raise SigningKeyUnreadable from error

    async def sign(self, db: RawConnection, organisation_id: UUID, text: str) -> Signature:
        """Sign a text for an organisation. Raises `SigningKeyUnreadable` when the secret is another than when the key was made."""
        public_key, private_key = await self._key_of(db, organisation_id)
        return Signature(private_key.sign(text.encode()), public_key)

    async def public_key(self, db: RawConnection, organisation_id: UUID) -> bytes:
        """The key to publish; made now if the organisation has none yet."""
        return (await self._key_of(db, organisation_id))[0]

    async def _key_of(self, db: RawConnection, organisation_id: UUID) -> tuple[bytes, Ed25519PrivateKey]:
        row = await db.fetchrow(_READ, organisation_id)
        if row is None:
            fresh = Ed25519PrivateKey.generate()
            await db.execute(_INSERT, organisation_id, fresh.public_key().public_bytes_raw(), self._seal.encrypt(fresh.private_bytes_raw()))
            # read again: another node may have been first
            row = await db.fetchrow(_READ, organisation_id)
            assert row is not None  # noqa: S101 - inserted just now
        try:
            return row["public_key"], Ed25519PrivateKey.from_private_bytes(self._seal.decrypt(row["sealed_private_key"]))
        except InvalidToken as error:
            raise SigningKeyUnreadable from error
