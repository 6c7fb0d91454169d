"""Patroni as it is shipped replaces a primary that died or stands still: whatever was acknowledged is on the new one, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from app.errors import AppError
from app.infra.database import Database, open_database
from app.ledger.chain import first_break
from app.orders.group_commit import PlacingQueues
from app.settings import DatabaseSettings, OrderSettings
from tests.deploy.patroni_pair import PatroniNode, PatroniPair, patroni_pair
from tests.orders.builders import Market, a_market, a_wanted_order, an_offer

BUYERS = 4
PAUSE_SECONDS = 0.05
STEADY_RECEIPTS = 50
UNITS = 1_000_000

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(420)]


@pytest.fixture
def pair() -> Iterator[PatroniPair]:
    with patroni_pair() as pair:
        yield pair


@dataclass
class Sale:
    """Buyers who order one after the other, each order with its key until somebody says yes."""

    market: Market
    offer_id: UUID
    receipts: dict[UUID, UUID] = field(default_factory=dict)
    receipt_times: list[float] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    async def buy(self, queues: PlacingQueues, receipts: dict[UUID, UUID]) -> None:
        while not self.is_over:
            wanted = a_wanted_order(self.market, {self.offer_id: 1})
            while not self.is_over:
                # As a phone does it: the same key again, whatever was wrong.
                with suppress(AppError):
                    receipts[wanted.key] = (await queues.place(wanted)).order_id
                    if receipts is self.receipts:
                        self.receipt_times.append(asyncio.get_running_loop().time())
                        self.news.set()
                    break
                await asyncio.sleep(PAUSE_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)

    async def goes_on(self) -> None:
        """So many receipts more."""
        wanted = len(self.receipt_times) + STEADY_RECEIPTS
        while len(self.receipt_times) < wanted:
            self.news.clear()
            await self.news.wait()

    @property
    def longest_gap_seconds(self) -> float:
        return max(later - earlier for earlier, later in zip(self.receipt_times, self.receipt_times[1:], strict=False))


async def _nothing_to_tell(session_id: object, result: object) -> None:
    return None


async def _nothing_is_lost(sale: Sale, database: Database, believed: dict[UUID, UUID]) -> None:
    rows = await database.pool.fetch("SELECT client_key, id FROM orders WHERE session_id = $1", sale.market.session_id)
    left = await database.pool.fetchval("SELECT remaining FROM offers WHERE id = $1", sale.offer_id)
    entries = await database.pool.fetch(
        "SELECT seq, body, hash FROM ledger_entries WHERE session_id = $1 ORDER BY seq", sale.market.session_id
    )
    written = {(row["client_key"], row["id"]) for row in rows}
    assert set(sale.receipts.items()) - written == set()
    assert believed
    assert set(believed.items()) - written == set()
    assert len(written) == len({key for key, _ in written}) == UNITS - left == len(entries)
    assert first_break(sale.market.session_id, [(row["seq"], row["body"], row["hash"]) for row in entries]) is None


@asynccontextmanager
async def a_sale_that_loses_nothing(pair: PatroniPair, *, stubborn_on: PatroniNode) -> AsyncIterator[Sale]:
    """Orders come in; at the end all receipts are looked for, with those of a worker that knew the first leader only and asked no other."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(pair.url, DatabaseSettings()))
        stubborn = await stack.enter_async_context(open_database(pair.url_of(stubborn_on), DatabaseSettings()))
        market = await a_market(database)
        sale = Sale(market, await an_offer(database, market, total=UNITS))
        believed: dict[UUID, UUID] = {}
        queues = [PlacingQueues(each.placing, OrderSettings(), _nothing_to_tell) for each in (database, stubborn)]
        for each in queues:
            stack.push_async_callback(each.close)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(BUYERS):
                tasks.create_task(sale.buy(queues[0], sale.receipts))
            tasks.create_task(sale.buy(queues[1], believed))
            try:
                await sale.goes_on()
                yield sale
            finally:
                sale.is_over = True
        await _nothing_is_lost(sale, database, believed)


async def test_a_primary_that_dies_is_replaced_and_comes_back_as_a_standby(pair: PatroniPair, capsys: pytest.CaptureFixture[str]) -> None:
    leader, standby = pair.leader_and_standby()
    async with a_sale_that_loses_nothing(pair, stubborn_on=leader) as sale:
        await asyncio.to_thread(leader.kill)
        await sale.goes_on()
        assert standby.is_ready_as("leader")
        leader.start()
        assert await asyncio.to_thread(pair.leader_and_standby) == (standby, leader)
        await sale.goes_on()
    with capsys.disabled():
        print(f"\nkilled: {sale.longest_gap_seconds:.1f} s without an order, {len(sale.receipts)} orders")  # noqa: T201 - the figure is for reading


async def test_a_primary_that_stood_still_confirms_nothing_afterwards_and_becomes_a_standby(
    pair: PatroniPair, capsys: pytest.CaptureFixture[str]
) -> None:
    leader, standby = pair.leader_and_standby()
    async with a_sale_that_loses_nothing(pair, stubborn_on=leader) as sale:
        with leader.frozen():
            await sale.goes_on()
            assert standby.is_ready_as("leader")
        assert await asyncio.to_thread(pair.leader_and_standby) == (standby, leader)
        await sale.goes_on()
    with capsys.disabled():
        print(f"\nfrozen: {sale.longest_gap_seconds:.1f} s without an order, {len(sale.receipts)} orders")  # noqa: T201 - the figure is for reading
