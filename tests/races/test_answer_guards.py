"""What keeps answers quick, each time with the guard and without it, so that the tests about time are seen to be able to fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import pytest

from app.infra.database import Database, RawConnection
from app.orders import group_commit
from app.orders.batch import BatchResult, write_batch
from app.orders.books import WantedOrder
from app.orders.errors import SpoiltOrder
from app.orders.group_commit import PlacingQueues
from app.settings import OrderSettings
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.races.writers import a_node, place_all

SETTINGS = OrderSettings(place_deadline_seconds=1.5)


async def _twelve_beside_a_spoilt_one(database: Database, market: Market) -> Counter[str]:
    """What each order gets when one of them can never be written."""
    offer_id = await an_offer(database, market, total=100)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(13)]
    spoilt = orders[3].key

    async def write(db: RawConnection, session_id: UUID, batch: Sequence[WantedOrder], codes: list[str]) -> BatchResult:
        for index, order in enumerate(batch):
            if order.key == spoilt:
                raise SpoiltOrder(index)
        return await write_batch(db, session_id, batch, codes)

    async with a_node(database.placing, SETTINGS, write=write) as node:
        answers = await place_all(node, orders)
    return Counter(str(getattr(answer, "code", "placed")) for answer in answers)


async def test_a_spoilt_order_is_refused_and_twelve_beside_it_are_placed(database: Database, market: Market) -> None:
    got = await _twelve_beside_a_spoilt_one(database, market)

    assert got == {"placed": 12, "order_cannot_be_written": 1}


async def test_taken_for_a_passing_error_a_spoilt_order_takes_all_others_with_it(
    database: Database, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "is_of_the_content", lambda error: False)

    got = await _twelve_beside_a_spoilt_one(database, market)

    # whoever is with the server when the deadline comes cannot be told that nothing was written
    assert set(got) <= {"busy", "outcome_unknown"}
    assert got.total() == 13


async def _order_after_the_writer_died(database: Database, market: Market) -> str:
    offer_id = await an_offer(database, market, total=100)
    async with a_node(database.placing, SETTINGS) as node:
        await node.place(a_wanted_order(market, {offer_id: 1}))
        (writer,) = [task for task in asyncio.all_tasks() if task.get_name().startswith("placing.write")]
        writer.cancel()
        (answer,) = await place_all(node, [a_wanted_order(market, {offer_id: 1})])
    return str(getattr(answer, "code", "placed"))


async def test_orders_go_on_after_a_writer_has_died(database: Database, market: Market) -> None:
    assert await _order_after_the_writer_died(database, market) == "placed"


async def test_without_a_new_writer_orders_are_answered_busy_at_their_deadline(
    database: Database, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PlacingQueues, "_writer_ended", lambda queues, session_id, queue, writer: None)

    assert await _order_after_the_writer_died(database, market) == "busy"
