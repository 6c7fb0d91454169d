"""Stored sums say what the ledger says: as of now, as of the closing statement, and what came in between."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from app.programmes.summing import Sums
from tests.programmes.builders import PRICE_VND, Province

DAY = date(2026, 11, 2)
MANY = [f"buyer {number}" for number in range(6)]


async def rows(province: Province, table: str) -> list[dict[str, object]]:
    return [dict(row) for row in await province.database.pool.fetch(f"SELECT * FROM {table} ORDER BY day")]  # noqa: S608 - our own names


async def test_a_stream_is_one_row_on_the_day_it_began(province: Province) -> None:
    producer, session_id = await province.producer(), await province.session(DAY)
    sold = await province.sell(session_id, producer, DAY, buyers=MANY)
    await province.sell(session_id, producer, DAY + timedelta(days=1), buyers=["past midnight"])
    await province.record(sold[0], "confirmed", "delivered", "paid", day=DAY + timedelta(days=3))
    await province.record(sold[1], "cancelled", day=DAY)

    await province.sum()

    (row,) = await rows(province, "session_day_sums")
    assert row["day"] == DAY
    assert (row["orders_placed"], row["placed_vnd"], row["buyers"]) == (7, 7 * PRICE_VND, 7)
    assert (row["delivered_orders"], row["net_vnd"], row["lost_orders"]) == (1, PRICE_VND, 1)
    assert row["few_buyers"] is None
    assert row["closing_placed_vnd"] is None


async def test_a_booth_has_a_row_for_each_day_of_orders_and_later_facts_stay_with_the_orders_day(province: Province) -> None:
    producer = await province.producer()
    booth = await province.session(DAY - timedelta(days=90), booth_of=producer)
    (first,) = await province.sell(booth, producer, DAY, buyers=["a"])
    await province.sell(booth, producer, DAY + timedelta(days=1), buyers=["b"])
    await province.sum()

    await province.record(first, "confirmed", "delivered", "paid", day=DAY + timedelta(days=9))
    await province.sum()

    found = await rows(province, "session_day_sums")
    assert [(row["day"], row["placed_vnd"], row["net_vnd"]) for row in found] == [
        (DAY, PRICE_VND, PRICE_VND),
        (DAY + timedelta(days=1), PRICE_VND, 0),
    ]


async def test_closing_figures_stay_and_what_came_later_stands_beside_them_with_its_day(province: Province) -> None:
    producer, session_id = await province.producer(), await province.session(DAY)
    sold = await province.sell(session_id, producer, DAY, buyers=MANY)
    for each in sold[:2]:
        await province.record(each, "confirmed", "delivered", "paid", day=DAY + timedelta(days=2))
    await province.close(session_id)
    await province.sum()
    returned_on = DAY + timedelta(days=20)
    await province.record(sold[0], "returned", "refunded", day=returned_on)
    await province.sum()

    (row,) = await rows(province, "session_day_sums")
    late = {entry["kind"]: entry for entry in await rows(province, "session_late_sums")}
    assert (row["closing_net_vnd"], row["net_vnd"]) == (2 * PRICE_VND, PRICE_VND)
    assert {kind: (entry["happened_on"], entry["orders"], entry["amount_vnd"]) for kind, entry in late.items()} == {
        "returned": (returned_on, 1, PRICE_VND),
        "refunded": (returned_on, 1, PRICE_VND),
    }
    (of_producer,) = await rows(province, "session_producer_sums")
    assert (of_producer["closing_kept_vnd"], of_producer["kept_vnd"]) == (6 * PRICE_VND, 5 * PRICE_VND)


async def test_rehearsals_and_what_never_began_have_no_sums(province: Province) -> None:
    await province.session(DAY, is_rehearsal=True)
    draft = await province.session(DAY, state="draft")
    await province.database.pool.execute("UPDATE sessions SET started_at = NULL WHERE id = $1", draft)

    assert await Sums(province.database).behind(limit=10) == []
    assert not await Sums(province.database).sum(draft)


async def test_two_that_sum_one_session_at_once_leave_it_right(province: Province) -> None:
    producer, session_id = await province.producer(), await province.session(DAY)
    await province.sell(session_id, producer, DAY, buyers=MANY)

    await asyncio.gather(*(Sums(province.database).sum(session_id) for _ in range(3)))

    (row,) = await rows(province, "session_day_sums")
    assert row["placed_vnd"] == 6 * PRICE_VND


async def test_buyers_are_remembered_only_while_they_are_few(province: Province) -> None:
    producer, session_id = await province.producer(), await province.session(DAY)
    await province.sell(session_id, producer, DAY, buyers=["a", "a", "b"])
    await province.sum()
    (before,) = await rows(province, "session_day_sums")

    await province.sell(session_id, producer, DAY, buyers=MANY)
    await province.sum()

    (after,) = await rows(province, "session_day_sums")
    assert isinstance(before["few_buyers"], list)
    assert len(before["few_buyers"]) == 2
    assert after["few_buyers"] is None
