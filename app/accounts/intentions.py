"""Staff's commands by key: what was meant once is done once, however often it is sent.

A page makes a key per intention (one press of a button) and sends it as `Idempotency-Key`, again with every repeat. The key is written in
the transaction of the fact, so they exist together or not at all. A repeat changes nothing and is answered with the state as it is now.
Commands claim the key before they ask whether they may still be done: what was done stays done when the session ends meanwhile.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.errors import IntentionKeyReused
from app.infra.database import RawConnection

KEPT_HOURS = 48
PURGE_INTENTIONS = text(f"DELETE FROM staff_intentions WHERE done_at < now() - interval '{KEPT_HOURS} hours'")  # noqa: S608 - a number

_CLAIM = """
INSERT INTO staff_intentions (user_id, key, digest, subject_id) VALUES ({}, {}, {}, {})
ON CONFLICT (user_id, key) DO NOTHING RETURNING subject_id
"""
_FIND = "SELECT digest, subject_id FROM staff_intentions WHERE user_id = {} AND key = {}"
_CLAIM_TEXT = text(_CLAIM.format(":user_id", ":key", ":digest", ":subject_id"))
_FIND_TEXT = text(_FIND.format(":user_id", ":key"))
_CLAIM_RAW = _CLAIM.format("$1", "$2", "$3", "$4")
_FIND_RAW = _FIND.format("$1", "$2")


@dataclass(frozen=True, slots=True)
class Intention:
    """A key with what it stands for: the digest of method, path and body."""

    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether this is the first time; `subject_id` is then the new one, otherwise that of the first time."""

    is_first: bool
    subject_id: UUID


async def intention_of(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$", description="made once per intention; a repeat with it changes nothing"
        ),
    ] = None,
) -> Intention | None:
    """The intention behind a request of staff; None when it names no key, and then every request counts."""
    if idempotency_key is None:
        return None
    content = b"\0".join((request.method.encode(), request.url.path.encode(), await request.body()))
    return Intention(idempotency_key, hashlib.sha256(content).digest())


Intended = Annotated[Intention | None, Depends(intention_of)]


async def claim_intention(db: AsyncSession, user_id: UUID, intention: Intention | None, subject_id: UUID) -> Claim:
    """Note in the open transaction that this was done, to `subject_id`. A repeat that comes meanwhile waits for that transaction's end.

    Raises `IntentionKeyReused` when the key stands for something else.
    """
    if intention is None:
        return Claim(True, subject_id)
    who = {"user_id": user_id, "key": intention.key}
    claimed = await db.scalar(_CLAIM_TEXT, who | {"digest": intention.digest, "subject_id": subject_id})
    found = None if claimed is not None else (await db.execute(_FIND_TEXT, who)).one()
    return _claim_of(intention, subject_id, None if found is None else (found.digest, found.subject_id))


async def find_intention(db: AsyncSession, user_id: UUID, intention: Intention | None) -> UUID | None:
    """What this was done to before, or None: for work that is better not begun again. Raises `IntentionKeyReused`."""
    if intention is None:
        return None
    found = (await db.execute(_FIND_TEXT, {"user_id": user_id, "key": intention.key})).one_or_none()
    return None if found is None else _claim_of(intention, found.subject_id, (found.digest, found.subject_id)).subject_id


async def claim_intention_raw(db: RawConnection, user_id: UUID, intention: Intention | None, subject_id: UUID) -> Claim:
    """The same for a transaction that is written by hand."""
    if intention is None:
        return Claim(True, subject_id)
    claimed = await db.fetchval(_CLAIM_RAW, user_id, intention.key, intention.digest, subject_id)
    found = None if claimed is not None else await db.fetchrow(_FIND_RAW, user_id, intention.key)
    return _claim_of(intention, subject_id, None if found is None else (found["digest"], found["subject_id"]))


def _claim_of(intention: Intention, subject_id: UUID, found: tuple[bytes, UUID] | None) -> Claim:
    if found is None:
        return Claim(True, subject_id)
    digest, first_subject_id = found
    if digest != intention.digest:
        raise IntentionKeyReused
    return Claim(False, first_subject_id)
