"""The ways in which other shops have sold what they did not have, each as a rule of ours. Sources: docs of the order path."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.errors import AppError
from app.fulfilment.transitions import Step, append_steps
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.ledger.chain import Entry
from app.orders.errors import OfferStillAvailable, SoldOut, ViewerLimitReached
from app.orders.placing import OrderPlacing
from app.protocol.client_commands import Buyer, BuyerAddress, OrderContent, OrderLine
from app.protocol.server_events import OrderReceipt
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.races.careless import DiesBeforeStockIsTaken
from tests.races.checkers import complaints_about, read_truth
from tests.races.writers import a_node, acknowledged, place_all
from tests.selling import a_waitlist, selling_services

BUYER = Buyer(name="Lan", phone="0901234567", address=BuyerAddress(province_code=42, ward_code=18_073, street="Thôn 3"))


@pytest.fixture
async def orders(database: Database, redis: RedisClients, redis_prefix: str) -> AsyncIterator[OrderPlacing]:
    opened = selling_services(database, redis, redis_prefix).placing
    yield opened
    await opened.close()


async def _cancel(database: Database, market: Market, order_id: UUID) -> Entry | AppError:
    async with database.pool.acquire() as db, db.transaction():
        (answer,) = (await append_steps(db, market.session_id, [Step(order_id, "cancelled", "refused")], call_seconds=60)).answers
    return answer


async def test_two_lines_of_one_offer_are_one_quantity(database: Database, market: Market, orders: OrderPlacing) -> None:
    """Each line alone would fit (medusa #16502)."""
    offer_id = await an_offer(database, market, total=3, limit=5)
    lines = tuple(OrderLine(offer_id=offer_id, quantity=2) for _ in range(2))

    with pytest.raises(SoldOut):
        await orders.place(uuid4(), market.session_id, OrderContent(key=uuid4(), lines=lines, buyer=BUYER))


async def test_two_lines_of_one_offer_count_together_against_the_limit(database: Database, market: Market, orders: OrderPlacing) -> None:
    offer_id = await an_offer(database, market, total=10, limit=3)
    lines = tuple(OrderLine(offer_id=offer_id, quantity=2) for _ in range(2))

    with pytest.raises(ViewerLimitReached):
        await orders.place(uuid4(), market.session_id, OrderContent(key=uuid4(), lines=lines, buyer=BUYER))


async def test_one_viewer_at_two_nodes_at_once_gets_no_more_than_the_limit(database: Database, market: Market, postgres_url: str) -> None:
    """A count that does not wait for the other's rows comes out too low (SKIP LOCKED; read, check, write: saleor #6897)."""
    offer_id = await an_offer(database, market, total=50, limit=2)
    device_id = uuid4()

    async with a_node(database.placing) as here, a_node(database.placing) as there:
        wanted = [[a_wanted_order(market, {offer_id: 1}, device_id=device_id) for _ in range(20)] for _ in range(2)]
        answers = await asyncio.gather(place_all(here, wanted[0]), place_all(there, wanted[1]))

    placed = [answer for node in answers for answer in node if isinstance(answer, OrderReceipt)]
    assert len(placed) == 2
    assert complaints_about(await read_truth(postgres_url, market.session_id)) == []


async def test_one_phone_number_at_two_nodes_at_once_gets_no_more_than_the_limit(database: Database, market: Market) -> None:
    offer_id = await an_offer(database, market, total=50, limit=2)

    async with a_node(database.placing) as here, a_node(database.placing) as there:
        wanted = [[a_wanted_order(market, {offer_id: 1}, phone="+84901234567") for _ in range(20)] for _ in range(2)]
        answers = await asyncio.gather(place_all(here, wanted[0]), place_all(there, wanted[1]))

    assert sum(isinstance(answer, OrderReceipt) for node in answers for answer in node) == 2


async def test_units_come_back_once_however_many_cancel_at_once(database: Database, market: Market, postgres_url: str) -> None:
    """Given back twice, the reserved figure of others went negative (medusa #12401, oscar #1811)."""
    offer_id = await an_offer(database, market, total=5)
    async with a_node(database.placing) as node:
        receipt = await node.place(a_wanted_order(market, {offer_id: 2}))

    answers = await asyncio.gather(*(_cancel(database, market, receipt.order_id) for _ in range(5)))

    truth = await read_truth(postgres_url, market.session_id)
    assert sum(isinstance(answer, Entry) for answer in answers) == 1
    assert truth.offers[0]["remaining"] == 5
    assert complaints_about(truth) == []


async def test_check_and_stock_stand_or_fall_together(database: Database, market: Market, postgres_url: str) -> None:
    """Stock that is taken in another transaction than the order (vendure #3508) is lost with a crash in between."""
    offer_id = await an_offer(database, market, total=5)

    async with a_node(database.placing, write=DiesBeforeStockIsTaken()) as node:
        failed = await place_all(node, [a_wanted_order(market, {offer_id: 1})])
        placed = await node.place(a_wanted_order(market, {offer_id: 1}))

    truth = await read_truth(postgres_url, market.session_id)
    assert isinstance(failed[0], AppError)
    assert placed.number == 1
    assert complaints_about(truth) == []


@pytest.mark.parametrize(
    "change", ["remaining = -1", "set_aside = -1", "remaining = total_quantity + 1", "set_aside = remaining + 1", "total_quantity = 4"]
)
async def test_the_database_itself_refuses_what_cannot_be(database: Database, market: Market, change: str) -> None:
    """The last line: whatever the code above gets wrong (saleor #543)."""
    offer_id = await an_offer(database, market, total=5)

    with pytest.raises(asyncpg.CheckViolationError):
        await database.pool.execute(f"UPDATE offers SET {change} WHERE id = $1", offer_id)  # noqa: S608 - ours


async def test_stock_adds_up_while_all_doors_to_it_are_used_at_once(
    database: Database, redis: RedisClients, market: Market, postgres_url: str
) -> None:
    """A door that forgets the lock, or takes it too late (medusa #16569, eventyay #1359), shows up here."""
    offer_id = await an_offer(database, market, total=12, limit=3)
    waitlist = a_waitlist(database, redis)
    known, devices = [], [uuid4() for _ in range(12)]

    async def buy(node, number: int) -> None:
        wanted = [a_wanted_order(market, {offer_id: 1 + number % 2}, device_id=devices[number % len(devices)])]
        answers = await place_all(node, wanted)
        known.extend(acknowledged(wanted, answers))
        for answer in answers:
            if isinstance(answer, OrderReceipt) and number % 3 == 0:
                await _cancel(database, market, answer.order_id)

    async def wait_in_line(number: int) -> None:
        try:
            await waitlist.join(market.session_id, offer_id, devices[number % len(devices)], 1 + number % 2)
        except OfferStillAvailable:
            return

    async with a_node(database.placing) as here, a_node(database.placing) as there:
        for _ in range(5):
            await asyncio.gather(
                *(buy(here if number % 2 else there, number) for number in range(30)),
                *(wait_in_line(number) for number in range(12)),
                waitlist.call_due(),
            )

    truth = await read_truth(postgres_url, market.session_id)
    kinds = Counter(entry for entry in (truth.ladder().totals["orders_placed"], truth.ladder().totals["orders_cancelled"]))
    assert all(kinds)
    assert complaints_about(truth, known) == []
