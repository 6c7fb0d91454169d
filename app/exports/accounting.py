"""Orders for accounting with their receivers in the clear: for those who may reveal them, saying what for, each order written down.

No job makes it and no file of it is kept: what is revealed goes to whoever asked, piece by piece, and an erased person is in no later one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final, Literal
from uuid import UUID

import asyncpg

from app.accounts.audit import insert_audit_each
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.exports.columns import text
from app.exports.long_tables import ORDER_COLUMNS, order_pieces, order_row
from app.exports.separated import SeparatedText
from app.exports.tables import Column, Language, Row, Table, at_once
from app.fulfilment.sealed_rows import SealedRows
from app.infra.clock import VIETNAM_TIME, utc_now
from app.infra.database import Database
from app.orders.contacts import CONTACT_COLUMNS, Contact, contact_of
from app.reports import queries
from app.sessions.errors import SessionNotFound

AccountingReason = Literal["accounting", "payment", "complaint"]

_CONTACTS = f"SELECT {CONTACT_COLUMNS} FROM order_contacts c WHERE c.order_id = ANY($1::uuid[])"  # noqa: S608 - names of our own columns
_ERASED = ("Trống khi thông tin người mua đã xóa.", "Empty once the person was erased.")
COLUMNS: Final[tuple[Column, ...]] = (
    *ORDER_COLUMNS,
    text("receiver_name", ("Người nhận", "Receiver"), _ERASED),
    Column(key="receiver_phone", label=("Điện thoại", "Phone"), kind="phone", definition=_ERASED),
    text("receiver_address", ("Địa chỉ", "Address"), _ERASED),
)


class AccountingLists:
    """Reveals receivers; looks at nothing else than the sessions that somebody may."""

    def __init__(self, database: Database, rows: SealedRows) -> None:
        self._database = database
        self._rows = rows

    async def revealed(
        self, user: CurrentUser, session_id: UUID, reason: AccountingReason, language: Language
    ) -> tuple[str, AsyncIterator[bytes]]:
        """Name and pieces of a CSV file; before a piece goes out, who looked and what for is written down for each of its orders.

        Raises `SessionNotFound` for those who may not.
        """
        async with self._database.pool.acquire() as db:
            facts = await queries.session_facts(db, session_id)
        if facts is None or facts.organisation_id != user.organisation_id or not user.may_at(Action.REVEAL_RECEIVERS, facts.place):
            raise SessionNotFound(details={"session_id": str(session_id)})
        name = f"ke-toan-{utc_now().astimezone(VIETNAM_TIME):%Y-%m-%d}-{str(session_id)[:8]}.csv"
        return name, self._pieces(user, session_id, facts.last_seq, reason, language)

    async def _pieces(
        self, user: CurrentUser, session_id: UUID, last_seq: int, reason: AccountingReason, language: Language
    ) -> AsyncIterator[bytes]:
        table = Table(name="accounting", title=("Kế toán", "Accounting"), about=_ERASED, columns=COLUMNS, rows=at_once(()))
        written = SeparatedText(table, language)
        async for orders, entries, lines in order_pieces(self._database, session_id, last_seq):
            contacts = await self._noted(user, orders, reason)
            written.add(
                [(*order_row(each, entries[each["id"]], lines[each["id"]]), *_receiver(contacts.get(each["id"]))) for each in orders]
            )
            yield written.take()
        yield written.take()

    async def _noted(self, user: CurrentUser, orders: Sequence[asyncpg.Record], reason: AccountingReason) -> dict[UUID, Contact | None]:
        async with self._database.pool.acquire() as db, db.transaction():
            rows = await db.fetch(_CONTACTS, [each["id"] for each in orders])
            contacts = {row["order_id"]: contact_of(self._rows.envelopes, row) for row in rows}
            about = [(order_id, {"reason": reason, "export": True}) for order_id, contact in contacts.items() if contact is not None]
            await insert_audit_each(db, organisation_id=user.organisation_id, user_id=user.id, action="order.contact_read", about=about)
        return contacts


def _receiver(contact: Contact | None) -> Row:
    if contact is None:
        return (None, None, None)
    return (contact.name, contact.phone, ", ".join(part for part in (contact.street, contact.ward_name, contact.province_name) if part))
