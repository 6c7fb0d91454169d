"""Rules of the waitlist: in order of joining, set aside for a while, never to the public while somebody waits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.fulfilment.transitions import Step, append_steps
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.orders.calling import Calls
from app.orders.errors import OfferStillAvailable, SoldOut, WaitlistFull
from app.orders.group_commit import PlacingQueues
from app.orders.waitlist import Waitlist, WaitlistPlace
from app.protocol.server_events import OrderReceipt
from app.settings import OrderSettings
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.selling import a_waitlist


@pytest.fixture
def waitlist(database: Database, redis: RedisClients) -> Waitlist:
    return a_waitlist(database, redis, OrderSettings(waitlist_max=3))


async def _cancel(database: Database, market: Market, receipt: OrderReceipt) -> list[Calls]:
    async with database.pool.acquire() as db, db.transaction():
        result = await append_steps(db, market.session_id, [Step(receipt.order_id, "cancelled")], call_seconds=120)
    return result.calls


async def _sold_out_offer(database: Database, market: Market, queues: PlacingQueues, *, total: int = 2) -> tuple[UUID, list[OrderReceipt]]:
    offer_id = await an_offer(database, market, total=total)
    return offer_id, [await queues.place(a_wanted_order(market, {offer_id: 1})) for _ in range(total)]


async def test_freed_units_go_to_the_first_who_waited_and_to_nobody_else(
    database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist
) -> None:
    offer_id, receipts = await _sold_out_offer(database, market, queues)
    first, second = uuid4(), uuid4()
    places = [await waitlist.join(market.session_id, offer_id, device, 1) for device in (first, second)]

    (calls,) = await _cancel(database, market, receipts[0])

    assert [place.place for place in places] == [1, 2]
    assert calls.entry_ids == (places[0].entry_id,)
    for device in (second, uuid4()):
        with pytest.raises(SoldOut):
            await queues.place(a_wanted_order(market, {offer_id: 1}, device_id=device))
    await queues.place(a_wanted_order(market, {offer_id: 1}, device_id=first))


async def test_a_call_that_lapses_goes_to_the_next(database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist) -> None:
    offer_id, receipts = await _sold_out_offer(database, market, queues)
    places = [await waitlist.join(market.session_id, offer_id, uuid4(), 1) for _ in range(2)]
    await _cancel(database, market, receipts[0])
    await database.pool.execute("UPDATE waitlist_entries SET called_until = $1 WHERE state = 'called'", utc_now() - timedelta(seconds=1))

    called = await waitlist.call_due()

    assert [calls.entry_ids for calls in called] == [(places[1].entry_id,)]


async def test_whoever_wants_more_than_there_is_is_not_passed_by(
    database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist
) -> None:
    offer_id, receipts = await _sold_out_offer(database, market, queues)
    greedy = await waitlist.join(market.session_id, offer_id, uuid4(), 2)
    await waitlist.join(market.session_id, offer_id, uuid4(), 1)

    assert await _cancel(database, market, receipts[0]) == []
    with pytest.raises(SoldOut):
        await queues.place(a_wanted_order(market, {offer_id: 1}))
    (calls,) = await _cancel(database, market, receipts[1])

    assert calls.entry_ids == (greedy.entry_id,)


async def test_joining_twice_keeps_the_place(database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist) -> None:
    offer_id, _ = await _sold_out_offer(database, market, queues)
    device = uuid4()

    first: WaitlistPlace = await waitlist.join(market.session_id, offer_id, device, 1)
    await waitlist.join(market.session_id, offer_id, uuid4(), 1)

    assert await waitlist.join(market.session_id, offer_id, device, 1) == first


async def test_who_missed_the_call_learns_of_it_by_asking_again(
    database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist
) -> None:
    offer_id, receipts = await _sold_out_offer(database, market, queues)
    device = uuid4()
    waiting = await waitlist.join(market.session_id, offer_id, device, 1)
    (calls,) = await _cancel(database, market, receipts[0])

    asked = await waitlist.join(market.session_id, offer_id, device, 1)

    assert waiting.called_until is None
    assert (asked.entry_id, asked.place, asked.called_until) == (waiting.entry_id, 1, calls.until)


async def test_nobody_waits_for_what_can_be_ordered(database: Database, market: Market, waitlist: Waitlist) -> None:
    offer_id = await an_offer(database, market, total=2)

    with pytest.raises(OfferStillAvailable):
        await waitlist.join(market.session_id, offer_id, uuid4(), 1)


async def test_the_waitlist_is_bounded(database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist) -> None:
    offer_id, _ = await _sold_out_offer(database, market, queues)
    devices = [uuid4() for _ in range(3)]
    places = [await waitlist.join(market.session_id, offer_id, device, 1) for device in devices]

    with pytest.raises(WaitlistFull):
        await waitlist.join(market.session_id, offer_id, uuid4(), 1)
    assert await waitlist.join(market.session_id, offer_id, devices[1], 1) == places[1]


async def test_units_return_to_the_public_when_nobody_waits_any_more(
    database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist
) -> None:
    offer_id, receipts = await _sold_out_offer(database, market, queues)
    await waitlist.join(market.session_id, offer_id, uuid4(), 1)
    await _cancel(database, market, receipts[0])
    await database.pool.execute("UPDATE waitlist_entries SET called_until = $1 WHERE state = 'called'", utc_now() - timedelta(seconds=1))

    assert await waitlist.call_due() == []

    await queues.place(a_wanted_order(market, {offer_id: 1}))


@pytest.mark.parametrize("state", ["ended", "closed"])
async def test_nobody_is_called_into_a_session_that_is_over(
    database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist, state: str
) -> None:
    """Whether units come back by a cancelled order or the job looks; whoever waited or was called has left."""
    offer_id, receipts = await _sold_out_offer(database, market, queues)
    for _ in range(3):
        await waitlist.join(market.session_id, offer_id, uuid4(), 1)
    (before,) = await _cancel(database, market, receipts[0])
    await database.pool.execute("UPDATE sessions SET state = $2 WHERE id = $1", market.session_id, state)

    by_cancelling = await _cancel(database, market, receipts[1])
    by_the_job = await waitlist.call_due()

    assert len(before.entry_ids) == 1
    assert (by_cancelling, by_the_job) == ([], [])
    assert await _states(database, offer_id) == {"left": 3}
    assert await database.pool.fetchval("SELECT set_aside FROM offers WHERE id = $1", offer_id) == 0


async def test_who_waits_when_the_session_ends_has_left_without_any_unit_coming_back(
    database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist
) -> None:
    offer_id, _ = await _sold_out_offer(database, market, queues)
    await waitlist.join(market.session_id, offer_id, uuid4(), 1)
    await database.pool.execute("UPDATE sessions SET state = 'ended' WHERE id = $1", market.session_id)

    assert await waitlist.call_due() == []
    assert await _states(database, offer_id) == {"left": 1}
    assert await waitlist._due() == []


async def _states(database: Database, offer_id: UUID) -> dict[str, int]:
    rows = await database.pool.fetch("SELECT state, count(*) FROM waitlist_entries WHERE offer_id = $1 GROUP BY state", offer_id)
    return {row["state"]: row["count"] for row in rows}


async def test_those_who_join_together_get_the_places_of_their_order(
    database: Database, redis: RedisClients, market: Market, queues: PlacingQueues
) -> None:
    offer_id, _ = await _sold_out_offer(database, market, queues)
    other_id, _ = await _sold_out_offer(database, market, queues)
    waitlist = a_waitlist(database, redis)
    devices = [uuid4() for _ in range(60)]

    together = await asyncio.gather(*(waitlist.join(market.session_id, offer_id, device, 1) for device in [*devices, devices[0]]))
    elsewhere = await asyncio.gather(*(waitlist.join(market.session_id, other_id, device, 1) for device in devices[:3]))
    again = await asyncio.gather(*(waitlist.join(market.session_id, offer_id, device, 1) for device in devices))
    rows = await database.pool.fetch("SELECT device_id FROM waitlist_entries WHERE offer_id = $1 ORDER BY place", offer_id)

    assert [each.place for each in together] == [*range(1, 61), 1]
    assert [each.place for each in elsewhere] == [1, 2, 3]
    assert again == together[:60]
    assert [row["device_id"] for row in rows] == devices
