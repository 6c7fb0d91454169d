"""Where the writer of a comment had goods sent before, by the device or by the phone that the comment names: what makes one tap enough."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from app.comment_orders.claim_rows import Phones
from app.comment_orders.schemas import ToldReceiver
from app.infra.database import RawConnection
from app.infra.sealing import Envelopes, SealUnreadable
from app.orders.contacts import CONTACT_COLUMNS, Contact, contact_of
from app.protocol.client_commands import Buyer, BuyerAddress

# One look per session into the index that finds repeats; buyers of long ago say their address again.
_BY_DEVICE = f"""
SELECT found.* FROM (SELECT id FROM sessions WHERE organisation_id = $1 ORDER BY created_at DESC LIMIT 50) AS near CROSS JOIN LATERAL (
  SELECT o.placed_at, {CONTACT_COLUMNS} FROM orders o JOIN order_contacts c ON c.order_id = o.id AND c.erased_at IS NULL
  WHERE o.session_id = near.id AND o.device_id = $2 ORDER BY o.placed_at DESC LIMIT 1
) AS found ORDER BY found.placed_at DESC LIMIT 1
"""  # noqa: S608 - names of our own columns
_BY_PHONE = f"""
SELECT o.placed_at, {CONTACT_COLUMNS} FROM order_contacts c JOIN orders o ON o.id = c.order_id
JOIN sessions s ON s.id = o.session_id AND s.organisation_id = $1
WHERE c.phone_digest = $2 AND c.erased_at IS NULL ORDER BY o.placed_at DESC LIMIT 1
"""  # noqa: S608 - names of our own columns


class KnownReceivers:
    """Reads only; what it finds leaves here masked, or goes into an order."""

    def __init__(self, envelopes: Envelopes, phones: Phones) -> None:
        self._envelopes = envelopes
        self._phones = phones

    async def of(self, db: RawConnection, organisation_id: UUID, claim: asyncpg.Record) -> Buyer | None:
        """The receiver for an order of this claim; the phone is the one that the comment names, if it does."""
        contact = await self._contact(db, organisation_id, claim)
        if contact is None:
            return None
        return Buyer(
            name=contact.name,
            phone=self._phones.open(claim) or contact.phone,
            address=BuyerAddress(province_code=contact.province_code, ward_code=contact.ward_code, street=contact.street),
        )

    async def told(self, db: RawConnection, organisation_id: UUID, claim: asyncpg.Record) -> ToldReceiver | None:
        """The same for the desk's list: initials, ward and province."""
        contact = await self._contact(db, organisation_id, claim)
        if contact is None:
            return None
        initials = " ".join(f"{part[0]}." for part in contact.name.split())
        return ToldReceiver(name=initials, ward_name=contact.ward_name, province_name=contact.province_name)

    async def _contact(self, db: RawConnection, organisation_id: UUID, claim: asyncpg.Record) -> Contact | None:
        row = await db.fetchrow(_BY_DEVICE, organisation_id, claim["device_id"])
        if row is None and claim["phone_digest"] is not None:
            row = await db.fetchrow(_BY_PHONE, organisation_id, claim["phone_digest"])
        try:
            return None if row is None else contact_of(self._envelopes, row)
        except SealUnreadable:
            return None
