"""Amounts that people enter by hand for the next settlement of a producer, each with a reason; taken back as long as nobody agreed on it."""

from __future__ import annotations

from uuid import UUID, uuid4

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.fulfilment.errors import OrderNotFound
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.live.masking import mask_phone_numbers
from app.protocol.order_codes import read_order_code
from app.settlement import reading
from app.settlement.agreeing import lock_head
from app.settlement.errors import ChargeNotFound, TooManyCharges
from app.settlement.listing import charge_view
from app.settlement.reaching import require_facts
from app.settlement.schemas import ChargeView, NewCharge

CHARGES_MOST = 200

_ORDER = """
SELECT o.id FROM orders o JOIN sessions s ON s.id = o.session_id WHERE o.code = $1 AND s.organisation_id = $2 AND EXISTS (
  SELECT FROM order_lines l LEFT JOIN offers f ON f.id = l.offer_id LEFT JOIN products p ON p.id = l.product_id
  WHERE l.order_id = o.id AND coalesce(f.producer_id, p.producer_id) = $3)
"""
_INSERT = """
INSERT INTO settlement_charges (id, producer_id, kind, amount_vnd, reason, order_id, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_WAITING = "SELECT count(*) FROM settlement_charges WHERE producer_id = $1 AND settlement IS NULL AND withdrawn_at IS NULL"
_WITHDRAW = """
UPDATE settlement_charges SET withdrawn_by = $3, withdrawn_at = $4
WHERE id = $2 AND producer_id = $1 AND settlement IS NULL AND withdrawn_at IS NULL RETURNING id
"""


class SettlementCharges:
    """Keeps them, under the same lock as agreements; the routes ask who may. Each step is audited."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, user: CurrentUser, producer_id: UUID, wanted: NewCharge, intention: Intention | None = None) -> list[ChargeView]:
        """One more, phone numbers in its reason masked; answers all that wait. Raises `ProducerNotFound`, `OrderNotFound`, `TooManyCharges`."""
        async with self._database.pool.acquire() as db, db.transaction():
            producer = await require_facts(db, user, producer_id)
            await lock_head(db, producer)
            claim = await claim_intention_raw(db, user.id, intention, uuid4())
            if claim.is_first:
                if await db.fetchval(_WAITING, producer_id) >= CHARGES_MOST:
                    raise TooManyCharges(details={"limit": CHARGES_MOST})
                order_id = None if wanted.order_code is None else await self._order(db, user, producer_id, wanted.order_code)
                about = (wanted.kind, wanted.amount_vnd, mask_phone_numbers(wanted.reason), order_id)
                await db.execute(_INSERT, claim.subject_id, producer_id, *about, user.id, utc_now())
                await _audit(db, user, claim.subject_id, "settlement_charge.added", {"kind": wanted.kind, "amount_vnd": wanted.amount_vnd})
            return [charge_view(row) for row in await reading.charge_rows(db, producer_id, None)]

    async def withdraw(self, user: CurrentUser, producer_id: UUID, charge_id: UUID) -> list[ChargeView]:
        """Take one back; answers those that still wait. Raises `ProducerNotFound`, `ChargeNotFound` once it is agreed or taken back."""
        async with self._database.pool.acquire() as db, db.transaction():
            producer = await require_facts(db, user, producer_id)
            await lock_head(db, producer)
            if await db.fetchval(_WITHDRAW, producer_id, charge_id, user.id, utc_now()) is None:
                raise ChargeNotFound
            await _audit(db, user, charge_id, "settlement_charge.withdrawn", {})
            return [charge_view(row) for row in await reading.charge_rows(db, producer_id, None)]

    async def _order(self, db: RawConnection, user: CurrentUser, producer_id: UUID, code: str) -> UUID:
        found: UUID | None = await db.fetchval(_ORDER, read_order_code(code) or "", user.organisation_id, producer_id)
        if found is None:
            raise OrderNotFound
        return found


async def _audit(db: RawConnection, user: CurrentUser, charge_id: UUID, action: str, about: dict[str, object]) -> None:
    await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=charge_id, details=about)
