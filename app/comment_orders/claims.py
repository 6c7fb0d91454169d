"""What becomes of claims: an order with one tap, other lines, a refusal, or the clock takes the units back. The buyer's side as well.

One claim is at most one order: the order has the claim's id as its key, and the batch that writes it uses the hold up. Whoever was killed
between the order's COMMIT and the claim's finds it ordered: `settle` looks for the order by that key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import structlog

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.comment_orders import claim_rows as rows
from app.comment_orders.claim_rows import Phones
from app.comment_orders.deriving import hold_lines
from app.comment_orders.errors import ClaimNeedsReceiver, ClaimNotFound, ClaimOver
from app.comment_orders.receivers import KnownReceivers
from app.comment_orders.rules import rules_of_session
from app.comment_orders.schemas import DeskClaim, DeskClaimList, MendedLine, OrdersClaims, OwnClaims, QueuedClaim
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.ledger.append import OpenLedger, open_ledger
from app.orders.errors import KeyReused
from app.orders.holds import extend_holds, release_holds
from app.orders.placing import HeldOrder, OrderPlacing
from app.protocol.claims import ClaimLine, ClaimState, ClaimView
from app.protocol.client_commands import Buyer, OrderContent, OrderLine, ShelfLine
from app.sessions.errors import ProductNotInSession
from app.sessions.lookup import SessionLookup
from app.sessions.telling import RoomTeller
from app.settings import OrderSettings

log = structlog.get_logger(__name__)

LISTED_MOST = 200
EXPIRED_AT_ONCE = 100
PHONES_KEPT_DAYS = 7
_NOTE_MOST = 200

_ORDER_OF = "SELECT id FROM orders WHERE session_id = $1 AND device_id = $2 AND client_key = $3"
_DUE = """
SELECT DISTINCT session_id FROM unit_holds WHERE state = 'held' AND until_at <= $1
UNION SELECT c.session_id FROM comment_claims c JOIN unit_holds h ON h.hold_id = c.hold_id AND h.state = 'ordered' WHERE c.state = 'held' LIMIT 100
"""
_OVERDUE = "SELECT DISTINCT hold_id FROM unit_holds WHERE session_id = $1 AND state = 'held' AND until_at <= $2 LIMIT $3"
_ORDERED = """
SELECT DISTINCT h.hold_id FROM comment_claims c JOIN unit_holds h ON h.hold_id = c.hold_id AND h.state = 'ordered'
WHERE c.session_id = $1 AND c.state = 'held'
"""
_RUN_DOWN = """
SELECT r.code, r.product_id, p.name FROM session_products r JOIN products p ON p.id = r.product_id
WHERE r.session_id = $1 AND r.product_id = ANY($2::uuid[])
"""


class ClaimDesk:
    """Use cases around claims. Staff of the session act, or the device that wrote the comment."""

    def __init__(  # noqa: PLR0913 - who must hear of it
        self,
        database: Database,
        *,
        sessions: SessionLookup,
        placing: OrderPlacing,
        phones: Phones,
        receivers: KnownReceivers,
        teller: RoomTeller,
        settings: OrderSettings,
    ) -> None:
        self._pool = database.pool
        self._sessions = sessions
        self._placing = placing
        self._phones = phones
        self._receivers = receivers
        self._teller = teller
        self._call_seconds = settings.waitlist_call_seconds

    async def list(self, user: CurrentUser, session_id: UUID) -> DeskClaimList:
        """Claims of a session: those that hold units first, then the newest. Phones are masked. Raises those of access."""
        organisation_id = (await self._sessions.managed(user, session_id, Action.WORK_ORDERS)).organisation_id
        async with self._pool.acquire() as db:
            found = await db.fetch(rows.LATEST, session_id, LISTED_MOST)
            held = [row for row in found if row["state"] == "held"]
            known = {row["id"]: await self._receivers.told(db, organisation_id, row) for row in held}
        return DeskClaimList(claims=[DeskClaim(**dict(rows.view_of(row)), receiver=known.get(row["id"])) for row in found])

    async def held_over_sessions(
        self, organisation_id: UUID, session_ids: Sequence[UUID] | None, *, with_rehearsals: bool, most: int
    ) -> Sequence[QueuedClaim]:
        """Claims that wait for a decision, of these sessions (None: of all): those nobody was asked about first, by when their time is over."""
        async with self._pool.acquire() as db:
            found = await db.fetch(rows.HELD_OVER_SESSIONS, organisation_id, session_ids, with_rehearsals, most)
            known = {row["id"]: await self._receivers.told(db, organisation_id, row) for row in found}
        of = [(row, dict(rows.view_of(row))) for row in found]
        return [
            QueuedClaim(**view, receiver=known[row["id"]], session_id=row["session_id"], session_title=row["session_title"])
            for row, view in of
        ]

    async def of_order(self, user: CurrentUser, session_id: UUID, order_id: UUID) -> OrdersClaims:
        """What comments have to do with an order; nothing for one that is not of this session. Raises those of access."""
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._pool.acquire() as db:
            return OrdersClaims(claims=[rows.view_of(row) for row in await db.fetch(rows.OF_ORDER, session_id, order_id)])

    async def own(self, device_id: UUID, session_id: UUID) -> OwnClaims:
        """The last claims of a device, newest first."""
        async with self._pool.acquire() as db:
            return OwnClaims(claims=[rows.view_of(row) for row in await db.fetch(rows.OF_DEVICE, session_id, device_id)])

    async def confirm(
        self, user: CurrentUser, session_id: UUID, claim_id: UUID, buyer: Buyer | None, intention: Intention | None = None
    ) -> ClaimView:
        """Make the order. Without `buyer` it goes where the writer's last order with this organisation went.

        Again changes nothing. Raises `ClaimNotFound`, `ClaimOver`, `ClaimNeedsReceiver`, those of access, and what placing an order raises.
        """
        organisation_id = (await self._sessions.managed(user, session_id, Action.WORK_ORDERS)).organisation_id
        async with self._pool.acquire() as db:
            claim = await self._open_claim(db, session_id, claim_id)
            if claim is not None and buyer is None:
                buyer = await self._receivers.of(db, organisation_id, claim)
        if claim is not None:
            if buyer is None:
                raise ClaimNeedsReceiver
            await self._place(claim, buyer, "cod")
        return await self._ordered(session_id, claim_id, user=user, intention=intention)

    async def confirm_own(self, device_id: UUID, session_id: UUID, claim_id: UUID, buyer: Buyer, payment: str) -> ClaimView:
        """The same by the device that wrote the comment. Another device's claim is not found."""
        async with self._pool.acquire() as db:
            row = await db.fetchrow(rows.ONE, claim_id, session_id)
            if row is None or row["device_id"] != device_id:
                raise ClaimNotFound(details={"claim_id": str(claim_id)})
            claim = await self._open_claim(db, session_id, claim_id)
        if claim is not None:
            await self._place(claim, buyer, payment)
        return await self._ordered(session_id, claim_id)

    async def mend(
        self, user: CurrentUser, session_id: UUID, claim_id: UUID, lines: Sequence[MendedLine], intention: Intention | None = None
    ) -> ClaimView:
        """Hold these lines in place of those of before, for the whole time again; also when the old ones are over.

        Raises `ClaimNotFound`, `ClaimOver` once it is decided, `ProductNotInSession`, and those of access.
        """
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._pool.acquire() as db, db.transaction():
            ledger, claim = await self._locked(db, session_id, claim_id)
            if (await claim_intention_raw(db, user.id, intention, claim_id)).is_first:
                if claim["state"] in {"ordered", "rejected"} or ledger.session_state not in {"live", "ended"}:
                    raise ClaimOver(details={"state": claim["state"]})
                await self._hold_anew(db, ledger, claim, await _lines_for(db, session_id, claim, lines))
                await self._audit(db, user, claim_id, "claim.mended")
            view = await rows.tell_claim(db, claim_id, session_id)
        await self._teller.tell_soon(session_id)
        return view

    async def reject(self, user: CurrentUser, session_id: UUID, claim_id: UUID, intention: Intention | None = None) -> ClaimView:
        """Give its units back; it was no order. Again changes nothing. Raises `ClaimNotFound`, `ClaimOver` once there is an order, and those of access."""
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._pool.acquire() as db, db.transaction():
            ledger, claim = await self._locked(db, session_id, claim_id)
            is_first = (await claim_intention_raw(db, user.id, intention, claim_id)).is_first
            if is_first and claim["state"] == "ordered":
                raise ClaimOver(details={"state": "ordered"})
            if is_first and claim["state"] != "rejected":
                await release_holds(db, ledger, [claim["hold_id"]], call_seconds=self._call_seconds)
                await rows.decide(db, claim_id, "rejected", now=ledger.now, by=user.id)
                await self._audit(db, user, claim_id, "claim.rejected")
            view = await rows.tell_claim(db, claim_id, session_id)
        await self._teller.tell_soon(session_id)
        return view

    async def ask_again(self, user: CurrentUser, session_id: UUID, claim_id: UUID, intention: Intention | None = None) -> ClaimView:
        """Its writer is asked: what it holds stays held for the whole time again, and an order that it follows is to be confirmed again.

        Raises `ClaimNotFound`, `ClaimOver` when nothing is held for it, and those of access.
        """
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._pool.acquire() as db, db.transaction():
            ledger, claim = await self._locked(db, session_id, claim_id)
            if (await claim_intention_raw(db, user.id, intention, claim_id)).is_first:
                if claim["state"] != "held":
                    raise ClaimOver(details={"state": claim["state"]})
                until = ledger.now + timedelta(seconds=(await rules_of_session(db, session_id)).hold_seconds)
                await extend_holds(db, claim["hold_id"], until)
                await rows.note_asked(db, claim_id, ledger.now, until)
                await self._audit(db, user, claim_id, "claim.asked_again")
            view = await rows.tell_claim(db, claim_id, session_id)
        await self._teller.tell_soon(session_id)
        return view

    async def reveal_phone(self, user: CurrentUser, session_id: UUID, claim_id: UUID, reason: str) -> str | None:
        """The number that the comment named; who looked, and what for, is written down first. Raises `ClaimNotFound`, and those of access."""
        await self._sessions.managed(user, session_id, Action.REVEAL_RECEIVERS)
        async with self._pool.acquire() as db, db.transaction():
            row = await db.fetchrow(rows.ONE, claim_id, session_id)
            if row is None:
                raise ClaimNotFound(details={"claim_id": str(claim_id)})
            await self._audit(db, user, claim_id, "claim.phone_read", reason=reason)
        return self._phones.open(row)

    async def settle_due(self) -> int:
        """Take back what is overdue, and note orders whose claims do not know of them yet; returns how many claims changed. Run every second."""
        settled = 0
        for row in await self._pool.fetch(_DUE, utc_now()):
            try:
                settled += await self._settle(row["session_id"])
            except Exception as error:  # noqa: BLE001 - another session must not wait for this one's lock
                log.warning("claims_not_settled", session=str(row["session_id"]), error=repr(error))
        return settled

    async def forget_phones(self) -> None:
        """Claims that came to nothing keep their phones for a week, and all of them their words for as long as the archive does."""
        await self._pool.execute(rows.FORGET_PHONES, PHONES_KEPT_DAYS)
        await self._pool.execute(rows.EMPTY_WITH_COMMENTS)

    async def _settle(self, session_id: UUID) -> int:
        async with self._pool.acquire() as db, db.transaction():
            ledger = await open_ledger(db, session_id, utc_now())
            if ledger is None:
                return 0
            overdue = [row["hold_id"] for row in await db.fetch(_OVERDUE, session_id, ledger.now, EXPIRED_AT_ONCE)]
            await release_holds(db, ledger, overdue, call_seconds=self._call_seconds)
            ordered = [row["hold_id"] for row in await db.fetch(_ORDERED, session_id)]
            claims = [row for row in await db.fetch(rows.BY_HOLD, [*overdue, *ordered]) if row["state"] == "held"]
            for claim in claims:
                order_id = await db.fetchval(_ORDER_OF, session_id, claim["device_id"], claim["id"])
                state: ClaimState = "expired" if order_id is None else "ordered"
                await rows.decide(db, claim["id"], state, now=ledger.now, by=None, order_id=order_id)
                await rows.tell_claim(db, claim["id"], session_id)
        self._teller.kick(session_id)
        return len(claims)

    async def _open_claim(self, db: RawConnection, session_id: UUID, claim_id: UUID) -> asyncpg.Record | None:
        """A claim that can be ordered; None when it is ordered already. Raises `ClaimNotFound`, `ClaimOver`."""
        claim = await db.fetchrow(rows.ONE, claim_id, session_id)
        if claim is None:
            raise ClaimNotFound(details={"claim_id": str(claim_id)})
        if claim["state"] == "ordered" or await db.fetchval(_ORDER_OF, session_id, claim["device_id"], claim_id) is not None:
            return None
        if claim["state"] != "held":
            raise ClaimOver(details={"state": claim["state"]})
        return claim

    async def _place(self, claim: asyncpg.Record, buyer: Buyer, payment: str) -> None:
        lines = [line for line in rows.lines_in(claim) if line.outcome == "held"]
        wanted = tuple(
            OrderLine(offer_id=line.offer_id, quantity=line.quantity)
            if line.offer_id is not None
            else ShelfLine(product_id=line.product_id, quantity=line.quantity, unit_price_vnd=line.unit_price_vnd)
            for line in lines
        )
        note = "; ".join([*filter(None, [buyer.note]), *(f"{line.code}: {line.variant}" for line in lines if line.variant)])
        content = OrderContent(
            key=claim["id"],
            lines=wanted,
            buyer=buyer.model_copy(update={"note": note[:_NOTE_MOST]}),
            payment=payment,
        )
        try:
            await self._placing.place_held(HeldOrder(claim["hold_id"], claim["device_id"], claim["held_at"]), claim["session_id"], content)
        except KeyReused:
            # Somebody else was quicker with another receiver: the order stands as they made it.
            log.info("claim_ordered_twice", claim=str(claim["id"]))

    async def _ordered(
        self, session_id: UUID, claim_id: UUID, *, user: CurrentUser | None = None, intention: Intention | None = None
    ) -> ClaimView:
        async with self._pool.acquire() as db, db.transaction():
            claim = await db.fetchrow(rows.LOCK_ONE, claim_id, session_id)
            if claim is None:
                raise ClaimNotFound(details={"claim_id": str(claim_id)})
            if user is not None:
                _ = await claim_intention_raw(db, user.id, intention, claim_id)
            if claim["state"] != "ordered":
                order_id = await db.fetchval(_ORDER_OF, session_id, claim["device_id"], claim_id)
                await rows.decide(db, claim_id, "ordered", now=utc_now(), by=user.id if user else None, order_id=order_id)
                if user is not None:
                    await self._audit(db, user, claim_id, "claim.confirmed")
            view = await rows.tell_claim(db, claim_id, session_id)
        await self._teller.tell_soon(session_id)
        return view

    async def _locked(self, db: RawConnection, session_id: UUID, claim_id: UUID) -> tuple[OpenLedger, asyncpg.Record]:
        ledger = await open_ledger(db, session_id, utc_now())
        claim = await db.fetchrow(rows.LOCK_ONE, claim_id, session_id)
        if ledger is None or claim is None:
            raise ClaimNotFound(details={"claim_id": str(claim_id)})
        if claim["state"] != "ordered" and await db.fetchval(_ORDER_OF, session_id, claim["device_id"], claim_id) is not None:
            raise ClaimOver(details={"state": "ordered"})
        return ledger, claim

    async def _hold_anew(self, db: RawConnection, ledger: OpenLedger, claim: asyncpg.Record, lines: Sequence[ClaimLine]) -> None:
        other = await db.fetchrow(rows.OPEN_OF_DEVICE, ledger.session_id, claim["device_id"])
        if other is not None and other["id"] != claim["id"]:
            raise ClaimOver(details={"state": claim["state"], "newer": str(other["id"])})
        hold = timedelta(seconds=(await rules_of_session(db, ledger.session_id)).hold_seconds)
        hold_id = uuid4()
        await release_holds(db, ledger, [claim["hold_id"]], call_seconds=None)
        held = await hold_lines(db, ledger, hold_id, claim["device_id"], lines, hold)
        await rows.hold_anew(db, claim["id"], held, hold_id=hold_id, now=ledger.now, until=ledger.now + hold)

    @staticmethod
    async def _audit(db: RawConnection, user: CurrentUser, claim_id: UUID, action: str, **details: object) -> None:
        await insert_audit(
            db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=claim_id, details=details or None
        )


async def _lines_for(db: RawConnection, session_id: UUID, claim: asyncpg.Record, wanted: Sequence[MendedLine]) -> list[ClaimLine]:
    units: dict[UUID, int] = {}
    for line in wanted:
        units[line.product_id] = units.get(line.product_id, 0) + line.quantity
    products = {row["product_id"]: row for row in await db.fetch(_RUN_DOWN, session_id, list(units))}
    variants = {line.product_id: line.variant for line in rows.lines_in(claim)}
    if strange := [str(product_id) for product_id in units if product_id not in products]:
        raise ProductNotInSession(details={"product_ids": strange})
    return [rows.product_of(products[product_id], quantity, variants.get(product_id, "")) for product_id, quantity in units.items()]
