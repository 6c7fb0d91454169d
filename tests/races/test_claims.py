"""Claims of comments against each other, against the clock and against orders: no unit is promised twice, one claim is one order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.comment_orders.errors import ClaimOver
from app.errors import AppError
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.infra.redis_client import RedisClients
from app.ledger.append import OpenLedger, open_ledger
from app.orders import holds
from app.orders.errors import HoldOver
from app.orders.holds import HoldRequest, WantedUnits, hold_units
from app.orders.shelf import ShelfWant
from tests.comment_orders.claiming import Claiming, a_buyer, claiming_services, says, the_host
from tests.orders.builders import Market, a_pool, a_wanted_order, an_offer
from tests.races.checkers import complaints_about, read_truth
from tests.races.conftest import seeds


@asynccontextmanager
async def two_nodes(database: Database, redis: RedisClients, prefix: str) -> AsyncIterator[tuple[Claiming, Claiming]]:
    nodes = claiming_services(database, redis, prefix), claiming_services(database, redis, prefix)
    yield nodes
    for node in nodes:
        await node.selling.placing.close()


async def give_everything_back(database: Database, market: Market, node: Claiming) -> None:
    await database.pool.execute("UPDATE unit_holds SET until_at = now() - interval '1 second' WHERE session_id = $1", market.session_id)
    await node.desk.settle_due()


@pytest.mark.parametrize("with_pool", [True, False], ids=["of the shelf", "of an offer"])
async def test_the_last_unit_is_held_for_one_of_many(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market, with_pool: bool
) -> None:
    await (a_pool(database, market, units=1) if with_pool else an_offer(database, market, total=1))
    async with two_nodes(database, redis, redis_prefix) as (here, there):
        for _ in range(12):
            await says(database, market, here.later, "A1")
        await asyncio.gather(here.reader.read_waiting(), there.reader.read_waiting(), here.reader.read_waiting())

        claims = (await here.desk.list(the_host(market), market.session_id)).claims

    assert sorted(each.state for each in claims) == ["held", *["sold_out"] * 11]


@pytest.mark.parametrize("seed", seeds())
async def test_confirmed_twice_at_two_nodes_and_by_the_buyer_is_one_order(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market, postgres_url: str, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a course that can be repeated
    await an_offer(database, market, total=50, limit=50)
    await a_pool(database, market, units=50, limit=50)
    host = the_host(market)
    async with two_nodes(database, redis, redis_prefix) as (here, there):
        devices = [await says(database, market, here.later, f"A1 x{chance.randrange(1, 4)}") for _ in range(10)]
        await here.reader.read_waiting()
        claims = {device: (await here.desk.own(device, market.session_id)).claims[0] for device in devices}
        confirming = []
        for device, claim in claims.items():
            confirming += [
                here.desk.confirm(host, market.session_id, claim.id, a_buyer()),
                there.desk.confirm(host, market.session_id, claim.id, a_buyer()),
                there.desk.confirm_own(device, market.session_id, claim.id, a_buyer(), "cod"),
            ]
        chance.shuffle(confirming)
        answers = await asyncio.gather(*confirming, return_exceptions=True)
        await give_everything_back(database, market, here)

    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [answer for answer in refused if not isinstance(answer, HoldOver | ClaimOver)] == []
    truth = await read_truth(postgres_url, market.session_id)
    assert (len(truth.orders), complaints_about(truth)) == (10, [])
    assert {row["client_key"] for row in truth.orders} == {claim.id for claim in claims.values()}


@pytest.mark.parametrize("seed", seeds())
async def test_the_clock_and_the_desk_never_both_win(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market, postgres_url: str, seed: int
) -> None:
    """Each claim ends as an order with its units, or expired with its units back."""
    chance = random.Random(seed)  # noqa: S311 - a course that can be repeated
    await an_offer(database, market, total=30, limit=30)
    host = the_host(market)
    async with two_nodes(database, redis, redis_prefix) as (here, there):
        devices = [await says(database, market, here.later, "A1") for _ in range(20)]
        await here.reader.read_waiting()
        claims = [(await here.desk.own(device, market.session_id)).claims[0] for device in devices]
        for claim in claims:
            over = timedelta(milliseconds=chance.randrange(0, 400))
            await database.pool.execute("UPDATE unit_holds SET until_at = $2 WHERE hold_id = $1", claim.id, utc_now() + over)

        async def confirm(number: int, claim_id: UUID) -> object:
            await asyncio.sleep(chance.random() * 0.5)
            return await (here if number % 2 else there).desk.confirm(host, market.session_id, claim_id, a_buyer())

        async def tick() -> None:
            for _ in range(20):
                await there.desk.settle_due()
                await asyncio.sleep(0.03)

        answers = await asyncio.gather(*(confirm(number, claim.id) for number, claim in enumerate(claims)), tick(), return_exceptions=True)
        await give_everything_back(database, market, here)
        states = [(await here.desk.own(device, market.session_id)).claims[0].state for device in devices]

    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [answer for answer in refused if not isinstance(answer, HoldOver | ClaimOver)] == []
    truth = await read_truth(postgres_url, market.session_id)
    assert complaints_about(truth) == []
    assert (len(truth.orders), states.count("ordered"), states.count("expired")) == (20 - len(refused), 20 - len(refused), len(refused))
    assert [(row["remaining"], row["set_aside"]) for row in truth.offers] == [(30 - len(truth.orders), 0)]


@pytest.mark.parametrize("seed", seeds())
async def test_claims_and_orders_over_one_stock_never_promise_more_than_there_is(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market, postgres_url: str, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a course that can be repeated
    offer_id = await an_offer(database, market, total=15, limit=100)
    await a_pool(database, market, units=20, limit=100)
    host = the_host(market)
    async with two_nodes(database, redis, redis_prefix) as (here, there):
        devices = [await says(database, market, here.later, f"A1 x{chance.randrange(1, 3)}") for _ in range(15)]

        async def claim(node: Claiming) -> None:
            await node.reader.read_waiting()
            for each in chance.sample(devices, len(devices)):
                for claim in (await node.desk.own(each, market.session_id)).claims:
                    try:
                        if chance.random() < 0.7:
                            await node.desk.confirm(host, market.session_id, claim.id, a_buyer())
                        else:
                            await node.desk.reject(host, market.session_id, claim.id)
                    except AppError:
                        continue

        async def order(node: Claiming) -> None:
            for _ in range(12):
                shelf = {market.product_id: ShelfWant(1, 180_000)} if chance.random() < 0.5 else {}
                wanted = a_wanted_order(market, {} if shelf else {offer_id: 1}, shelf=shelf)
                try:
                    await node.selling.placing._queues.place(wanted)
                except AppError:
                    continue

        async with asyncio.timeout(60):
            await asyncio.gather(claim(here), order(there), claim(there), order(here))
        await give_everything_back(database, market, here)

    truth = await read_truth(postgres_url, market.session_id)
    assert complaints_about(truth) == []
    assert [pool["held"] for pool in truth.pools] == [0]


async def test_control_without_its_locks_the_last_unit_is_held_twice(
    database: Database, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same two holds with every lock taken away: what the test above shows is what the locks do."""
    await a_pool(database, market, units=1)
    for name in ("_POOLS", "_OFFERS"):
        monkeypatch.setattr(holds, name, getattr(holds, name).replace("FOR UPDATE OF t", "").replace("FOR UPDATE", ""))
    await database.pool.execute("ALTER TABLE session_stock DROP CONSTRAINT ck_session_stock_within_units")
    has_read = asyncio.Barrier(2)

    async def hold() -> str:
        async with database.pool.acquire() as db:
            async with db.transaction():
                ledger = await open_ledger(db, market.session_id, utc_now())
            assert ledger is not None
            async with db.transaction():
                return await _hold_when_both_have_read(db, ledger, has_read, market.product_id)

    outcomes: tuple[str, str] = await asyncio.gather(hold(), hold())

    assert list(outcomes) == ["held", "held"]
    row = await database.pool.fetchrow("SELECT units, held FROM session_stock WHERE session_id = $1", market.session_id)
    assert row is not None
    assert (row["units"], row["held"]) == (1, 2)


async def _hold_when_both_have_read(db: RawConnection, ledger: OpenLedger, has_read: asyncio.Barrier, product_id: UUID) -> str:
    fetch = db.fetch

    class Waits:
        def __getattr__(self, name: str) -> object:
            return getattr(db, name)

        async def fetch(self, query: str, *args: object) -> object:
            rows = await fetch(query, *args)
            if query == holds._OFFERS:
                await has_read.wait()
            return rows

    request = HoldRequest(uuid4(), uuid4(), utc_now() + timedelta(minutes=5))
    (line,) = await hold_units(Waits(), ledger, request, [WantedUnits(product_id, 1)])  # type: ignore[arg-type]  # waits after its reads
    return line.outcome
