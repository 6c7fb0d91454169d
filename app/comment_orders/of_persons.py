"""What comments that asked for goods tell of a person: a copy of it, and its erasure. By the writer's device, by an order, by a phone number.

Comments themselves are public and stay, their numbers masked; the number that a claim keeps for the seller goes, and so does a comment that
still waits to be read: nothing is set aside for whoever asked to be forgotten before that. Called by `app/fulfilment/persons.py` in its transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from app.accounts.audit import insert_audit
from app.comment_orders.claim_rows import Phones, lines_in, tell_claim
from app.comment_orders.schemas import OwnClaim
from app.infra.clock import to_ms
from app.infra.database import RawConnection
from app.infra.sealing import Envelopes
from app.live.to_read import WaitingComment, take_out, waiting_of_device, waiting_that_name
from app.orders.contacts import Pseudonyms, normalise_phone
from app.orders.errors import InvalidPhone

COPIED_MOST = 500

# One look per session into the index of its claims, as for the device's list of orders.
_DEVICE = "c.device_id = $1 AND c.session_id IN (SELECT id FROM sessions ORDER BY created_at DESC LIMIT 2000)"
_ORDER = "c.order_id = $1"
_PHONE = "c.phone_digest = ANY($1::bytea[])"
_SELECT = f"SELECT c.* FROM comment_claims c WHERE {{}} ORDER BY c.said_at DESC, c.id LIMIT {COPIED_MOST}"  # noqa: S608 - constants of this module
_ERASE = """
UPDATE comment_claims c SET key_id = NULL, wrapped_key = NULL, sealed = NULL, phone_digest = NULL, phone_masked = NULL FROM sessions s
WHERE s.id = c.session_id AND num_nonnulls(c.sealed, c.phone_digest, c.phone_masked) > 0 AND {}
RETURNING c.id, c.session_id, s.organisation_id, s.state AS session_state
"""
_ORGANISATIONS = "SELECT id, organisation_id FROM sessions WHERE id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class _Person:
    """How a person is found: a condition on claims with its value, and the comments that wait."""

    condition: str
    value: Any
    waiting: Sequence[WaitingComment]


class ClaimsOfPersons:
    """Every function works inside a transaction of the caller; who may ask is for the caller to decide."""

    def __init__(self, envelopes: Envelopes, pseudonyms: Pseudonyms) -> None:
        self._envelopes = envelopes
        self._pseudonyms = pseudonyms
        self._phones = Phones(envelopes, pseudonyms)

    async def copy_of_device(self, db: RawConnection, device_id: UUID) -> list[OwnClaim]:
        return await self._copy(db, await self._of_device(db, device_id))

    async def copy_of_order(self, db: RawConnection, order_id: UUID) -> list[OwnClaim]:
        return await self._copy(db, _Person(_ORDER, order_id, ()))

    async def copy_of_phone(self, db: RawConnection, phone: str) -> list[OwnClaim]:
        """`phone`: E.164."""
        return await self._copy(db, await self._of_phone(db, phone))

    async def erase_device(self, db: RawConnection, device_id: UUID) -> int:
        """Returns how many claims and comments knew something; so do the next ones. Again changes nothing."""
        return await self._erase(db, await self._of_device(db, device_id))

    async def erase_order(self, db: RawConnection, order_id: UUID) -> int:
        return await self._erase(db, _Person(_ORDER, order_id, ()))

    async def erase_phone(self, db: RawConnection, phone: str) -> int:
        """`phone`: E.164."""
        return await self._erase(db, await self._of_phone(db, phone))

    async def _of_device(self, db: RawConnection, device_id: UUID) -> _Person:
        return _Person(_DEVICE, device_id, await waiting_of_device(db, self._envelopes, device_id))

    async def _of_phone(self, db: RawConnection, phone: str) -> _Person:
        digests = [self._pseudonyms.phone_digest(phone), *self._pseudonyms.other_phone_digests(phone)]
        return _Person(_PHONE, digests, await waiting_that_name(db, self._envelopes, lambda number: is_number(number, phone)))

    async def _copy(self, db: RawConnection, person: _Person) -> list[OwnClaim]:
        claims = [self._own(row) for row in await db.fetch(_SELECT.format(person.condition), person.value)]
        return claims + [_unread(comment) for comment in person.waiting]

    async def _erase(self, db: RawConnection, person: _Person) -> int:
        # First the comments: whoever reads one at this moment has written its claim before this goes on, or finds it gone.
        taken = await take_out(db, [comment.id for comment in person.waiting])
        unread = [comment.session_id for comment in person.waiting if comment.id in taken]
        erased = await db.fetch(_ERASE.format(person.condition), person.value)
        for row in erased:
            if row["session_state"] == "live":
                await tell_claim(db, row["id"], row["session_id"])
        organisations = {row["id"]: row["organisation_id"] for row in await db.fetch(_ORGANISATIONS, unread)}
        told = [organisations[session_id] for session_id in unread] + [row["organisation_id"] for row in erased]
        for organisation_id in set(told):
            about = {"claims": told.count(organisation_id)}
            await insert_audit(db, organisation_id=organisation_id, user_id=None, action="person.claims_erased", details=about)
        return len(told)

    def _own(self, row: asyncpg.Record) -> OwnClaim:
        return OwnClaim(
            session_id=row["session_id"],
            comment_id=row["comment_id"],
            author=row["author"],
            words=row["words"],
            said_at_ms=to_ms(row["said_at"]) or 0,
            state=row["state"],
            phone=self._phones.open(row) or row["phone_masked"],
            lines=lines_in(row),
        )


def is_number(spelling: str, phone: str) -> bool:
    """Whether a spelling is this number (E.164)."""
    try:
        return normalise_phone(spelling) == phone
    except InvalidPhone:
        return False


def _unread(comment: WaitingComment) -> OwnClaim:
    return OwnClaim(
        session_id=comment.session_id,
        comment_id=comment.id,
        author=comment.author,
        words=comment.text,
        said_at_ms=to_ms(comment.said_at) or 0,
        state="unread",
        phone=", ".join(comment.phones) or None,
        lines=[],
    )
