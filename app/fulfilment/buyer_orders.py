"""What a buyer does with an order after placing it: look, mend the address, cancel, complain. Called by `buyer_routes.py`.

Cancelling is a fact about the order and becomes a ledger entry. Address and complaint are not: they change no unit and no sum, they
hold personal data, and the ledger holds none, because nothing can be taken out of it again. That they happened is in the audit trail.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID, uuid4

from app.accounts.audit import insert_audit
from app.errors import AppError
from app.fulfilment import buyer_queries as queries
from app.fulfilment.buyer_schemas import CancelReason, MyOrder, NewComplaint, OrderPage, ReceiverChange
from app.fulfilment.desk import OrderDesk
from app.fulfilment.errors import ComplaintsWait, OrderNoLongerYours, OrderNotFound
from app.fulfilment.lookup_limits import LookupLimits
from app.fulfilment.transitions import Step
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.ledger.append import open_ledger
from app.ledger.kinds import buyer_may_act, state_of
from app.orders.contacts import Contact, Pseudonyms, checked_contact, normalise_phone
from app.protocol.client_commands import Buyer
from app.protocol.order_codes import read_order_code

COMPLAINTS_WAITING_MOST = 3
COMPLAINTS_MOST = 20

_KINDS = "SELECT array_agg(kind) FROM ledger_entries WHERE session_id = $1 AND order_id = $2"
_ORGANISATION = "SELECT organisation_id FROM sessions WHERE id = $1"
_NAME = "SELECT name FROM order_contacts WHERE order_id = $1 AND phone IS NOT NULL FOR UPDATE"
_MEND = """
UPDATE order_contacts SET phone = $2, province_code = $3, province_name = $4, ward_code = $5, ward_name = $6, street = $7, note = $8,
  changed_at = $9 WHERE order_id = $1
"""
# Nobody updates orders; the contact's row is what two complaints of one order meet at.
_ONE_AT_A_TIME = "SELECT FROM order_contacts WHERE order_id = $1 FOR UPDATE"
_COMPLAINTS = """
SELECT count(*) FILTER (WHERE answered_at IS NULL) AS waiting, count(*) AS made, bool_or(client_key = $2) AS is_repeat FROM complaints WHERE order_id = $1
"""
_COMPLAIN = "INSERT INTO complaints (id, order_id, client_key, words, made_at) VALUES ($1, $2, $3, $4, $5)"


class Link(NamedTuple):
    """What the address of an order's page holds: its code, as typed, and the token that proves the right to see it."""

    code: str
    token: str


class BuyerOrders:
    """Orders as their buyers see them. Every link that does not fit is `OrderNotFound`, whatever is wrong with it."""

    def __init__(self, database: Database, *, desk: OrderDesk, limits: LookupLimits, secret: str) -> None:
        self._database = database
        self._desk = desk
        self._limits = limits
        self._pseudonyms = Pseudonyms(secret)

    async def page(self, link: Link) -> OrderPage:
        """The order as it is now."""
        async with self._database.pool.acquire() as db:
            _, order_id = await self._find(db, link)
            return await queries.order_page(db, order_id)

    async def mend(self, link: Link, change: ReceiverChange) -> OrderPage:
        """Send the goods elsewhere. Raises `OrderNoLongerYours`, `InvalidPhone`, `InvalidAddress`."""
        async with self._database.pool.acquire() as db, db.transaction():
            session_id, order_id = await self._find(db, link)
            # Held until COMMIT, so that the desk confirms either the old address or the new one.
            await open_ledger(db, session_id, utc_now())
            had = await db.fetchval(_KINDS, session_id, order_id)
            name = await db.fetchval(_NAME, order_id)
            if not buyer_may_act(had) or name is None:
                raise OrderNoLongerYours(details={"state": state_of(had)})
            contact = checked_contact(Buyer(name=name, phone=change.phone, address=change.address, note=change.note))
            await db.execute(_MEND, order_id, *_mended(contact), utc_now())
            await self._audit(db, session_id, "order.mended_by_buyer", order_id)
            return await queries.order_page(db, order_id)

    async def cancel(self, link: Link, reason: CancelReason) -> OrderPage:
        """Cancel an order that nobody has agreed on yet; its units go back. Again changes nothing. Raises `OrderNoLongerYours`."""
        async with self._database.pool.acquire() as db:
            session_id, order_id = await self._find(db, link)
        (answer,) = (await self._desk.append(session_id, [Step(order_id, "cancelled", reason, by_buyer=True)])).answers
        async with self._database.pool.acquire() as db:
            page = await queries.order_page(db, order_id)
        if isinstance(answer, AppError) and all(entry.kind != "cancelled" for entry in page.entries):
            raise OrderNoLongerYours(details={"state": page.state})
        return page

    async def complain(self, link: Link, complaint: NewComplaint) -> OrderPage:
        """Tell the seller what is wrong; the same key again is the same complaint. Raises `ComplaintsWait`."""
        async with self._database.pool.acquire() as db, db.transaction():
            session_id, order_id = await self._find(db, link)
            await db.fetch(_ONE_AT_A_TIME, order_id)
            made = (await db.fetch(_COMPLAINTS, order_id, complaint.key))[0]
            if not made["is_repeat"]:
                if made["waiting"] >= COMPLAINTS_WAITING_MOST or made["made"] >= COMPLAINTS_MOST:
                    raise ComplaintsWait
                await db.execute(_COMPLAIN, uuid4(), order_id, complaint.key, complaint.words, utc_now())
                await self._audit(db, session_id, "complaint.made", order_id)
            return await queries.order_page(db, order_id)

    async def mine(self, device_id: UUID) -> list[MyOrder]:
        """The newest orders of a device over all sessions, also those that are over; without personal data."""
        async with self._database.pool.acquire() as db:
            return await queries.orders_of_device(db, self._pseudonyms, device_id)

    async def look_up(self, code: str, phone: str, *, address: str) -> str:
        """How far an order is, for whoever knows its code and its phone number and has lost the link.

        Raises `InvalidPhone`, `TooManyRequests`, and `OrderNotFound` for whatever does not fit together.
        """
        phone, read = normalise_phone(phone), read_order_code(code)
        await self._limits.admit(address, phone, read)
        async with self._database.pool.acquire() as db:
            state = await queries.state_by_phone_and_code(db, read or "", phone)
        if state is None:
            raise OrderNotFound
        return state

    async def _find(self, db: RawConnection, link: Link) -> tuple[UUID, UUID]:
        code = read_order_code(link.code)
        found = None if code is None else await queries.find_by_link(db, self._pseudonyms, code, link.token)
        if found is None:
            raise OrderNotFound
        return found

    @staticmethod
    async def _audit(db: RawConnection, session_id: UUID, action: str, order_id: UUID) -> None:
        organisation_id = await db.fetchval(_ORGANISATION, session_id)
        await insert_audit(db, organisation_id=organisation_id, user_id=None, action=action, subject_id=order_id)


def _mended(contact: Contact) -> tuple[object, ...]:
    return (
        contact.phone,
        contact.province_code,
        contact.province_name,
        contact.ward_code,
        contact.ward_name,
        contact.street,
        contact.note,
    )
