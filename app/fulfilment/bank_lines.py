"""Lines of a bank, however they came: each finds its order by its memo and is booked once, or waits for a person.

Called by `bank_notices.py` (one line, as it happens) and `statements.py` (a file of them).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import structlog

from app.accounts.audit import insert_audit
from app.fulfilment.memos import bare_codes_in, codes_in
from app.fulfilment.money_kinds import LineFate, Source
from app.fulfilment.money_seals import MoneySeals
from app.fulfilment.payments import BookedPayment, ReceivedPayment, ReferenceBookedMeanwhile, book_payment
from app.fulfilment.transitions import read_courses
from app.infra.database import Database, RawConnection
from app.ledger.projector import Projector
from app.protocol.amounts import VND_MAX

log = structlog.get_logger(__name__)

_TRIES = 5

_ORDERS = """
SELECT o.id, o.session_id FROM orders o JOIN sessions s ON s.id = o.session_id
WHERE o.code = ANY($2::text[]) AND s.organisation_id = $1
"""


@dataclass(frozen=True, slots=True)
class BankLine:
    """Money that came (`amount_vnd` > 0) or went. `reference` is the bank's own, `provider_id` that of whoever tells of it; not both are ""."""

    source: Source
    amount_vnd: int
    received_at: datetime
    words: str
    reference: str = ""
    provider_id: str = ""
    fee_vnd: int | None = None


@dataclass(frozen=True, slots=True)
class BookedLine:
    """What became of a line, and as which payment."""

    fate: LineFate
    payment: BookedPayment | None = None


class BankLines:
    """Books lines for an organisation."""

    def __init__(self, database: Database, *, projector: Projector, seals: MoneySeals, call_seconds: float) -> None:
        self._database = database
        self._projector = projector
        self._seals = seals
        self._call_seconds = call_seconds

    async def book(self, organisation_id: UUID, line: BankLine, *, by: UUID | None = None, is_delivered: bool = False) -> BookedLine:
        """In a transaction of its own. Money that went out is not kept: it is no business of orders."""
        if line.amount_vnd <= 0:
            return BookedLine("outgoing")
        booked = await self._booked(organisation_id, line, by, is_delivered)
        if booked.session_id is not None:
            self._projector.kick(booked.session_id)
        log.info("bank_line_booked", source=line.source, matter=booked.matter, is_new=booked.is_new)
        if not booked.is_new:
            return BookedLine("known", booked)
        return BookedLine("paid" if booked.matter is None else "waits", booked)

    async def _booked(self, organisation_id: UUID, line: BankLine, by: UUID | None, is_delivered: bool) -> BookedPayment:
        for attempt in range(_TRIES):
            try:
                async with self._database.pool.acquire() as db, db.transaction():
                    payment = await self._payment(db, organisation_id, line)
                    booked = await book_payment(db, payment, call_seconds=self._call_seconds, is_delivered=is_delivered)
                    if booked.is_new:
                        await self._audit(db, organisation_id, line, booked, by)
                    return booked
            except ReferenceBookedMeanwhile:
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def _payment(self, db: RawConnection, organisation_id: UUID, line: BankLine) -> ReceivedPayment:
        payment_id = uuid4()
        return ReceivedPayment(
            organisation_id=organisation_id,
            order_id=await order_of_words(db, organisation_id, line.words, None if line.source == "collection" else line.amount_vnd),
            reference=line.reference or f"{line.source.upper()}-{line.provider_id}",
            amount_vnd=min(line.amount_vnd, VND_MAX),
            received_at=line.received_at,
            source=line.source,
            provider_id=line.provider_id or None,
            fee_vnd=line.fee_vnd,
            words=self._seals.seal(line.words, payment_id) if line.words else None,
            payment_id=payment_id,
        )

    @staticmethod
    async def _audit(db: RawConnection, organisation_id: UUID, line: BankLine, booked: BookedPayment, by: UUID | None) -> None:
        about = {"amount_vnd": line.amount_vnd, "matter": booked.matter, "source": line.source}
        await insert_audit(
            db, organisation_id=organisation_id, user_id=by, action="payment.booked", subject_id=booked.payment_id, details=about
        )


async def order_of_words(db: RawConnection, organisation_id: UUID, words: str, amount_vnd: int | None) -> UUID | None:
    """The one order that a text names; None when it names none, or several: nobody guesses about money.

    Without `OCOP` before it a code counts only if exactly one order of the organisation is called so and comes to exactly this amount (None:
    to any, as in a courier's list, which has a column for codes).
    """
    if marked := codes_in(words):
        found = await db.fetch(_ORDERS, organisation_id, marked)
        return found[0]["id"] if len(found) == 1 else None
    if bare := bare_codes_in(words):
        found = [row for row in await db.fetch(_ORDERS, organisation_id, bare) if amount_vnd in (None, await _owed(db, row))]
        return found[0]["id"] if len(found) == 1 else None
    return None


async def _owed(db: RawConnection, order: asyncpg.Record) -> int:
    """What is still to be paid for an order."""
    return (await read_courses(db, order["session_id"], [order["id"]]))[order["id"]].owed.total_vnd
