"""A room whose counts tests feed and read, and ledger deltas with defaults."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import text

from app.infra.clock import monotonic, now_ms
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.metrics.service import Clocks, Flush, LedgerDelta, MetricsService, Move, RoomFigures, SessionStats
from app.redis_keys import SessionKeys
from tests.orders.builders import Market


@dataclass(slots=True)
class Room:
    """One live session with statistics; flush numbers count up by themselves, and each node remembers who it has told of."""

    market: Market
    database: Database
    redis: RedisClients
    prefix: str
    metrics: MetricsService
    numbers: Counter[str] = field(default_factory=Counter)
    present: defaultdict[str, dict[bytes, None]] = field(default_factory=lambda: defaultdict(dict))
    marks: dict[str, str] = field(default_factory=dict)

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
        """A node has `viewers` devices now: those that `entered`, as far as they are so many, and others."""
        if number is None:
            self.numbers[node] += 1
            number = self.numbers[node]
        moment = now_ms() if at_ms is None else at_ms
        moves = self._moves(node, viewers, [UUID(device).bytes for device in entered])
        commenters = [UUID(device).bytes for device in commented]
        figures = await self.metrics.flush(self.id, Flush(node, number, moment, increments, commenters, moves))
        if self.marks.setdefault(node, figures.node_known_since) != figures.node_known_since:
            self.marks[node], self.numbers[node] = figures.node_known_since, self.numbers[node] + 1
            told_again = [Move(device, "stayed", monotonic()) for device in self.present[node]]
            figures = await self.metrics.flush(self.id, Flush(node, self.numbers[node], moment, {}, watching=told_again))
        return figures

    def _moves(self, node: str, viewers: int, entered: Sequence[bytes]) -> list[Move]:
        here, moment = self.present[node], monotonic()
        others = (uuid5(NAMESPACE_OID, f"{node} {number}").bytes for number in count())
        moves = [Move(device, "came", moment) for device in entered if device not in here]
        here.update(dict.fromkeys(entered))
        while len(here) < viewers:
            device = next(each for each in others if each not in here)
            here[device] = None
            moves.append(Move(device, "came", moment))
        while len(here) > viewers:
            device, _ = here.popitem()
            moves.append(Move(device, "went", moment))
        return moves

    async def watched(self, **figures: int) -> None:
        """As if the devices had been watched for so long: `watch_ms`, `views_10s` and the like, of this minute."""
        await self.metrics.restore(self.id)
        for name, amount in figures.items():
            await self.redis.once.hincrby(self.keys.live, name, amount)
            await self.redis.once.hincrby(self.keys.minutes, f"{now_ms() // 60_000}:{name}", amount)

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


@dataclass(slots=True)
class DrivenTime:
    """The time of nodes and of Redis, moved by hand."""

    now_ms: int = 1_800_000_000_000

    @property
    def clocks(self) -> Clocks:
        return Clocks(self.seconds, lambda: self.now_ms)

    def seconds(self) -> float:
        return self.now_ms / 1000

    def after(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)


def came(*keys: bytes) -> list[Move]:
    return [Move(key, "came", monotonic()) for key in keys]


def went(*keys: bytes) -> list[Move]:
    return [Move(key, "went", monotonic()) for key in keys]


def devices(number: int, *, first: int = 0) -> list[str]:
    """Always the same ids, so that the estimate of how many there are is the same in every run."""
    return [str(uuid5(NAMESPACE_OID, f"device {each}")) for each in range(first, first + number)]


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
