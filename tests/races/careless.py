"""What nodes would be without one of their guards; the checkers must complain about each. Nothing of ours is changed from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

import asyncpg
from typing_extensions import override

from app.fulfilment.changes import OrderChanges
from app.infra.bounded_pool import BoundedPool
from app.infra.committing import Work
from app.infra.database import RawConnection
from app.ledger.append import OpenLedger
from app.metrics.service import LedgerDelta
from app.metrics.store import MetricsStore
from app.orders.batch import BatchWriter
from app.orders.books import Books, OrderIdentity, WantedOrder
from app.orders.shelf import Terms
from app.protocol.server_events import OrderReceipt
from app.redis_keys import SessionKeys

Found = TypeVar("Found")


class WithoutLocks(BatchWriter):
    """Gives every lock back as soon as it has it. The nodes that share it write when all have read: what a lock would have kept apart."""

    def __init__(self, *, nodes: int) -> None:
        super().__init__()
        self._everyone_has_read = asyncio.Barrier(nodes)

    @override
    async def lock_ledger(self, db: RawConnection, session_id: UUID) -> OpenLedger | None:
        return await _and_let_go(db, super().lock_ledger(db, session_id))

    @override
    async def lock_pools(self, db: RawConnection, ledger: OpenLedger, offer_ids: Sequence[UUID], orders: Sequence[WantedOrder]) -> Terms:
        return await _and_let_go(db, super().lock_pools(db, ledger, offer_ids, orders))

    @override
    async def lock_offers(self, db, ledger, offer_ids):
        return await _and_let_go(db, super().lock_offers(db, ledger, offer_ids))

    @override
    async def write_orders(self, db: RawConnection, books: Books) -> None:
        with suppress(TimeoutError, asyncio.BrokenBarrierError):
            async with asyncio.timeout(0.5):
                await self._everyone_has_read.wait()
        await super().write_orders(db, books)


class ChangesWithoutLocks(OrderChanges):
    """The same for changes of orders."""

    def __init__(self, *, nodes: int) -> None:
        self._everyone_has_read = asyncio.Barrier(nodes)

    @override
    async def lock_ledger(self, db: RawConnection, session_id: UUID) -> OpenLedger | None:
        return await _and_let_go(db, super().lock_ledger(db, session_id))

    @override
    async def lock_pools(self, db, ledger, product_ids, offer_ids):
        return await _and_let_go(db, super().lock_pools(db, ledger, product_ids, offer_ids))

    @override
    async def lock_offers(self, db, ledger, offer_ids, product_ids):
        offers = await _and_let_go(db, super().lock_offers(db, ledger, offer_ids, product_ids))
        with suppress(TimeoutError, asyncio.BrokenBarrierError):
            async with asyncio.timeout(2.0):
                await self._everyone_has_read.wait()
        return offers


async def _and_let_go(db: RawConnection, taking: Awaitable[Found]) -> Found:
    """Rolled back to before them, a transaction has its locks no longer, but knows what it read."""
    savepoint = db.transaction()
    await savepoint.start()
    try:
        return await taking
    finally:
        await savepoint.rollback()


class BlindToRepeats(BatchWriter):
    """Takes every order for a new one."""

    @override
    async def find_repeats(
        self, db: RawConnection, session_id: UUID, orders: Sequence[WantedOrder]
    ) -> dict[OrderIdentity, tuple[bytes, OrderReceipt]]:
        return {}


class DiesBeforeStockIsTaken(BatchWriter):
    """Fails, the first time, between the order's rows and the stock's."""

    def __init__(self) -> None:
        super().__init__()
        self._has_died = False

    @override
    async def take_stock(self, db: RawConnection, books: Books) -> None:
        if not self._has_died:
            self._has_died = True
            await db.execute("SELECT 1 / 0")
        await super().take_stock(db, books)


class BlindToAFullDisk(BatchWriter):
    """Goes on when orders could not be written."""

    @override
    async def write_orders(self, db: RawConnection, books: Books) -> None:
        with suppress(asyncpg.PostgresError):
            async with db.transaction():
                await super().write_orders(db, books)


async def told_and_never_committed(pool: BoundedPool, work: Work[Found]) -> Found:
    """In place of `app.infra.committing.commit`: what the work said is told, and its connection dies before COMMIT."""
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        async with pool.acquire() as db, db.transaction():
            result = await work(db)
            db.terminate()
    return result


def a_forgetful_store() -> type[MetricsStore]:
    """Stores that take whatever comes for the next entries, as their script would if it did not compare `seq` with the last that it saw."""
    one_at_a_time = asyncio.Lock()

    class Forgetful(MetricsStore):
        @override
        async def apply(self, session_id: UUID, deltas: Sequence[LedgerDelta]) -> int:
            async with one_at_a_time:
                await self._redis.once.hset(SessionKeys(self._prefix, session_id).ledger, "seq", str(deltas[0].seq - 1))
                return await super().apply(session_id, deltas)

    return Forgetful
