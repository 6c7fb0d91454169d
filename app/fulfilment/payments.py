"""Money that came in. What settles its order becomes a `paid` entry; whatever does not fit goes to the work list, not into the void.

One transfer may be told of several ways: by hand at the desk, by a bank's notice, in a statement. It is known again by the provider's own
id, by the bank's reference, and where references differ by order, amount and time; the ledger of the order's session is locked meanwhile,
so that two ways at the same moment are one payment, too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from app.fulfilment.money_kinds import Matter, Source
from app.fulfilment.transitions import Step, append_steps, read_courses
from app.infra.clock import utc_now
from app.infra.database import RawConnection
from app.ledger.chain import Entry
from app.ledger.kinds import may_follow

# Ways of hearing of the same transfer; a courier's cash is never one.
BY_BANK: tuple[Source, ...] = ("sepay", "casso", "statement")
# A statement may date a transfer of the weekend to the next working day.
SAME_TRANSFER_WITHIN = timedelta(days=3)

_BY_PROVIDER = "SELECT * FROM payments WHERE organisation_id = $1 AND source = $2 AND provider_id = $3"
_BY_REFERENCE = (
    "SELECT * FROM payments WHERE organisation_id = $1 AND (reference = $2 OR twin_reference = $2) ORDER BY reference = $2 DESC LIMIT 1"
)
_AMOUNT_OF = "SELECT amount_vnd FROM payments WHERE organisation_id = $1 AND reference = $2"
_FIND_ORDER = """
SELECT o.id, o.session_id FROM orders o JOIN sessions s ON s.id = o.session_id WHERE o.id = $1 AND s.organisation_id = $2
"""
_LOCK_LEDGER = "SELECT last_seq FROM ledgers WHERE session_id = $1 FOR UPDATE"
# `$6`: the source that tells of it now; another one told of it before, and nothing has told of it twice.
_TWIN = """
SELECT * FROM payments WHERE organisation_id = $1 AND order_id = $2 AND amount_vnd = $3 AND twin_reference IS NULL
  AND received_at BETWEEN $4 AND $5 AND source = ANY($7::text[]) AND source <> $6
ORDER BY abs(extract(epoch FROM received_at - $8)), id LIMIT 1
"""
# A courier collects once for an order: the same sum in another list is the same cash.
_COLLECTED = """
SELECT * FROM payments WHERE organisation_id = $1 AND order_id = $2 AND amount_vnd = $3 AND source = 'collection' AND matter IS DISTINCT FROM 'repeated'
LIMIT 1
"""
_MARK_TWIN = "UPDATE payments SET twin_reference = $2 WHERE id = $1"
_SETTLE = """
UPDATE payments SET settled_at = $3, settlement = $4, settled_by = $5, key_id = NULL, sealed_words = NULL
WHERE organisation_id = $1 AND id = $2 AND matter IS NOT NULL AND settled_at IS NULL RETURNING id
"""
_INSERT = """
INSERT INTO payments (id, organisation_id, order_id, reference, amount_vnd, received_at, matter, source, provider_id, fee_vnd, key_id, sealed_words)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING RETURNING id
"""
# Not what is only owed: of that nothing has come in.
_WAITING = """
SELECT * FROM payments WHERE organisation_id = $1 AND id = $2 AND matter NOT IN ('to_collect', 'to_refund') AND settled_at IS NULL FOR UPDATE
"""
_ASSIGN = """
UPDATE payments SET order_id = $2, matter = $3::text, settled_at = $4, settlement = $5, settled_by = $6,
  key_id = CASE WHEN $3::text IS NULL OR $4::timestamptz IS NOT NULL THEN NULL ELSE key_id END,
  sealed_words = CASE WHEN $3::text IS NULL OR $4::timestamptz IS NOT NULL THEN NULL ELSE sealed_words END
WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class SealedWords:
    """A bank's text, which may name people, as it is stored."""

    key_id: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class ReceivedPayment:
    """One transfer, or one row of a courier's list. `reference` is unique per organisation: the same line twice counts once.

    `provider_id`: the id under which a provider of notices tells of it. `fee_vnd`: what a courier kept of it. `words` are kept only while a
    person must look at it; they are sealed to `payment_id`.
    """

    organisation_id: UUID
    order_id: UUID | None
    reference: str
    amount_vnd: int
    received_at: datetime
    source: Source = "desk"
    provider_id: str | None = None
    fee_vnd: int | None = None
    words: SealedWords | None = None
    payment_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class BookedPayment:
    """How a payment was taken; `matter` None = it settled its order. A repeat of a reference is not new."""

    payment_id: UUID
    order_id: UUID | None
    matter: Matter | None
    session_id: UUID | None = None
    is_new: bool = True


def spelt_reference(typed: str) -> str:
    """A reference as banks write it: capitals, no spaces, so that what was typed by hand is the same as what a notice says."""
    return "".join(typed.split()).translate(_CAPITALS)


_CAPITALS = {ord(small): small.upper() for small in "abcdefghijklmnopqrstuvwxyz"}


def matter_of(had: Collection[str], owed_vnd: int, amount_vnd: int) -> Matter | None:
    """What is the matter with so much money for an order that has had these entries; `over` pays it, None pays exactly what is owed."""
    if not may_follow("paid", had):
        return "late"
    if owed_vnd <= 0:
        return "repeated"
    if amount_vnd < owed_vnd:
        return "under"
    return "over" if amount_vnd > owed_vnd else None


async def book_payment(db: RawConnection, payment: ReceivedPayment, *, call_seconds: float, is_delivered: bool = False) -> BookedPayment:
    """Book a payment once; must run inside a transaction of the caller. `is_delivered`: the goods came with it, as a courier says.

    Raises `ReferenceBookedMeanwhile`.
    """
    payment = await _with_own_reference(db, payment)
    if (known := await _known(db, payment)) is not None:
        return known
    order = await db.fetchrow(_FIND_ORDER, payment.order_id, payment.organisation_id) if payment.order_id else None
    if order is None:
        return await _insert(db, replace(payment, order_id=None), "unmatched", None)
    session_id: UUID = order["session_id"]
    # Held until COMMIT: from here on nobody else books for this order, or changes it.
    await db.execute(_LOCK_LEDGER, session_id)
    if (known := await _known(db, payment) or await _twin(db, payment)) is not None:
        return known
    course = (await read_courses(db, session_id, [order["id"]]))[order["id"]]
    matter = matter_of(course.had, course.owed.total_vnd, payment.amount_vnd)
    if matter in (None, "over"):
        await pay(db, session_id, order["id"], course.had, call_seconds=call_seconds, is_delivered=is_delivered)
    return await _insert(db, payment, matter, session_id)


async def pay(
    db: RawConnection, session_id: UUID, order_id: UUID, had: Collection[str], *, call_seconds: float, is_delivered: bool = False
) -> None:
    """Append that all that is owed of an order is paid, and that it is delivered if it came so. The caller has looked, under the ledger's lock, that it may be."""
    steps = [Step(order_id, "paid"), *([Step(order_id, "delivered")] if is_delivered and "delivered" not in had else [])]
    for answer in (await append_steps(db, session_id, steps, call_seconds=call_seconds)).answers:
        if not isinstance(answer, Entry):
            raise answer


async def settle_payment(db: RawConnection, organisation_id: UUID, payment_id: UUID, words: str, by: UUID | None = None) -> bool:
    """Note how a payment that needed a person was dealt with; False when there is none waiting."""
    return await db.fetchval(_SETTLE, organisation_id, payment_id, utc_now(), words, by) is not None


@dataclass(frozen=True, slots=True)
class Assignment:
    """To which order a waiting payment belongs. `as_paid`: the order counts as paid although the amount is short; `words` say why."""

    payment_id: UUID
    order_id: UUID
    as_paid: bool
    words: str
    by: UUID


async def assign_payment(db: RawConnection, organisation_id: UUID, wanted: Assignment, *, call_seconds: float) -> BookedPayment | None:
    """Book a payment of the work list for this order; what still does not fit stays on the list. None when it waits no more, or no such order."""
    order = await db.fetchrow(_FIND_ORDER, wanted.order_id, organisation_id)
    if order is None:
        return None
    session_id: UUID = order["session_id"]
    # Before the payment's row, as whoever books takes them.
    await db.execute(_LOCK_LEDGER, session_id)
    payment = await db.fetchrow(_WAITING, organisation_id, wanted.payment_id)
    if payment is None:
        return None
    course = (await read_courses(db, session_id, [order["id"]]))[order["id"]]
    matter = matter_of(course.had, course.owed.total_vnd, payment["amount_vnd"])
    is_taken = matter in (None, "over") or (matter == "under" and wanted.as_paid)
    if is_taken:
        await pay(db, session_id, order["id"], course.had, call_seconds=call_seconds)
    is_settled = matter is not None and is_taken and wanted.as_paid
    about = (utc_now(), wanted.words, wanted.by) if is_settled else (None, None, None)
    await db.execute(_ASSIGN, payment["id"], order["id"], matter, *about)
    return BookedPayment(payment["id"], order["id"], None if is_settled else matter, session_id)


async def _with_own_reference(db: RawConnection, payment: ReceivedPayment) -> ReceivedPayment:
    """Spelt as it is stored; a bank that gives two amounts the same reference means two transfers."""
    reference = spelt_reference(payment.reference)
    if payment.source in BY_BANK:
        booked_vnd = await db.fetchval(_AMOUNT_OF, payment.organisation_id, reference)
        if booked_vnd not in (None, payment.amount_vnd):
            reference = f"{reference}/{payment.amount_vnd}"
    return replace(payment, reference=reference)


async def _known(db: RawConnection, payment: ReceivedPayment) -> BookedPayment | None:
    if payment.provider_id is not None:
        row = await db.fetchrow(_BY_PROVIDER, payment.organisation_id, payment.source, payment.provider_id)
        if row is not None:
            return _again(row)
    row = await db.fetchrow(_BY_REFERENCE, payment.organisation_id, payment.reference)
    return None if row is None else _again(row)


async def _twin(db: RawConnection, payment: ReceivedPayment) -> BookedPayment | None:
    """The same transfer as another source told of it, with a reference of its own; each is the twin of one."""
    about = (payment.organisation_id, payment.order_id, payment.amount_vnd)
    if payment.source == "collection":
        row = await db.fetchrow(_COLLECTED, *about)
        return None if row is None else _again(row)
    if payment.source not in BY_BANK:
        return None
    around = (payment.received_at - SAME_TRANSFER_WITHIN, payment.received_at + SAME_TRANSFER_WITHIN)
    row = await db.fetchrow(_TWIN, *about, *around, payment.source, list(BY_BANK), payment.received_at)
    if row is None:
        return None
    await db.execute(_MARK_TWIN, row["id"], payment.reference)
    return _again(row)


def _again(row: asyncpg.Record) -> BookedPayment:
    return BookedPayment(row["id"], row["order_id"], row["matter"], is_new=False)


async def _insert(db: RawConnection, payment: ReceivedPayment, matter: Matter | None, session_id: UUID | None) -> BookedPayment:
    words = None if matter is None or payment.words is None else payment.words
    row = (
        *(
            payment.payment_id,
            payment.organisation_id,
            payment.order_id,
            payment.reference,
            payment.amount_vnd,
            payment.received_at,
            matter,
        ),
        *(payment.source, payment.provider_id, payment.fee_vnd),
        *((None, None) if words is None else (words.key_id, words.sealed)),
    )
    payment_id = await db.fetchval(_INSERT, *row)
    if payment_id is None:
        # Two lines with one reference at once: the other one is booked, this transaction's entries must not be.
        raise ReferenceBookedMeanwhile
    return BookedPayment(payment_id, payment.order_id, matter, session_id)


class ReferenceBookedMeanwhile(Exception):
    """Roll back and ask again: the reference was booked by somebody else at the same moment."""
