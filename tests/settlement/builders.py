"""A market of two producers, orders that mix their goods, and an organiser who settles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from app.accounts.intentions import Intention
from app.accounts.service import CurrentUser
from app.catalog.models import Producer, Product
from app.fulfilment.changes import Change, WantedLine, append_change
from app.fulfilment.transitions import Step, append_steps
from app.infra.clock import utc_now, vietnam_day
from app.infra.database import Database
from app.ledger.chain import genesis_hash
from app.ledger.models import Ledger
from app.orders.group_commit import PlacingQueues
from app.sessions.models import LivestreamSession, SessionProduct
from app.settlement.household import SettlementHouse, settlement_house
from app.settlement.schemas import Agreement, CoveredSession, NewCharge, Payout, SettlementView
from tests.desk.builders import a_colleague
from tests.orders.builders import Market, a_wanted_order, an_offer


@dataclass
class Books:
    """`honey` and `cake` are offers of two producers at 129,000 and 50,000 VND; `mine` and `other` are those producers."""

    database: Database
    market: Market
    queues: PlacingQueues
    organiser: CurrentUser
    house: SettlementHouse
    mine: UUID
    other: UUID
    honey: UUID
    cake: UUID

    async def order(self, *, honey: int = 0, cake: int = 0, **wishes: Any) -> UUID:
        wanted = {offer: units for offer, units in ((self.honey, honey), (self.cake, cake)) if units}
        return (await self.queues.place(a_wanted_order(self.market, wanted, **wishes))).order_id

    async def step(self, order_id: UUID, *kinds: Any, **more: Any) -> None:
        steps = [Step(order_id, kind, **more) for kind in kinds]
        async with self.database.pool.acquire() as db, db.transaction():
            answers = (await append_steps(db, self.market.session_id, steps, call_seconds=60)).answers
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer

    async def change(self, order_id: UUID, *lines: WantedLine) -> None:
        async with self.database.pool.acquire() as db, db.transaction():
            await append_change(db, self.market.session_id, Change(order_id, lines), call_seconds=60)

    async def sold(self, *, honey: int = 0, cake: int = 0, **wishes: Any) -> UUID:
        """An order that was delivered and collected."""
        order_id = await self.order(honey=honey, cake=cake, **wishes)
        await self.step(order_id, "confirmed", "delivered", "paid")
        return order_id

    async def next(self, producer_id: UUID | None = None, **more: Any) -> SettlementView:
        return await self.house.lists.draft(self.organiser, producer_id or self.mine, **more)

    async def agree(self, seen: SettlementView | None = None, *, producer_id: UUID | None = None, key: str | None = None) -> SettlementView:
        """Agree on what was looked at, or on what there is now."""
        producer_id = producer_id or self.mine
        seen = seen or await self.next(producer_id)
        intention = None if key is None else Intention(key, b"agree")
        number = await self.house.settling.agree(self.organiser, producer_id, agreement(seen), intention)
        return await self.house.lists.settlement(self.organiser, producer_id, number)

    async def pay(self, settled: SettlementView, amount_vnd: int | None = None, *, key: str | None = None, **more: Any) -> None:
        about = {"amount_vnd": amount_vnd or settled.sums.payable_vnd, "paid_on": vietnam_day(utc_now()), "reference": "FT26332001"}
        intention = None if key is None else Intention(key, b"pay")
        await self.house.settling.pay(self.organiser, settled.producer_id, settled.number, Payout(**(about | more)), intention)

    async def charge(self, kind: str, amount_vnd: int, *, order_code: str | None = None, producer_id: UUID | None = None) -> UUID:
        wanted = NewCharge.model_validate({"kind": kind, "amount_vnd": amount_vnd, "reason": "Theo biên bản", "order_code": order_code})
        return (await self.house.charges.add(self.organiser, producer_id or self.mine, wanted))[-1].charge_id

    async def bodies(self) -> list[str]:
        """The ledger as it is exported."""
        rows = await self.database.pool.fetch("SELECT body FROM ledger_entries WHERE session_id = $1 ORDER BY seq", self.market.session_id)
        return [row["body"] for row in rows]

    async def code_of(self, order_id: UUID) -> str:
        return str(await self.database.pool.fetchval("SELECT code FROM orders WHERE id = $1", order_id))


def agreement(seen: SettlementView) -> Agreement:
    covered = [CoveredSession(session_id=each.session_id, to_seq=each.to_seq) for each in seen.sessions]
    return Agreement(sessions=covered, digest=seen.digest or "")


async def some_books(database: Database, market: Market, queues: PlacingQueues) -> Books:
    cake_maker, cake_market = uuid4(), Market(market.organisation_id, market.user_id, market.session_id)
    cake_market.producer_id = cake_maker
    async with database.transactions.begin() as db:
        about = {"province_code": 42, "province_name": "Tỉnh Hà Tĩnh", "commune_code": 1, "commune_name": "Xã Hương Sơn"}
        db.add(
            Producer(
                id=cake_maker, organisation_id=market.organisation_id, name="Hộ Cu Đơ", kind="household", tax_code="8012345678", **about
            )
        )
        await db.flush()
        db.add(
            Product(
                id=cake_market.product_id,
                organisation_id=market.organisation_id,
                producer_id=cake_maker,
                name="Cu đơ",
                price_vnd=60_000,
                unit="gói",
                weight_grams=300,
            )
        )
        await db.flush()
        db.add(SessionProduct(session_id=market.session_id, product_id=cake_market.product_id, position=2, code="A2"))
    return Books(
        database,
        market,
        queues,
        await a_colleague(database, market, "Ban tổ chức", role="organiser"),
        settlement_house(database),
        mine=market.producer_id,
        other=cake_maker,
        honey=await an_offer(database, market, total=500, limit=50),
        cake=await an_offer(database, cake_market, total=500, limit=50, price_vnd=50_000),
    )


async def another_session(books: Books, title: str) -> Books:
    """The same people and producers in a session of its own, which began after all others of them."""
    session_id, old = uuid4(), books.market
    market = Market(old.organisation_id, old.user_id, session_id, old.producer_id, old.product_id)
    cake_id = await books.database.pool.fetchval("SELECT id FROM products WHERE producer_id = $1", books.other)
    async with books.database.transactions.begin() as db:
        about = {"organisation_id": old.organisation_id, "host_id": old.user_id, "state": "live", "announced_state": "live"}
        db.add(LivestreamSession(id=session_id, title=title, started_at=utc_now(), **about))
        await db.flush()
        for position, product_id in enumerate((old.product_id, cake_id), start=1):
            db.add(SessionProduct(session_id=session_id, product_id=product_id, position=position, code=f"A{position}"))
        db.add(Ledger(session_id=session_id, last_seq=0, last_hash=genesis_hash(session_id)))
    cakes = Market(old.organisation_id, old.user_id, session_id, books.other, cake_id)
    return replace(
        books,
        market=market,
        honey=await an_offer(books.database, market, total=500, limit=50),
        cake=await an_offer(books.database, cakes, total=500, limit=50, price_vnd=50_000),
    )
