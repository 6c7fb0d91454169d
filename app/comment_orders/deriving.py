"""Comments become claims: read after they were archived, in order, each exactly once, under the locks of an order.

A comment that may ask for something waits in `comments_to_read` since the transaction that archived it; the transaction that writes its
claim takes it out. So nothing is read twice or lost, whoever is killed and however many workers read. Nothing here waits for Redis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
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
from app.settings import OrderSettings

log = structlog.get_logger(__name__)

READ_AT_ONCE = 200
# The ledger is locked meanwhile: orders wait for as long as these take.
CLAIMED_AT_ONCE = 20

# What a comment's own content brings about, each time anew.
_SPOILT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError)

_RUN_DOWN = """
SELECT r.code, r.product_id, p.name FROM session_products r JOIN products p ON p.id = r.product_id WHERE r.session_id = $1
"""
# Units that comments hold: of one device, and of everybody behind the network that a comment came from.
_HELD_NEARBY = """
SELECT coalesce(sum(h.quantity) FILTER (WHERE h.device_id = $2), 0)::int AS device, coalesce(sum(h.quantity) FILTER (WHERE m.network =
  (SELECT network FROM comments WHERE id = $3)), 0)::int AS network
FROM comment_claims c JOIN unit_holds h ON h.hold_id = c.hold_id AND h.state = 'held' LEFT JOIN comments m ON m.id = c.comment_id
WHERE c.session_id = $1 AND c.state = 'held'
"""
# By product: what is for sale of it, held or not, and what of that is held. Where there is a pool, offers take from it.
_SHARES = """
SELECT t.product_id, coalesce((SELECT units - sold FROM session_stock p WHERE p.session_id = $1 AND p.product_id = t.product_id),
  (SELECT sum(remaining) FROM offers f WHERE f.session_id = $1 AND f.product_id = t.product_id AND f.state = 'open'), 0)::int AS stock,
  (SELECT coalesce(sum(quantity), 0)::int FROM unit_holds h WHERE h.session_id = $1 AND h.product_id = t.product_id AND h.state = 'held') AS held
FROM unnest($2::uuid[]) AS t(product_id)
"""


@dataclass(frozen=True, slots=True)
class _Read:
    """A comment with what it asks for."""

    comment: WaitingComment
    order: ReadOrder


class ClaimReader:
    """Reads what waits. Safe on every node at once.

    What comments hold is bounded: per device, per network, and of a product's stock a share, so that claims nobody means leave goods to others.
    """

    def __init__(
        self, database: Database, *, later: ReadingLater, phones: Phones, teller: RoomTeller, settings: OrderSettings | None = None
    ) -> None:
        self._settings = settings or OrderSettings()
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
        lines = await self._hold_within_bounds(db, ledger, claim_id, comment, wanted, hold)
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
        # One that was held back and comes late says nothing about what a newer one has named.
        is_late = comment.said_at < claim["said_at"]
        in_turn = (*wanted, *before) if is_late else (*before, *wanted)
        merged = list({line.product_id: line for line in in_turn}.values())[:10]
        phone = self._phones.seal(claim["id"], comment.phones)
        if _same(before, merged) and phone.digest in {None, claim["phone_digest"]}:
            return False
        if not _same(before, merged):
            hold_id = uuid4()
            await release_holds(db, ledger, [claim["hold_id"]], call_seconds=None)
            lines = await self._hold_within_bounds(db, ledger, hold_id, comment, merged, hold)
            await rows.hold_anew(db, claim["id"], lines, hold_id=hold_id, now=ledger.now, until=ledger.now + hold)
            await rows.ask_desk(db, claim["id"])
        if not is_late:
            await rows.say_anew(db, claim["id"], comment.id, comment.text, comment.said_at, phone)
        await rows.tell_claim(db, claim["id"], ledger.session_id)
        return True

    async def _hold_within_bounds(
        self,
        db: RawConnection,
        ledger: OpenLedger,
        hold_id: UUID,
        comment: WaitingComment,
        wanted: Sequence[ClaimLine],
        hold: timedelta,
    ) -> list[ClaimLine]:
        """Hold what may be held for a comment; what would go beyond a bound is left out and says so. The ledger's lock is held."""
        settings = self._settings
        nearby = await db.fetchrow(_HELD_NEARBY, ledger.session_id, comment.device_id, comment.id)
        stocks = {row["product_id"]: row for row in await db.fetch(_SHARES, ledger.session_id, [line.product_id for line in wanted])}
        by_device, by_network = (0, 0) if nearby is None else (nearby["device"], nearby["network"])
        left = min(settings.claim_units_per_device - by_device, settings.claim_units_per_address - by_network)
        allowed = []
        for line in wanted:
            stock = stocks[line.product_id]
            # where too little is left anyway, the hold says so
            is_share_full = line.quantity <= stock["stock"] - stock["held"] and stock["held"] + line.quantity > ceil(
                settings.claim_stock_share * stock["stock"]
            )
            if line.quantity <= left and not is_share_full:
                allowed.append(line)
                left -= line.quantity
        held = {line.product_id: line for line in await hold_lines(db, ledger, hold_id, comment.device_id, allowed, hold)}
        return [held.get(line.product_id, line.model_copy(update={"outcome": "too_many"})) for line in wanted]


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
