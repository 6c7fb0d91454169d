"""One-time codes of a phone as a second factor (TOTP, RFC 6238). The shared secret is sealed with the service's; each code counts once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.errors import SecondFactorNotBegun, SecondFactorOn, SecondFactorUnreadable, SecondFactorWrong
from app.accounts.models import SecondFactor
from app.infra.clock import utc_now
from app.infra.database import RawConnection
from app.infra.key_ring import KeyRing

STEP_SECONDS = 30
# A phone's clock may be off by one step either way.
_STEPS_AROUND = (0, -1, 1)
_NONCE_BYTES = 12
_ISSUER = "ocop-live"
_OLD = "SELECT user_id, key_id, sealed FROM second_factors WHERE key_id <> $1 FOR UPDATE"
_RESEAL = "UPDATE second_factors SET key_id = $2, sealed = $3 WHERE user_id = $1"
_UNDER = "SELECT count(*) FROM second_factors WHERE key_id = $1"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the phone's app is told, once: as text to type, and as an address for a QR code."""

    secret: str
    uri: str


class SecondFactors:
    """Keeps and checks them, inside transactions of the caller."""

    def __init__(self, ring: KeyRing) -> None:
        self._ciphers = {secret.key_id: AESGCM(secret.derived("second factors")) for secret in ring.every}
        self._current_id = ring.current.key_id

    async def begin(self, db: AsyncSession, user_id: UUID, login: str) -> Enrolment:
        """A new secret, which counts once a code of it was shown. One that was begun before is forgotten. Raises `SecondFactorOn`."""
        if await is_on(db, user_id):
            raise SecondFactorOn
        secret = pyotp.random_base32()
        row = {**self._sealed(user_id, secret), "created_at": utc_now(), "last_step": 0}
        new = insert(SecondFactor).values(user_id=user_id, **row)
        await db.execute(new.on_conflict_do_update(index_elements=[SecondFactor.user_id], set_=row))
        return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=_ISSUER))

    async def confirm(self, db: AsyncSession, user_id: UUID, code: str) -> None:
        """From now on signing in needs a code. Raises `SecondFactorNotBegun`, `SecondFactorOn`, `SecondFactorWrong`."""
        row = await db.get(SecondFactor, user_id, with_for_update=True)
        if row is None:
            raise SecondFactorNotBegun
        if row.confirmed_at is not None:
            raise SecondFactorOn
        await self._use(db, row, code)
        await db.execute(update(SecondFactor).where(SecondFactor.user_id == user_id).values(confirmed_at=utc_now()))

    async def check(self, db: AsyncSession, user_id: UUID, code: str) -> None:
        """Use up a code. Raises `SecondFactorWrong`, also for one that was used before."""
        row = await db.get(SecondFactor, user_id, with_for_update=True)
        if row is not None and row.confirmed_at is not None:
            await self._use(db, row, code)

    async def _use(self, db: AsyncSession, row: SecondFactor, code: str) -> None:
        secret = self._open(row)
        totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
        now = int(utc_now().timestamp())
        given = "".join(code.split())
        fits = [step for around in _STEPS_AROUND if totp.verify(given, for_time=(step := now // STEP_SECONDS + around) * STEP_SECONDS)]
        new = [step for step in fits if step > row.last_step]
        if not new:
            raise SecondFactorWrong
        # under the secret of now, so that an older one can be forgotten
        anew = {} if row.key_id == self._current_id else self._sealed(row.user_id, secret)
        await db.execute(update(SecondFactor).where(SecondFactor.user_id == row.user_id).values(last_step=max(new), **anew))

    async def reseal(self, db: RawConnection) -> int:
        """Seal under the secret in use whatever an older one seals; returns how many. What no known secret opens stays as it is."""
        done = 0
        async with db.transaction():
            for row in await db.fetch(_OLD, self._current_id):
                found = SecondFactor(user_id=row["user_id"], key_id=row["key_id"], sealed=row["sealed"])
                try:
                    anew = self._sealed(found.user_id, self._open(found))
                except SecondFactorUnreadable:
                    continue
                await db.execute(_RESEAL, found.user_id, anew["key_id"], anew["sealed"])
                done += 1
        return done

    def _sealed(self, user_id: UUID, secret: str) -> dict[str, Any]:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._ciphers[self._current_id].encrypt(nonce, secret.encode(), user_id.bytes)
        return {"key_id": self._current_id, "sealed": sealed}

    def _open(self, row: SecondFactor) -> str:
        cipher = self._ciphers.get(row.key_id)
        if cipher is None:
            raise SecondFactorUnreadable(details={"key_id": row.key_id})
        try:
            return cipher.decrypt(row.sealed[:_NONCE_BYTES], row.sealed[_NONCE_BYTES:], row.user_id.bytes).decode()
        except InvalidTag as error:
            raise SecondFactorUnreadable from error


async def sealed_second_factors(db: RawConnection, key_id: str) -> int:
    """How many this secret still seals."""
    count: int = await db.fetchval(_UNDER, key_id)
    return count


async def is_on(db: AsyncSession, user_id: UUID) -> bool:
    found = select(SecondFactor.user_id).where(SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None))
    return await db.scalar(found) is not None


async def forget(db: AsyncSession, user_id: UUID) -> bool:
    """Whether there was one."""
    gone = delete(SecondFactor).where(SecondFactor.user_id == user_id).returning(SecondFactor.user_id)
    return await db.scalar(gone) is not None
