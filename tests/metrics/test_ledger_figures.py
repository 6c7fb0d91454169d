"""Sales figures: every ledger entry exactly once, in order, and rebuilt when Redis was lost."""

from __future__ import annotations

import asyncio
from uuid import UUID

from app.infra.clock import utc_now
from tests.metrics.builders import Room, a_delta

HONEY, CANDY = str(UUID(int=1)), str(UUID(int=2))


async def test_entries_add_up_in_totals_products_minutes_stock_and_buyers(room: Room) -> None:
    minute = int(utc_now().timestamp()) // 60
    deltas = [
        a_delta(1, minute=minute, amount_vnd=120_000, units=2, product=HONEY, buyer="an"),
        a_delta(2, minute=minute, amount_vnd=80_000, product=CANDY, buyer="an"),
        a_delta(3, minute=minute, amount_vnd=60_000, product=HONEY, buyer="bình"),
        a_delta(4, minute=minute, kind="cancelled", amount_vnd=60_000, product=HONEY),
    ]

    assert await room.metrics.apply(room.id, deltas) == 4
    stats = await room.stats()

    assert (stats.totals.orders_placed, stats.totals.units_placed, stats.totals.revenue_placed_vnd) == (3, 4, 260_000)
    assert (stats.totals.orders_cancelled, stats.totals.revenue_cancelled_vnd, stats.totals.buyers) == (1, 60_000, 2)
    assert {str(row.product_id): (row.orders_placed, row.revenue_placed_vnd) for row in stats.products} == {
        HONEY: (2, 180_000),
        CANDY: (1, 80_000),
    }
    assert stats.taken == {UUID(HONEY): 2, UUID(CANDY): 1}
    assert sum(minute.revenue_placed_vnd for minute in stats.minutes) == 260_000
    assert stats.derived.revenue_placed_per_order_placed_vnd == 86_667


async def test_a_repeated_entry_is_refused(room: Room) -> None:
    await room.metrics.apply(room.id, [a_delta(1), a_delta(2)])

    assert await room.metrics.apply(room.id, [a_delta(1), a_delta(2), a_delta(3)]) == 3
    assert await room.metrics.apply(room.id, [a_delta(2)]) == 3
    assert (await room.stats()).totals.orders_placed == 3


async def test_a_gap_stops_the_projector_until_it_is_filled(room: Room) -> None:
    assert await room.metrics.apply(room.id, [a_delta(1), a_delta(3), a_delta(4)]) == 1
    assert (await room.stats()).totals.orders_placed == 1

    assert await room.metrics.apply(room.id, [a_delta(2), a_delta(3), a_delta(4)]) == 4
    assert (await room.stats()).totals.orders_placed == 4


async def test_an_empty_redis_refuses_an_entry_that_is_not_the_first(room: Room) -> None:
    assert await room.metrics.apply(room.id, [a_delta(9)]) == 0
    assert await room.metrics.projected_seq(room.id) == 0


async def test_many_projectors_at_once_count_every_entry_once(room: Room) -> None:
    deltas = [a_delta(seq, amount_vnd=seq) for seq in range(1, 201)]

    await asyncio.gather(
        *(room.metrics.apply(room.id, deltas[start:]) for start in range(0, 200, 10)),
        *(room.metrics.apply(room.id, deltas) for _ in range(4)),
    )

    assert await room.metrics.projected_seq(room.id) == 200
    assert (await room.stats()).totals.revenue_placed_vnd == sum(range(1, 201))


async def test_amounts_of_billions_stay_exact(room: Room) -> None:
    large = 9_007_199_254_740_991 // 4

    await room.metrics.apply(room.id, [a_delta(1, amount_vnd=large), a_delta(2, amount_vnd=large - 1)])

    assert (await room.stats()).totals.revenue_placed_vnd == 2 * large - 1


async def test_large_sequence_numbers_stay_exact(room: Room) -> None:
    await room.redis.once.hset(room.keys.ledger, "seq", str(10**15))

    assert await room.metrics.apply(room.id, [a_delta(10**15), a_delta(10**15 + 1)]) == 10**15 + 1
    assert await room.redis.once.hget(room.keys.ledger, "seq") == str(10**15 + 1)


async def test_a_lost_redis_rebuilt_from_the_first_entry_shows_equal_figures(room: Room) -> None:
    deltas = [a_delta(seq, amount_vnd=1_000 * seq, buyer=f"b{seq % 7}", product=HONEY if seq % 2 else CANDY) for seq in range(1, 51)]
    await room.metrics.apply(room.id, deltas)
    before = await room.stats()

    await room.lose_redis()
    assert await room.metrics.projected_seq(room.id) == 0
    for start in range(0, 50, 8):
        await room.metrics.apply(room.id, deltas[start : start + 8])
    after = await room.stats()

    assert (after.totals, after.products, after.taken, after.ledger_seq) == (before.totals, before.products, before.taken, 50)


async def test_forgetting_the_ledger_leaves_measured_counts_alone(room: Room) -> None:
    await room.flush(viewers=4, likes=9)
    await room.metrics.apply(room.id, [a_delta(1)])

    await room.metrics.forget_ledger(room.id)

    assert await room.metrics.projected_seq(room.id) == 0
    stats = await room.stats()
    assert (stats.totals.likes, stats.totals.orders_placed, stats.taken) == (9, 0, {})


async def test_an_order_is_seen_in_the_rooms_figures(room: Room) -> None:
    await room.metrics.apply(room.id, [a_delta(1, amount_vnd=129_000, units=3, product=HONEY)])

    figures = await room.flush(viewers=1)

    assert figures.taken == {HONEY: 3}
    assert (figures.board.orders_placed, figures.board.units_placed, figures.board.revenue_placed_vnd, figures.board.buyers) == (
        1,
        3,
        129_000,
        1,
    )
