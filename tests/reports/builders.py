"""A market on air: orders over the real path, later facts into the real ledger, and the report about it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from app.accounts.service import CurrentUser
from app.infra.clock import monotonic, now_ms, utc_now
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.ledger.append import open_ledger
from app.ledger.chain import entry_of
from app.ledger.kinds import EntryKind
from app.ledger.projector import Projector
from app.metrics.service import Flush, MetricsService, Move
from app.orders.group_commit import PlacingQueues
from app.protocol.server_events import OrderReceipt
from app.reports.schemas import Check, LadderStep, Report
from app.reports.service import ReportService
from tests.metrics.builders import devices
from tests.orders.builders import Market, a_wanted_order, an_offer


@dataclass(slots=True)
class Fair:
    """One session with everything that its report looks at."""

    market: Market
    database: Database
    redis: RedisClients
    prefix: str
    metrics: MetricsService
    queues: PlacingQueues
    reports: ReportService

    @property
    def id(self) -> UUID:
        return self.market.session_id

    @property
    def staff(self) -> CurrentUser:
        return CurrentUser(self.market.user_id, self.market.organisation_id, "Đoàn xã", "host", "Lan", "host")

    async def offer(self, *, total: int = 10, price_vnd: int = 129_000) -> UUID:
        return await an_offer(self.database, self.market, total=total, price_vnd=price_vnd)

    async def order(self, offer_id: UUID, quantity: int = 1, *, device_id: UUID | None = None) -> OrderReceipt:
        return await self.queues.place(a_wanted_order(self.market, {offer_id: quantity}, device_id=device_id))

    async def record(self, order: OrderReceipt, *kinds: EntryKind, reason: str = "") -> None:
        """Append facts about an order to the ledger, giving the stock back where they do."""
        async with self.database.pool.acquire() as db, db.transaction():
            ledger = await open_ledger(db, self.id, utc_now())
            assert ledger is not None
            body = await db.fetchval("SELECT body FROM ledger_entries WHERE order_id = $1 AND kind = 'placed'", order.order_id)
            placed = entry_of(body)
            for kind in kinds:
                ledger.append(kind, order.order_id, buyer_token=placed.buyer_token, lines=placed.lines, reason=reason)
                if kind in {"cancelled", "expired"}:
                    for line in placed.lines:
                        await db.execute("UPDATE offers SET remaining = remaining + $2 WHERE id = $1", line.offer_id, line.quantity)
            await ledger.write(db)

    async def project(self) -> int:
        return await Projector(self.database, self.metrics).catch_up(self.id)

    async def watch(self, *, viewers: int = 5, **increments: int) -> None:
        """A node's flush with so many devices."""
        await self.metrics.flush(
            self.id,
            Flush(
                f"node-{uuid4()}",
                1,
                now_ms(),
                increments,
                watching=[Move(UUID(each).bytes, "came", monotonic()) for each in devices(viewers)],
            ),
        )

    async def end(self, state: str = "ended") -> None:
        await self.database.pool.execute(
            "UPDATE sessions SET state = $2, ended_at = coalesce(ended_at, now()), closed_at = CASE WHEN $2 = 'closed' THEN now() END WHERE id = $1",
            self.id,
            state,
        )

    async def lose_redis(self) -> None:
        keys = [key async for key in self.redis.idempotent.scan_iter(match=f"{self.prefix}:*", count=1000)]
        await self.redis.idempotent.delete(*keys)

    async def report(self) -> Report:
        return await self.reports.report(self.staff, self.id)


def failed(report: Report) -> list[str]:
    return [check.name for check in report.reconciliation.checks if not check.ok]


def check(report: Report, name: str) -> Check:
    return next(found for found in report.reconciliation.checks if found.name == name)


def step(report: Report, name: str) -> LadderStep:
    return next(found for found in report.ladder if found.name == name)


def headline(report: Report) -> dict[str, float | int | None]:
    return {metric.name: metric.value for metric in report.headline}
