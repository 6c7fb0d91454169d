"""What people may ask about their data: a copy of it, and that it is destroyed. By the order's page, by the device, by the command line.

Erasing destroys the order's key: what was sealed with it is unreadable from then on, wherever a copy of it lies. Amounts, entries of the
ledger and exports name nobody, so they stay as they are and go on verifying.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from app.accounts.audit import insert_audit
from app.comment_orders.of_persons import ClaimsOfPersons
from app.comment_orders.schemas import OwnClaim
from app.fulfilment import buyer_queries as queries
from app.fulfilment.buyer_schemas import Erasure, PersonalData
from app.fulfilment.complaint_schemas import OwnComplaint
from app.fulfilment.consents import withdraw_all
from app.fulfilment.sealed_rows import SealedRows
from app.fulfilment.session_complaints import ComplaintsOfPersons
from app.fulfilment.working_days import Promise
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database, RawConnection
from app.ledger.kinds import is_settled

AT_ONCE = 200
ORDERS_OF_ONE_MOST = 500

_OF_ORDERS = """
SELECT o.id, o.code, s.organisation_id, (SELECT array_agg(e.kind) FROM ledger_entries e WHERE e.order_id = o.id) AS kinds
FROM orders o JOIN sessions s ON s.id = o.session_id JOIN order_contacts c ON c.order_id = o.id
"""
_NOT_ERASED = "c.erased_at IS NULL ORDER BY o.placed_at DESC, o.seq DESC LIMIT $2"
_BY_ID = f"{_OF_ORDERS} WHERE o.id = $1 AND {_NOT_ERASED}"
_BY_PHONE = f"{_OF_ORDERS} WHERE (c.phone_digest = ANY($1) OR c.phone = $3) AND {_NOT_ERASED}"
# One look per session into the index that finds repeats, as for the device's list of orders.
_BY_DEVICE = f"""
SELECT found.* FROM (SELECT id FROM sessions ORDER BY created_at DESC LIMIT 2000) AS any_session CROSS JOIN LATERAL (
  {_OF_ORDERS} WHERE o.session_id = any_session.id AND o.device_id = $1 AND c.erased_at IS NULL LIMIT $2
) AS found LIMIT $2
"""  # noqa: S608 - constants of this module
_DUE = f"{_OF_ORDERS} WHERE o.due_at > $1 AND o.due_at <= $3 AND c.erased_at IS NULL ORDER BY o.due_at, o.id LIMIT $2"
_ORGANISATIONS = "SELECT organisation_id, array_agg(id) AS sessions FROM sessions WHERE id = ANY($1::uuid[]) GROUP BY organisation_id"
_ERASE = """
UPDATE order_contacts SET key_id = NULL, wrapped_key = NULL, sealed = NULL, phone_digest = NULL, erased_at = $2,
  name = NULL, phone = NULL, province_code = NULL, province_name = NULL, ward_code = NULL, ward_name = NULL, street = NULL, note = NULL
WHERE order_id = ANY($1::uuid[]) AND erased_at IS NULL RETURNING order_id
"""
_ERASE_WORDS = (
    "UPDATE complaints SET words = NULL, answer = NULL, sealed_words = NULL, sealed_answer = NULL WHERE order_id = ANY($1::uuid[])"
)


_ERASE_BANK_WORDS = "UPDATE payments SET key_id = NULL, sealed_words = NULL WHERE sealed_words IS NOT NULL AND booked_at <= $1"


@dataclass(frozen=True, slots=True)
class _Found:
    """An order that still knows its person."""

    id: UUID
    code: str
    organisation_id: UUID
    kinds: Sequence[str]


class Persons:
    """Copies and erasures. Who may ask is for the caller to decide."""

    def __init__(self, database: Database, rows: SealedRows, *, promise: Promise) -> None:
        self._database = database
        self._rows = rows
        self._complaints = ComplaintsOfPersons(rows.envelopes, promise=promise)
        self._claims = ClaimsOfPersons(rows.envelopes, rows.pseudonyms)

    async def copy_of_order(self, db: RawConnection, order_id: UUID) -> PersonalData:
        """Everything about the person of one order, as far as it is still known."""
        claims = await self._claims.copy_of_order(db, order_id)
        return await self._copy(db, _found(await db.fetch(_BY_ID, order_id, 1)), claims, [], by="person.copied")

    async def copy_of_device(self, device_id: UUID) -> PersonalData:
        async with self._database.pool.acquire() as db, db.transaction():
            orders = _found(await db.fetch(_BY_DEVICE, device_id, ORDERS_OF_ONE_MOST))
            claims = await self._claims.copy_of_device(db, device_id)
            return await self._copy(db, orders, claims, await self._complaints.copy_of_device(db, device_id), by="person.copied")

    async def copy_of_phone(self, phone: str) -> PersonalData:
        """`phone`: E.164. Complaints about sessions are those that named it as the way to answer."""
        async with self._database.pool.acquire() as db, db.transaction():
            claims, complaints = await self._claims.copy_of_phone(db, phone), await self._complaints.copy_of_phone(db, phone)
            return await self._copy(db, await self._of_phone(db, phone), claims, complaints, by="person.copied_by_command")

    async def erase_order(self, db: RawConnection, order_id: UUID) -> Erasure:
        claims = await self._claims.erase_order(db, order_id)
        return await self._erase(db, _found(await db.fetch(_BY_ID, order_id, 1)), claims, 0, by="person.erased")

    async def erase_device(self, device_id: UUID) -> Erasure:
        """All orders of a device whose goods are not on their way any more, the numbers in its claims, and its complaints about sessions.

        The other orders are named.
        """
        async with self._database.pool.acquire() as db, db.transaction():
            claims, complaints = await self._claims.erase_device(db, device_id), await self._complaints.erase_device(db, device_id)
            orders = _found(await db.fetch(_BY_DEVICE, device_id, ORDERS_OF_ONE_MOST))
            return await self._erase(db, orders, claims, complaints, by="person.erased")

    async def erase_phone(self, phone: str) -> Erasure:
        """`phone`: E.164. The same as for a device, complaints as in `copy_of_phone`."""
        async with self._database.pool.acquire() as db, db.transaction():
            claims, complaints = await self._claims.erase_phone(db, phone), await self._complaints.erase_phone(db, phone)
            return await self._erase(db, await self._of_phone(db, phone), claims, complaints, by="person.erased_by_command")

    async def _of_phone(self, db: RawConnection, phone: str) -> list[_Found]:
        pseudonyms = self._rows.pseudonyms
        digests = [pseudonyms.phone_digest(phone), *pseudonyms.other_phone_digests(phone)]
        return _found(await db.fetch(_BY_PHONE, digests, ORDERS_OF_ONE_MOST, phone))

    async def _copy(
        self, db: RawConnection, orders: list[_Found], claims: list[OwnClaim], complaints: list[OwnComplaint], *, by: str
    ) -> PersonalData:
        for order in orders:
            await insert_audit(db, organisation_id=order.organisation_id, user_id=None, action=by, subject_id=order.id)
        further = [claim.session_id for claim in claims] + [complaint.session_id for complaint in complaints]
        for row in await db.fetch(_ORGANISATIONS, further):
            about = {"claims_and_complaints": sum(session_id in row["sessions"] for session_id in further)}
            await insert_audit(db, organisation_id=row["organisation_id"], user_id=None, action=by, details=about)
        pages = [await queries.order_page(db, self._rows.envelopes, order.id) for order in orders]
        return PersonalData(made_at_ms=to_ms(utc_now()) or 0, orders=pages, session_complaints=complaints, claims=claims)

    async def _erase(self, db: RawConnection, orders: list[_Found], claims: int, complaints: int, *, by: str) -> Erasure:
        settled = [order for order in orders if is_settled(order.kinds)]
        await erase_contacts(db, [order.id for order in settled])
        for order in settled:
            await insert_audit(db, organisation_id=order.organisation_id, user_id=None, action=by, subject_id=order.id)
        return Erasure(
            erased=[order.code for order in settled],
            still_needed=[order.code for order in orders if not is_settled(order.kinds)],
            claims=claims,
            session_complaints=complaints,
        )


class Retention:
    """Forgets buyers whose orders are long over, and says what it did: one line of the audit trail for each organisation and run."""

    def __init__(self, database: Database, *, contact_days: int) -> None:
        self._database = database
        self._kept_for = timedelta(days=contact_days)

    async def erase_due(self) -> int:
        """Erase some contacts that are older than the setting says, whatever became of their orders; returns how many. 0 = all is done."""
        until = utc_now() - self._kept_for
        async with self._database.pool.acquire() as db, db.transaction():
            since = await db.fetchval("SELECT mark FROM job_marks WHERE job = 'retention'")
            rows = await db.fetch(_DUE, since or utc_now() - timedelta(days=36_500), AT_ONCE, until)
            erased = set(await erase_contacts(db, [row["id"] for row in rows]))
            for organisation_id in {row["organisation_id"] for row in rows}:
                count = sum(row["organisation_id"] == organisation_id and row["id"] in erased for row in rows)
                about = {"orders": count, "contact_days": self._kept_for.days}
                await insert_audit(db, organisation_id=organisation_id, user_id=None, action="retention.erased", details=about)
            if len(rows) < AT_ONCE:
                await db.execute(_KEEP_MARK, until)
                # What a bank wrote of somebody whose money nobody has dealt with.
                await db.execute(_ERASE_BANK_WORDS, until)
        return len(rows)


_KEEP_MARK = "INSERT INTO job_marks (job, mark) VALUES ('retention', $1) ON CONFLICT (job) DO UPDATE SET mark = excluded.mark"


async def erase_contacts(db: RawConnection, order_ids: Sequence[UUID]) -> list[UUID]:
    """Destroy the keys of these orders and what was sealed with them; again changes nothing. Returns those that knew somebody."""
    now = utc_now()
    erased = [row["order_id"] for row in await db.fetch(_ERASE, order_ids, now)]
    await db.execute(_ERASE_WORDS, erased)
    await withdraw_all(db, erased, now)
    return erased


def _found(rows: Sequence[asyncpg.Record]) -> list[_Found]:
    return [_Found(row["id"], row["code"] or "", row["organisation_id"], row["kinds"]) for row in rows]
