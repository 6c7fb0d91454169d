"""Money that came in. What settles its order becomes a `paid` entry; whatever does not fit goes to the work list, not into the void."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from app.fulfilment.errors import PaidTooLittle
from app.fulfilment.transitions import Step, append_steps
from app.infra.clock import utc_now
from app.infra.database import RawConnection
from app.ledger.chain import Entry

Matter = Literal["late", "under", "over", "unmatched", "to_collect", "to_refund"]
"""Why a payment needs a person; of a balance nothing has come in yet (`app/fulfilment/balances.py`)."""

_FIND_REFERENCE = "SELECT id, order_id, matter FROM payments WHERE organisation_id = $1 AND reference = $2"
_FIND_ORDER = """
SELECT o.session_id FROM orders o JOIN sessions s ON s.id = o.session_id WHERE o.id = $1 AND s.organisation_id = $2
"""
_SETTLE = """
UPDATE payments SET settled_at = $3, settlement = $4
WHERE organisation_id = $1 AND id = $2 AND matter IS NOT NULL AND settled_at IS NULL RETURNING id
"""
_INSERT = """
INSERT INTO payments (id, organisation_id, order_id, reference, amount_vnd, received_at, matter) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (organisation_id, reference) DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True)
class ReceivedPayment:
    """One line of a bank feed or a courier's list. `reference` is unique per organisation: the same line twice counts once."""

    organisation_id: UUID
    order_id: UUID | None
    reference: str
    amount_vnd: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class BookedPayment:
    """How a payment was taken; `matter` None = it settled its order. A repeat of a reference is not new."""

    payment_id: UUID
    order_id: UUID | None
    matter: Matter | None
    session_id: UUID | None = None
    is_new: bool = True


async def book_payment(db: RawConnection, payment: ReceivedPayment, *, call_seconds: float) -> BookedPayment:
    """Book a payment once; must run inside a transaction of the caller."""
    found = await db.fetchrow(_FIND_REFERENCE, payment.organisation_id, payment.reference)
    if found is not None:
        return BookedPayment(found["id"], found["order_id"], found["matter"], is_new=False)
    order = await db.fetchrow(_FIND_ORDER, payment.order_id, payment.organisation_id) if payment.order_id else None
    if order is None:
        return await _insert(db, payment, None, "unmatched", None)
    session_id: UUID = order["session_id"]
    # what is owed is known under the ledger's lock alone: the order may be changed at the same moment
    steps = [Step(payment.order_id, "paid", amount_vnd=payment.amount_vnd)] if payment.order_id else []
    (answer,) = (await append_steps(db, session_id, steps, call_seconds=call_seconds)).answers
    if isinstance(answer, PaidTooLittle):
        return await _insert(db, payment, payment.order_id, "under", session_id)
    if not isinstance(answer, Entry):
        return await _insert(db, payment, payment.order_id, "late", session_id)
    return await _insert(db, payment, payment.order_id, "over" if payment.amount_vnd > answer.total_vnd else None, session_id)


async def settle_payment(db: RawConnection, organisation_id: UUID, payment_id: UUID, words: str) -> bool:
    """Note how a payment that needed a person was dealt with; False when there is none waiting."""
    return await db.fetchval(_SETTLE, organisation_id, payment_id, utc_now(), words) is not None


async def _insert(
    db: RawConnection, payment: ReceivedPayment, order_id: UUID | None, matter: Matter | None, session_id: UUID | None
) -> BookedPayment:
    row = (uuid4(), payment.organisation_id, order_id, payment.reference, payment.amount_vnd, payment.received_at, matter)
    payment_id = await db.fetchval(_INSERT, *row)
    if payment_id is None:
        # Two lines with one reference at once: the other one is booked, this transaction's entries must not be.
        raise ReferenceBookedMeanwhile
    return BookedPayment(payment_id, order_id, matter, session_id)


class ReferenceBookedMeanwhile(Exception):
    """Roll back and ask again: the reference was booked by somebody else at the same moment."""
