"""Floods at every other door of the database while orders come in: placing must not feel them. Each with what happens without its guard."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest

from app.errors import AppError
from app.infra.clock import monotonic
from app.infra.database import Database, RawConnection
from app.infra.redis_client import RedisClients
from app.orders.errors import Busy, WaitlistFull
from app.orders.waitlist import JOINS_AT_ONCE, Join, Waitlist, WaitlistPlace, join_offer
from app.protocol.client_commands import Buyer, BuyerAddress, OrderContent, OrderLine
from app.protocol.server_events import OrderReceipt
from app.settings import DatabaseSettings, OrderSettings
from tests.orders.builders import Market, an_offer
from tests.races.conftest import seeds
from tests.selling import Selling, a_waitlist, selling_services

SETTINGS = OrderSettings(place_deadline_seconds=3.0)
JOINS = 2_000
ORDERS = 40
ORDERS_PER_SECOND = 20
# On a busy machine of two cores; without the guard orders wait for the whole flood.
FELT_SECONDS = 1.0


def _content(offer_id: UUID) -> OrderContent:
    address = BuyerAddress(province_code=42, ward_code=18_073, street="Thôn 3")
    buyer = Buyer(name="Nguyễn Thị Lan", phone=f"090{uuid4().int % 10**7:07d}", address=address)
    return OrderContent(key=uuid4(), lines=(OrderLine(offer_id=offer_id, quantity=1),), buyer=buyer)


@asynccontextmanager
async def _a_node(database: Database, redis: RedisClients, prefix: str) -> AsyncIterator[Selling]:
    selling = selling_services(database, redis, prefix, settings=SETTINGS)
    try:
        yield selling
    finally:
        await selling.waitlist.close()
        await selling.placing.close()


@dataclass(slots=True)
class Sale:
    """What orders got while something else went on."""

    answers: list[object]
    seconds: list[float]

    def slow(self) -> list[float]:
        return [each for each in self.seconds if each > FELT_SECONDS]

    def not_placed(self) -> list[object]:
        return [answer for answer in self.answers if not isinstance(answer, OrderReceipt)]


async def _orders(selling: Selling, market: Market, offer_id: UUID, *, how_many: int = ORDERS) -> Sale:
    sale = Sale([], [])

    async def place() -> None:
        started = monotonic()
        try:
            answer: object = await selling.placing.place(uuid4(), market.session_id, _content(offer_id))
        except AppError as error:
            answer = error
        sale.answers.append(answer)
        sale.seconds.append(monotonic() - started)

    async with asyncio.TaskGroup() as group:
        for _ in range(how_many):
            _ = group.create_task(place())
            await asyncio.sleep(1 / ORDERS_PER_SECOND)
    return sale


async def _join_all(waitlist: Waitlist, market: Market, offer_id: UUID, choice: random.Random) -> list[object]:
    devices = [UUID(int=choice.getrandbits(128), version=4) for _ in range(JOINS)]
    joins = (waitlist.join(market.session_id, offer_id, device, choice.randint(1, 3)) for device in devices)
    return await asyncio.gather(*joins, return_exceptions=True)


@pytest.mark.parametrize("seed", seeds())
async def test_a_crowd_that_joins_a_waitlist_delays_no_order_and_is_answered_in_time(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market, seed: int
) -> None:
    offer_id, sold_out = await an_offer(database, market, total=1_000), await an_offer(database, market, total=1)
    await database.pool.execute("UPDATE offers SET remaining = 0 WHERE id = $1", sold_out)
    choice = random.Random(seed)  # noqa: S311 - a course that can be repeated

    async with _a_node(database, redis, redis_prefix) as selling:
        alone = await _orders(selling, market, offer_id, how_many=10)
        started = monotonic()
        sale, joined = await asyncio.gather(
            _orders(selling, market, offer_id), _timed(_join_all(selling.waitlist, market, sold_out, choice))
        )

    answers, took = joined
    print(f"alone {max(alone.seconds):.3f} s, beside {JOINS} joins {max(sale.seconds):.3f} s, joins {took:.2f} s")  # noqa: T201 - shown on failure
    assert sale.not_placed() == []
    assert sale.slow() == []
    assert Counter(type(answer) for answer in answers) == {
        WaitlistPlace: SETTINGS.waitlist_max,
        WaitlistFull: JOINS - SETTINGS.waitlist_max,
    }
    assert took < SETTINGS.place_deadline_seconds
    assert sorted(answer.place for answer in answers if isinstance(answer, WaitlistPlace)) == list(range(1, SETTINGS.waitlist_max + 1))
    assert monotonic() - started < 30


async def _timed(work) -> tuple[list[object], float]:
    started = monotonic()
    return await work, monotonic() - started


async def _others_hold_everything(database: Database, stack: AsyncExitStack) -> None:
    """Logins, lookups, desk queries, waitlists and reports that never end: no connection is left but those of placing."""
    settings = DatabaseSettings()
    for _ in range(settings.pool_size):
        await stack.enter_async_context(database.pool.acquire())
        db = await stack.enter_async_context(database.transactions())
        _ = await db.connection()
    for _ in range(settings.reading_pool_size):
        await stack.enter_async_context(database.reading.acquire())


async def test_orders_are_placed_while_everything_else_is_exhausted(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market
) -> None:
    """Also the first order of a session on this node, and orders for sessions that do not exist beside it."""
    offer_id = await an_offer(database, market, total=1_000)

    async with _a_node(database, redis, redis_prefix) as selling, AsyncExitStack() as stack:
        await _others_hold_everything(database, stack)
        invented = [asyncio.ensure_future(selling.placing.place(uuid4(), uuid4(), _content(offer_id))) for _ in range(500)]
        sale = await _orders(selling, market, offer_id)
        refusals = await asyncio.gather(*invented, return_exceptions=True)

    assert sale.not_placed() == []
    assert sale.slow() == []
    assert {getattr(refusal, "code", None) for refusal in refusals} == {"session_not_found"}


async def test_with_one_pool_for_all_orders_wait_for_the_others(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market
) -> None:
    offer_id = await an_offer(database, market, total=1_000)
    shared = replace(database, placing=database.pool)

    async with _a_node(shared, redis, redis_prefix) as selling, AsyncExitStack() as stack:
        await _others_hold_everything(database, stack)
        sale = await _orders(selling, market, offer_id, how_many=5)

    assert {type(answer) for answer in sale.answers} == {Busy}


async def test_with_a_transaction_per_join_the_crowd_is_not_answered_in_time(
    database: Database, redis: RedisClients, market: Market
) -> None:
    """The same joins, one by one, each as slow as on a disk that takes 5 ms for a COMMIT."""
    sold_out = await an_offer(database, market, total=1)
    await database.pool.execute("UPDATE offers SET remaining = 0 WHERE id = $1", sold_out)

    async def slowly(session_id: UUID, offer_id: UUID, joins: Sequence[Join], most: int, db: RawConnection):
        await asyncio.sleep(0.005)
        return await join_offer(session_id, offer_id, joins, most, db)

    answered = {}
    for together in (JOINS_AT_ONCE, 1):
        waitlist = a_waitlist(database, redis, SETTINGS, write_joins=slowly, joins_at_once=together)
        answers = await _join_all(waitlist, market, sold_out, random.Random(together))  # noqa: S311 - a course
        await waitlist.close()
        answered[together] = Counter(type(answer) for answer in answers)

    assert answered[max(answered)][Busy] == 0
    assert answered[1][Busy] > 0
