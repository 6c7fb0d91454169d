"""Agreeing on a settlement, and noting that it was paid: facts under the lock of the producer's head."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import asyncpg

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.catalog.errors import ProducerNotFound
from app.infra.clock import to_ms, utc_now, vietnam_day
from app.infra.database import Database, RawConnection
from app.ledger.chain import chain
from app.settlement import reading
from app.settlement.chain import Settled, genesis, settlements_of
from app.settlement.drafts import Draft, read_draft
from app.settlement.errors import (
    MoreThanPayable,
    NothingPayable,
    NothingToSettle,
    PaidInFuture,
    PaidTooEarly,
    SettlementChanged,
    SettlementNotFound,
    SettlementPaid,
)
from app.settlement.lines import canonical
from app.settlement.reaching import require_facts
from app.settlement.reading import ProducerFacts
from app.settlement.schemas import Agreement, Payout

_BEGIN = "INSERT INTO settlement_heads (producer_id, organisation_id, last_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_LOCK = "SELECT last_number, last_hash, settlements FROM settlement_heads WHERE producer_id = $1 FOR UPDATE"
_FACT = """
INSERT INTO settlement_facts (producer_id, number, kind, settlement, amount_vnd, body, hash, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_ADVANCE = "UPDATE settlement_heads SET last_number = $2, last_hash = $3, settlements = $4 WHERE producer_id = $1"
_SETTLE_CHARGES = "UPDATE settlement_charges SET settlement = $2 WHERE id = ANY($1::uuid[])"
PAID_BEFORE_MOST: Final = timedelta(days=366)
"""How long before the day of agreeing a payment may lie: an advance, not a mistyped year."""
_LINE_COLUMNS = ("producer_id", "settlement", "place", "session_id", "order_id", "body")


async def lock_head(db: RawConnection, producer: ProducerFacts) -> asyncpg.Record:
    """The head of a producer's chain, locked until the transaction ends; others who settle with this producer wait."""
    await db.execute(_BEGIN, producer.id, producer.organisation_id, genesis(producer.id))
    head = await db.fetchrow(_LOCK, producer.id)
    if head is None:
        raise ProducerNotFound
    return head


class SettlementDesk:
    """Writes the facts; the routes ask who may. Each is audited."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def agree(self, user: CurrentUser, producer_id: UUID, wanted: Agreement, intention: Intention | None = None) -> int:
        """Agree on exactly what was looked at; returns the settlement's number. What came later stays for the next one.

        Raises `ProducerNotFound`, `SettlementChanged`, `NothingToSettle`, `SettlementTooLarge`.
        """
        async with self._database.pool.acquire() as db, db.transaction():
            producer = await require_facts(db, user, producer_id)
            head = await lock_head(db, producer)
            number = int(head["settlements"]) + 1
            claim = await claim_intention_raw(db, user.id, intention, _subject(producer_id, number))
            if not claim.is_first:
                return _number_of(producer_id, claim.subject_id, head["settlements"])
            draft = await read_draft(db, producer, upto={each.session_id: each.to_seq for each in wanted.sessions})
            if draft.digest != wanted.digest:
                raise SettlementChanged
            if draft.is_nothing:
                raise NothingToSettle
            await self._write(db, user, head, draft)
            return number

    async def _write(self, db: RawConnection, user: CurrentUser, head: asyncpg.Record, draft: Draft) -> None:
        producer_id, number = draft.producer.id, head["settlements"] + 1
        payable_vnd = draft.content["sums"]["payable"]
        await _append(db, user, producer_id, head, "agreed", number, payable_vnd, draft.content)
        rows = [
            (producer_id, number, place, line.session_id, line.order_id, body)
            for place, (line, body) in enumerate(zip(draft.lines, draft.bodies, strict=True), start=1)
        ]
        await db.copy_records_to_table("settlement_lines", records=rows, columns=_LINE_COLUMNS)
        await db.execute(_SETTLE_CHARGES, [row["id"] for row in draft.charges], number)

    async def pay(self, user: CurrentUser, producer_id: UUID, number: int, paid: Payout, intention: Intention | None = None) -> None:
        """Note that a settlement was paid, at most what is payable. What is left of that goes into the next settlement.

        Raises `ProducerNotFound`, `SettlementNotFound`, `SettlementPaid`, `NothingPayable`, `MoreThanPayable`, `PaidInFuture`, `PaidTooEarly`.
        """
        async with self._database.pool.acquire() as db, db.transaction():
            producer = await require_facts(db, user, producer_id)
            head = await lock_head(db, producer)
            if not (await claim_intention_raw(db, user.id, intention, producer_id)).is_first:
                return
            _require_payable(settlements_of(await reading.fact_rows(db, producer_id)), number, paid)
            content = {
                "amount_vnd": paid.amount_vnd,
                "kind": "paid",
                "paid_on": paid.paid_on.isoformat(),
                "producer": str(producer_id),
                "reference": paid.reference,
                "settlement": number,
                "v": 1,
            }
            await _append(db, user, producer_id, head, "paid", number, paid.amount_vnd, content)


def _require_payable(settled: list[Settled], number: int, paid: Payout) -> None:
    if not 1 <= number <= len(settled):
        raise SettlementNotFound
    found = settled[number - 1]
    if found.paid is not None:
        raise SettlementPaid
    if found.state == "carried":
        raise NothingPayable(details={"payable_vnd": found.payable_vnd})
    if paid.amount_vnd > found.payable_vnd:
        raise MoreThanPayable(details={"payable_vnd": found.payable_vnd})
    if paid.paid_on > vietnam_day(utc_now()):
        raise PaidInFuture
    earliest = vietnam_day(found.agreed["made_at"]) - PAID_BEFORE_MOST
    if paid.paid_on < earliest:
        raise PaidTooEarly(details={"earliest": earliest.isoformat()})


async def _append(  # noqa: PLR0913 - what a fact says
    db: RawConnection,
    user: CurrentUser,
    producer_id: UUID,
    head: asyncpg.Record,
    kind: str,
    settlement: int,
    amount_vnd: int,
    content: dict[str, Any],
) -> None:
    now = utc_now()
    number = head["last_number"] + 1
    body = canonical(content | {"at_ms": to_ms(now), "by": str(user.id), "number": number})
    found = chain(head["last_hash"], body)
    await db.execute(_FACT, producer_id, number, kind, settlement, amount_vnd, body, found, user.id, now)
    await db.execute(_ADVANCE, producer_id, number, found, max(settlement, head["settlements"]))
    await insert_audit(
        db,
        organisation_id=user.organisation_id,
        user_id=user.id,
        action=f"settlement.{kind}",
        subject_id=producer_id,
        details={"settlement": settlement, "amount_vnd": amount_vnd, "number": number},
    )


def _subject(producer_id: UUID, number: int) -> UUID:
    return uuid5(producer_id, str(number))


def _number_of(producer_id: UUID, subject_id: UUID, most: int) -> int:
    """The settlement that a repeated intention made."""
    return next(number for number in range(most, 0, -1) if _subject(producer_id, number) == subject_id)
