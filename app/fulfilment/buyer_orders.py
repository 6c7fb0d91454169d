"""What a buyer does with an order after placing it: look, mend the address, cancel, complain. Called by `buyer_routes.py`.

Cancelling is a fact about the order and becomes a ledger entry. Address and complaint are not: they change no unit and no sum, they
hold personal data, and the ledger holds none, because nothing can be taken out of it again. That they happened is in the audit trail.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple
from uuid import UUID, uuid4

from app.accounts.audit import insert_audit
from app.errors import AppError
from app.fulfilment import buyer_queries as queries
from app.fulfilment.buyer_schemas import CancelReason, Erasure, MyOrder, NewComplaint, OrderPage, PersonalData, ReceiverChange
from app.fulfilment.consents import ConsentWish, Purpose, change_consent
from app.fulfilment.desk import OrderDesk
from app.fulfilment.errors import ComplaintsWait, NothingToTransfer, OrderNoLongerYours, OrderNotFound
from app.fulfilment.lookup_limits import LookupLimits
from app.fulfilment.persons import Persons
from app.fulfilment.sealed_rows import OpenContact, SealedRows
from app.fulfilment.transfers import PictureForm, drawn, vietqr_of
from app.fulfilment.transitions import Step
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.ledger.append import open_ledger
from app.ledger.kinds import buyer_may_act, state_of
from app.orders.contacts import checked_contact, normalise_phone, seal_words
from app.protocol.client_commands import Buyer
from app.protocol.order_codes import read_order_code

COMPLAINTS_WAITING_MOST = 3
COMPLAINTS_MOST = 20

_KINDS = "SELECT array_agg(kind) FROM ledger_entries WHERE session_id = $1 AND order_id = $2"
_ORGANISATION = "SELECT organisation_id FROM sessions WHERE id = $1"
_COMPLAINTS = """
SELECT count(*) FILTER (WHERE answered_at IS NULL) AS waiting, count(*) AS made, bool_or(client_key = $2) AS is_repeat FROM complaints WHERE order_id = $1
"""
_COMPLAIN = "INSERT INTO complaints (id, order_id, client_key, sealed_words, made_at) VALUES ($1, $2, $3, $4, $5)"


class Link(NamedTuple):
    """What the address of an order's page holds: its code, as typed, and the token that proves the right to see it."""

    code: str
    token: str


class BuyerOrders:
    """Orders as their buyers see them. Every link that does not fit is `OrderNotFound`, whatever is wrong with it."""

    def __init__(self, database: Database, *, desk: OrderDesk, limits: LookupLimits, rows: SealedRows, persons: Persons) -> None:
        self._database = database
        self._desk = desk
        self._limits = limits
        self._rows = rows
        self._persons = persons
        self._pseudonyms = rows.pseudonyms

    async def page(self, link: Link) -> OrderPage:
        """The order as it is now."""
        async with self._database.pool.acquire() as db:
            _, order_id = await self._find(db, link)
            return await queries.order_page(db, self._rows.envelopes, order_id)

    async def vietqr(self, link: Link, form: PictureForm) -> bytes:
        """The VietQR code of the transfer that the order waits for. Raises `NothingToTransfer`."""
        asked = (await self.page(link)).transfer
        if asked is None:
            raise NothingToTransfer
        return await asyncio.to_thread(drawn, vietqr_of(asked), form)

    async def mend(self, link: Link, change: ReceiverChange) -> OrderPage:
        """Send the goods elsewhere. Raises `OrderNoLongerYours`, `InvalidPhone`, `InvalidAddress`."""
        async with self._database.pool.acquire() as db, db.transaction():
            session_id, order_id = await self._find(db, link)
            # Held until COMMIT, so that the desk confirms either the old address or the new one.
            await open_ledger(db, session_id, utc_now())
            had = await db.fetchval(_KINDS, session_id, order_id)
            opened = await self._rows.lock(db, order_id)
            if not buyer_may_act(had) or opened is None:
                raise OrderNoLongerYours(details={"state": state_of(had)})
            contact = checked_contact(Buyer(name=opened.contact.name, phone=change.phone, address=change.address, note=change.note))
            await self._rows.write(db, order_id, OpenContact(contact, opened.key), changed_at=utc_now())
            await self._audit(db, session_id, "order.mended_by_buyer", order_id)
            return await queries.order_page(db, self._rows.envelopes, order_id)

    async def cancel(self, link: Link, reason: CancelReason) -> OrderPage:
        """Cancel an order that nobody has agreed on yet; its units go back. Again changes nothing. Raises `OrderNoLongerYours`."""
        async with self._database.pool.acquire() as db:
            session_id, order_id = await self._find(db, link)
        (answer,) = (await self._desk.append(session_id, [Step(order_id, "cancelled", reason, by_buyer=True)])).answers
        async with self._database.pool.acquire() as db:
            page = await queries.order_page(db, self._rows.envelopes, order_id)
        if isinstance(answer, AppError) and all(entry.kind != "cancelled" for entry in page.entries):
            raise OrderNoLongerYours(details={"state": page.state})
        return page

    async def complain(self, link: Link, complaint: NewComplaint) -> OrderPage:
        """Tell the seller what is wrong; the same key again is the same complaint. Raises `ComplaintsWait`, `OrderNoLongerYours`."""
        async with self._database.pool.acquire() as db, db.transaction():
            session_id, order_id = await self._find(db, link)
            # Nobody updates orders; the contact's row is what two complaints of one order meet at.
            opened = await self._rows.lock(db, order_id)
            if opened is None:
                raise OrderNoLongerYours
            made = (await db.fetch(_COMPLAINTS, order_id, complaint.key))[0]
            if not made["is_repeat"]:
                if made["waiting"] >= COMPLAINTS_WAITING_MOST or made["made"] >= COMPLAINTS_MOST:
                    raise ComplaintsWait
                complaint_id = uuid4()
                words = seal_words(opened.key, complaint_id, complaint.words)
                await db.execute(_COMPLAIN, complaint_id, order_id, complaint.key, words, utc_now())
                await self._audit(db, session_id, "complaint.made", order_id)
            return await queries.order_page(db, self._rows.envelopes, order_id)

    async def consent(self, link: Link, purpose: Purpose, wish: ConsentWish) -> OrderPage:
        """Write down a consent, or that it was taken back. Raises `OrderNoLongerYours` when the person was erased."""
        async with self._database.pool.acquire() as db, db.transaction():
            session_id, order_id = await self._find(db, link)
            if wish.is_given and await self._rows.lock(db, order_id) is None:
                raise OrderNoLongerYours
            if await change_consent(db, order_id, purpose, wish):
                action = "consent.given" if wish.is_given else "consent.withdrawn"
                await self._audit(db, session_id, action, order_id)
            return await queries.order_page(db, self._rows.envelopes, order_id)

    async def copy(self, link: Link) -> PersonalData:
        """A copy of all that is known about the person of this order."""
        async with self._database.pool.acquire() as db, db.transaction():
            _, order_id = await self._find(db, link)
            return await self._persons.copy_of_order(db, order_id)

    async def erase(self, link: Link) -> Erasure:
        """Forget the person of this order, unless the goods are on their way. Again changes nothing."""
        async with self._database.pool.acquire() as db, db.transaction():
            session_id, order_id = await self._find(db, link)
            # Held until COMMIT: nobody sends goods to an address that is just being forgotten.
            await open_ledger(db, session_id, utc_now())
            return await self._persons.erase_order(db, order_id)

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
            state = await queries.state_by_phone_and_code(db, self._pseudonyms, read or "", phone)
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
