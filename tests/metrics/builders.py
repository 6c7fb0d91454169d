"""A room whose counts tests feed and read, and ledger deltas with defaults."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import text

from app.infra.clock import monotonic, now_ms
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.metrics.service import Flush, LedgerDelta, MetricsService, RoomFigures, SessionStats
from app.redis_keys import SessionKeys
from tests.orders.builders import Market


@dataclass(slots=True)
class Room:
    """One live session with statistics; flush numbers count up by themselves."""

    market: Market
    database: Database
    redis: RedisClients
    prefix: str
    metrics: MetricsService
    numbers: Counter[str] = field(default_factory=Counter)

    @property
    def id(self) -> UUID:
        return self.market.session_id

    @property
    def keys(self) -> SessionKeys:
        return SessionKeys(self.prefix, self.id)

    async def flush(
        self,
        node: str = "a",
        *,
        viewers: int = 0,
        number: int | None = None,
        at_ms: int | None = None,
        entered: Sequence[str] = (),
        commented: Sequence[str] = (),
        **increments: int,
    ) -> RoomFigures:
        if number is None:
            self.numbers[node] += 1
            number = self.numbers[node]
        moment = now_ms() if at_ms is None else at_ms
        return await self.metrics.flush(self.id, Flush(node, number, viewers, moment, increments, entered, commented))

    async def stats(self) -> SessionStats:
        return await self.metrics.stats(self.id)

    async def lose_redis(self) -> None:
        """What FLUSHALL does to this test's keys."""
        keys = [key async for key in self.redis.idempotent.scan_iter(match=f"{self.prefix}:*", count=1000)]
        await self.redis.idempotent.delete(*keys)

    async def set_times(self, started_at: datetime, ended_at: datetime | None = None, state: str = "live") -> None:
        async with self.database.transactions.begin() as db:
            await db.execute(
                text("UPDATE sessions SET started_at = :started_at, ended_at = :ended_at, state = :state WHERE id = :id"),
                {"started_at": started_at, "ended_at": ended_at, "state": state, "id": self.id},
            )


def devices(count: int, *, first: int = 0) -> list[str]:
    """Always the same ids, so that the estimate of how many there are is the same in every run."""
    return [str(uuid5(NAMESPACE_OID, f"device {number}")) for number in range(first, first + count)]


def a_delta(
    seq: int,
    *,
    minute: int | None = None,
    kind: str = "placed",
    amount_vnd: int = 120_000,
    units: int = 1,
    product: str = "",
    buyer: str = "b",
) -> LedgerDelta:
    """One entry of one product; its offer has the product's id."""
    figures = {f"orders_{kind}": 1, f"units_{kind}": units, f"revenue_{kind}_vnd": amount_vnd}
    product = product or str(UUID(int=1))
    taken = units if kind == "placed" else -units
    return LedgerDelta(
        seq,
        now_ms() // 60_000 if minute is None else minute,
        figures,
        {product: figures},
        {product: taken},
        buyer if kind == "placed" else None,
    )


async def eventually(fact: Callable[[], Awaitable[bool]], *, within_seconds: float = 5.0) -> None:
    """Wait until something becomes true."""
    deadline = monotonic() + within_seconds
    while not await fact():
        assert monotonic() < deadline, "it did not become true in time"
        await asyncio.sleep(0.01)
