"""Rules of what happens to orders after they were placed."""

from __future__ import annotations

import itertools
from uuid import UUID, uuid4

import pytest

from app.fulfilment.errors import OrderNotFound, StateNotReachable
from app.fulfilment.transitions import Step, StepsResult, append_steps
from app.infra.database import Database
from app.ledger.chain import Entry, entry_of, first_break
from app.ledger.fold import fold
from app.ledger.kinds import LATER_KINDS, EntryKind, may_follow
from app.orders.errors import ViewerLimitReached
from app.orders.group_commit import PlacingQueues
from tests.orders.builders import Market, a_wanted_order, an_offer


async def _append(database: Database, session_id: UUID, *steps: Step) -> StepsResult:
    async with database.pool.acquire() as db, db.transaction():
        return await append_steps(db, session_id, steps, call_seconds=120)


async def _remaining(database: Database, offer_id: UUID) -> int:
    return int(await database.pool.fetchval("SELECT remaining FROM offers WHERE id = $1", offer_id))


async def test_cancelling_gives_units_and_limit_back(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=3, limit=2)
    device_id = uuid4()
    first = await queues.place(a_wanted_order(market, {offer_id: 2}, device_id=device_id))
    with pytest.raises(ViewerLimitReached):
        await queues.place(a_wanted_order(market, {offer_id: 1}, device_id=device_id))

    await _append(database, market.session_id, Step(first.order_id, "cancelled", "no_answer"))

    assert await _remaining(database, offer_id) == 3
    await queues.place(a_wanted_order(market, {offer_id: 2}, device_id=device_id))
    assert await _remaining(database, offer_id) == 1


async def test_a_step_is_taken_once_and_units_come_back_once(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=5)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 2}))
    cancel = Step(receipt.order_id, "cancelled", "refused")

    result = await _append(database, market.session_id, cancel, cancel)
    again = await _append(database, market.session_id, cancel)

    assert [type(answer) for answer in result.answers + again.answers] == [Entry, StateNotReachable, StateNotReachable]
    assert await _remaining(database, offer_id) == 5


async def test_an_unknown_order_takes_no_step(database: Database, market: Market) -> None:
    result = await _append(database, market.session_id, Step(uuid4(), "confirmed"))

    assert [type(answer) for answer in result.answers] == [OrderNotFound]


async def test_a_return_is_a_new_fact_and_brings_no_units_back(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=5)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 2}))
    steps: tuple[EntryKind, ...] = ("confirmed", "delivered", "paid", "returned", "refunded")

    for kind in steps:
        await _append(database, market.session_id, Step(receipt.order_id, kind))

    rows = await database.pool.fetch("SELECT seq, body, hash FROM ledger_entries WHERE session_id = $1 ORDER BY seq", market.session_id)
    ladder = fold(entry_of(row["body"]) for row in rows)
    assert first_break(market.session_id, [tuple(row) for row in rows]) is None
    assert [ladder.totals[f"orders_{kind}"] for kind in ("placed", *steps)] == [1] * 6
    assert await _remaining(database, offer_id) == 3


@pytest.mark.parametrize("kind", sorted(LATER_KINDS))
def test_nothing_follows_an_order_that_was_never_placed(kind: EntryKind) -> None:
    assert not may_follow(kind, set())


def test_an_order_never_both_expires_and_is_paid() -> None:
    for course in itertools.permutations(sorted(LATER_KINDS), 4):
        had = {"placed"}
        for kind in course:
            if may_follow(kind, had):
                had.add(kind)
        assert not {"expired", "paid"} <= had
        assert not {"expired", "confirmed"} <= had
        assert not {"cancelled", "expired"} <= had
        assert "refunded" not in had or "paid" in had
