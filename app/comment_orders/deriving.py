"""Comments become claims: read after they were archived, in order, each exactly once, under the locks of an order.

A comment that may ask for something waits in `comments_to_read` since the transaction that archived it; the transaction that writes its
claim takes it out. So nothing is read twice or lost, whoever is killed and however many workers read. Nothing here waits for Redis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import structlog

from app.comment_orders import claim_rows as rows
from app.comment_orders.claim_rows import NewClaim, Phones
from app.comment_orders.grammar import ReadOrder, read_order
from app.comment_orders.rules import rules_of_session
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.ledger.append import OpenLedger, open_ledger
from app.live.to_read import ReadingLater, WaitingComment
from app.orders.holds import HeldLine, HoldRequest, WantedUnits, hold_units, release_holds
from app.protocol.claims import ClaimLine
from app.sessions.telling import RoomTeller

log = structlog.get_logger(__name__)

READ_AT_ONCE = 200
# The ledger is locked meanwhile: orders wait for as long as these take.
CLAIMED_AT_ONCE = 20

# What a comment's own content brings about, each time anew.
_SPOILT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError)

_RUN_DOWN = """
SELECT r.code, r.product_id, p.name FROM session_products r JOIN products p ON p.id = r.product_id WHERE r.session_id = $1
"""


@dataclass(frozen=True, slots=True)
class _Read:
    """A comment with what it asks for."""

    comment: WaitingComment
    order: ReadOrder


class ClaimReader:
    """Reads what waits. Safe on every node at once."""

    def __init__(self, database: Database, *, later: ReadingLater, phones: Phones, teller: RoomTeller) -> None:
        self._pool = database.pool
        self._later = later
        self._phones = phones
        self._teller = teller

    async def read_waiting(self) -> int:
        """Read the comments that wait in all sessions; returns how many became claims or changed one."""
        async with self._pool.acquire() as db:
            sessions = await self._later.sessions(db)
        claimed = 0
        for session_id in sessions:
            try:
                claimed += await self._read(session_id)
            except Exception as error:  # noqa: BLE001 - its comments stay; another session must not wait for it
                log.warning("comments_not_read", session=str(session_id), error=repr(error))
        return claimed

    async def _read(self, session_id: UUID) -> int:
        async with self._pool.acquire() as db:
            comments = await self._later.waiting(db, session_id, READ_AT_ONCE)
            rules = await rules_of_session(db, session_id)
            products = {row["code"].upper(): row for row in await db.fetch(_RUN_DOWN, session_id)}
        orders = {comment.id: read_order(comment.text, products) if rules.is_on else None for comment in comments}
        asking = [_Read(comment, order) for comment in comments if (order := orders[comment.id]) is not None]
        others = [comment.id for comment in comments if orders[comment.id] is None]
        if others:
            async with self._pool.acquire() as db:
                await self._later.take(db, others)
        claimed = 0
        hold = timedelta(seconds=rules.hold_seconds)
        for start in range(0, len(asking), CLAIMED_AT_ONCE):
            some = asking[start : start + CLAIMED_AT_ONCE]
            try:
                claimed += await self._claim_some(session_id, some, products, hold)
            except _SPOILT:
                # One of them is to blame: each alone, so that it neither sinks the others nor comes first for ever.
                for each in some:
                    claimed += await self._claim_alone(session_id, each, products, hold)
            self._teller.kick(session_id)
        return claimed

    async def _claim_some(self, session_id: UUID, asking: Sequence[_Read], products: Mapping[str, asyncpg.Record], hold: timedelta) -> int:
        async with self._pool.acquire() as db, db.transaction():
            return await self._claim_all(db, session_id, asking, products, hold)

    async def _claim_alone(self, session_id: UUID, one: _Read, products: Mapping[str, asyncpg.Record], hold: timedelta) -> int:
        try:
            return await self._claim_some(session_id, [one], products, hold)
        except _SPOILT as error:
            log.warning("comment_cannot_be_claimed", session=str(session_id), comment=str(one.comment.id), error=type(error).__name__)
        async with self._pool.acquire() as db:
            await self._later.take(db, [one.comment.id])
        return 0

    async def _claim_all(
        self, db: RawConnection, session_id: UUID, asking: Sequence[_Read], products: Mapping[str, asyncpg.Record], hold: timedelta
    ) -> int:
        ledger = await open_ledger(db, session_id, utc_now())
        mine = await self._later.take(db, [each.comment.id for each in asking])
        if ledger is None or ledger.session_state != "live":
            return 0  # nothing was ever for sale, or it is over
        claimed = 0
        for each in asking:
            if each.comment.id in mine:
                wanted = [rows.product_of(products[line.code], line.quantity, line.variant) for line in each.order.lines]
                claimed += await self._claim(db, ledger, each.comment, wanted, hold)
        return claimed

    async def _claim(
        self, db: RawConnection, ledger: OpenLedger, comment: WaitingComment, wanted: Sequence[ClaimLine], hold: timedelta
    ) -> bool:
        """Write one claim, or put the comment into the one that its writer has; False when it says nothing new."""
        now = await db.fetchrow(rows.OPEN_OF_DEVICE, ledger.session_id, comment.device_id)
        if now is not None:
            return await self._change(db, ledger, now, comment, wanted, hold)
        last = await db.fetchrow(rows.LAST_OF_DEVICE, ledger.session_id, comment.device_id)
        if last is not None and last["state"] in {"ordered", "rejected"} and _same(rows.lines_in(last), wanted):
            return False
        claim_id = uuid4()
        lines = await hold_lines(db, ledger, claim_id, comment.device_id, wanted, hold)
        new = NewClaim(
            id=claim_id,
            session_id=ledger.session_id,
            comment_id=comment.id,
            device_id=comment.device_id,
            source=comment.source,
            author=comment.author,
            words=comment.text,
            said_at=comment.said_at,
            follows_order_id=last["order_id"] if last is not None else None,
            phone=self._phones.seal(claim_id, comment.phones),
        )
        await rows.insert_claim(db, new, lines, hold_id=claim_id, now=ledger.now, until=ledger.now + hold)
        await rows.tell_claim(db, claim_id, ledger.session_id)
        return True

    async def _change(
        self,
        db: RawConnection,
        ledger: OpenLedger,
        claim: asyncpg.Record,
        comment: WaitingComment,
        wanted: Sequence[ClaimLine],
        hold: timedelta,
    ) -> bool:
        """A newer comment before the claim is decided: it adds products, and says anew how many of those that were named."""
        before = rows.lines_in(claim)
        merged = list({line.product_id: line for line in (*before, *wanted)}.values())[:10]
        phone = self._phones.seal(claim["id"], comment.phones)
        if _same(before, merged) and phone.digest in {None, claim["phone_digest"]}:
            return False
        if not _same(before, merged):
            hold_id = uuid4()
            await release_holds(db, ledger, [claim["hold_id"]], call_seconds=None)
            lines = await hold_lines(db, ledger, hold_id, comment.device_id, merged, hold)
            await rows.hold_anew(db, claim["id"], lines, hold_id=hold_id, now=ledger.now, until=ledger.now + hold)
        await rows.say_anew(db, claim["id"], comment.id, comment.text, comment.said_at, phone)
        await rows.tell_claim(db, claim["id"], ledger.session_id)
        return True


async def hold_lines(
    db: RawConnection, ledger: OpenLedger, hold_id: UUID, device_id: UUID, wanted: Sequence[ClaimLine], hold: timedelta
) -> list[ClaimLine]:
    """Set units aside for these lines as far as they can be."""
    request = HoldRequest(hold_id, device_id, ledger.now + hold)
    held: list[HeldLine] = await hold_units(db, ledger, request, [WantedUnits(line.product_id, line.quantity) for line in wanted])
    return rows.with_outcomes(wanted, held)


def _same(some: Sequence[ClaimLine], others: Sequence[ClaimLine]) -> bool:
    return _units(some) == _units(others)


def _units(lines: Sequence[ClaimLine]) -> dict[UUID, tuple[int, str]]:
    return {line.product_id: (line.quantity, line.variant.casefold()) for line in lines}
