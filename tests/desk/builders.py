"""A node with a desk on a market, colleagues, and orders on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from app.accounts.intentions import Intention
from app.accounts.models import RoleGrant, User
from app.accounts.permissions import Grant, Role
from app.accounts.service import CurrentUser
from app.desk.buyers import BuyerKnowledge
from app.desk.following import DeskFollower
from app.desk.holding_back import HeldBack
from app.desk.news import DeskNews
from app.desk.queues import Queue
from app.desk.schemas import NewCall, OrderWork
from app.desk.searching import DeskSearch
from app.desk.work import DeskWork
from app.fulfilment.sealed_rows import SealedRows
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.orders.group_commit import PlacingQueues
from app.settings import DeskSettings
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.selling import Selling, selling_services


@dataclass
class Node:
    """One node's desk."""

    database: Database
    selling: Selling
    market: Market
    queues: PlacingQueues
    news: DeskNews
    held_back: HeldBack
    follower: DeskFollower
    work: DeskWork
    search: DeskSearch
    knowledge: BuyerKnowledge
    offers: list[UUID] = field(default_factory=list)

    async def close(self) -> None:
        await self.selling.placing.close()

    async def places(self, count: int = 1, *, market: Market | None = None, **wishes: Any) -> list[UUID]:
        """Orders of one unit each, on the desk."""
        market = market or self.market
        offer_id = await an_offer(self.database, market, total=count, limit=count)
        placed = [(await self.queues.place(a_wanted_order(market, {offer_id: 1}, **wishes))).order_id for _ in range(count)]
        await self.follower.follow()
        return placed

    async def calls(self, user: CurrentUser, order_id: UUID, outcome: str, *, key: str | None = None, **more: Any) -> OrderWork:
        call = NewCall.model_validate({"outcome": outcome, **more})
        intention = None if key is None else Intention(key, outcome.encode())
        return await self.work.call(user, await self.session_of(order_id), order_id, call, intention)

    async def session_of(self, order_id: UUID) -> UUID:
        found: UUID = await self.database.pool.fetchval("SELECT session_id FROM orders WHERE id = $1", order_id)
        return found

    async def queue_of(self, order_id: UUID) -> Queue:
        found: Queue = await self.database.pool.fetchval("SELECT queue FROM desk_orders WHERE order_id = $1", order_id)
        return found

    async def ready_at(self, order_id: UUID) -> datetime:
        found: datetime = await self.database.pool.fetchval("SELECT ready_at FROM desk_orders WHERE order_id = $1", order_id)
        return found

    async def course(self, order_id: UUID) -> list[str]:
        rows = await self.database.pool.fetch("SELECT kind FROM ledger_entries WHERE order_id = $1 ORDER BY seq", order_id)
        return [row["kind"] for row in rows]

    async def a_minute_passes(self) -> None:
        """What is held back is due now."""
        earlier = timedelta(minutes=2)
        await self.database.pool.execute("UPDATE desk_orders SET step_due_at = step_due_at - $1::interval", earlier)
        await self.database.pool.execute("UPDATE order_calls SET called_at = called_at - $1::interval", earlier)
        await self.held_back.write_due()


def a_node(
    database: Database, redis: RedisClients, prefix: str, market: Market, queues: PlacingQueues, *, settings: DeskSettings | None = None
) -> Node:
    selling = selling_services(database, redis, prefix)
    rows = SealedRows(KeyRing("tests"))
    news = DeskNews(redis, prefix)
    held_back = HeldBack(database, selling.desk, news)
    selling.desk.settles_first(held_back.write)
    work = DeskWork(
        database,
        sessions=selling.sessions,
        desk=selling.desk,
        held_back=held_back,
        rows=rows,
        news=news,
        settings=settings or DeskSettings(),
    )
    return Node(
        database=database,
        selling=selling,
        market=market,
        queues=queues,
        news=news,
        held_back=held_back,
        follower=DeskFollower(database, news),
        work=work,
        search=DeskSearch(database, work, rows),
        knowledge=BuyerKnowledge(database, sessions=selling.sessions, rows=rows),
    )


async def a_colleague(database: Database, market: Market, name: str, *, role: str = "desk", session_id: UUID | None = None) -> CurrentUser:
    """Somebody at the desk: of the whole organisation, or of one session."""
    user_id = uuid4()
    async with database.transactions.begin() as db:
        db.add(
            User(
                id=user_id,
                organisation_id=market.organisation_id,
                login=f"{role}-{user_id}",
                display_name=name,
                role=role,
                password_hash="-",
            )
        )
        await db.flush()
        db.add(RoleGrant(organisation_id=market.organisation_id, user_id=user_id, role=role, session_id=session_id, granted_by=user_id))
    grants = () if session_id is None else (Grant(cast("Role", role), None, session_id),)
    return CurrentUser(user_id, market.organisation_id, "Đoàn xã", f"{role}-{user_id}", name, cast("Role", role), grants)
