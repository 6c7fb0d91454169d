"""Product opens and baskets: once each, over nodes and repeats, across a lost Redis; and not measured is never 0."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

from app.infra.clock import now_ms
from app.live.presence import INTEREST_KNOWN, KnownInterest, RoomCounters
from app.metrics.service import Flush
from tests.metrics.builders import Room


def told(node: str, number: int, opened: list[UUID], baskets: list[UUID]) -> Flush:
    return Flush(
        *(node, number, now_ms(), {"product_opens": len(opened)}),
        opened_devices=[device.bytes for device in opened],
        basket_devices=[device.bytes for device in baskets],
    )


async def test_devices_are_counted_once_over_nodes_and_a_repeated_flush_counts_nothing(room: Room) -> None:
    one, other = uuid4(), uuid4()
    for flush in (told("a", 1, [one, other], [one]), told("a", 1, [one, other], [one]), told("b", 1, [one], [one])):
        await room.metrics.flush(room.id, flush)

    totals = (await room.stats()).totals

    assert (totals.product_opens, totals.product_openers, totals.basket_holders) == (3, 2, 1)


async def test_they_outlive_a_lost_redis(room: Room) -> None:
    await room.metrics.flush(room.id, told("a", 1, [uuid4(), uuid4()], [uuid4()]))
    await room.metrics.checkpoint(room.id)
    keys = [key async for key in room.redis.idempotent.scan_iter(match=f"{room.prefix}:*", count=1000)]
    await room.redis.idempotent.delete(*keys)

    await room.metrics.flush(room.id, told("a", 2, [], []))
    totals = (await room.stats()).totals

    assert (totals.product_opens, totals.product_openers, totals.basket_holders) == (2, 2, 1)


async def test_a_session_of_before_says_not_measured(room: Room) -> None:
    await room.metrics.flush(room.id, told("a", 1, [], []))
    assert (await room.stats()).totals.product_openers == 0, "measured, and nobody opened any"
    await room.metrics.checkpoint(room.id)
    row = await room.database.pool.fetchval("SELECT figures FROM session_totals WHERE session_id = $1", room.id)
    figures = json.loads(row)
    del figures["measured"]["measures_interest"], figures["product_openers"], figures["basket_holders"]
    await room.database.pool.execute("UPDATE session_totals SET figures = $2 WHERE session_id = $1", room.id, json.dumps(figures))
    keys = [key async for key in room.redis.idempotent.scan_iter(match=f"{room.prefix}:*", count=1000)]
    await room.redis.idempotent.delete(*keys)

    totals = (await room.stats()).totals

    assert (totals.product_opens, totals.product_openers, totals.basket_holders) == (None, None, None)


def test_a_node_tells_each_product_of_a_device_once_and_a_basket_alone_is_news() -> None:
    counters = RoomCounters(node="a", now=lambda: 0.0)
    device, product, other = (uuid4().bytes for _ in range(3))
    for each in (product, product, other):
        counters.opened_product(device, each)
    flush = counters.next_flush(at_ms=0)
    assert (flush.increments, flush.opened_devices, flush.basket_devices) == ({"product_opens": 2}, (device,), ())

    fresh = RoomCounters(node="b", now=lambda: 0.0)
    fresh.began_basket(device)
    fresh.began_basket(device)
    assert fresh.has_news
    assert (fresh.next_flush(at_ms=0).basket_devices, fresh.next_flush(at_ms=0).increments) == ((device,), {})


def test_what_a_node_remembers_is_bounded() -> None:
    known = KnownInterest()
    for number in range(INTEREST_KNOWN + 10):
        assert known.is_new(number.to_bytes(16))

    assert not known.is_new((INTEREST_KNOWN + 9).to_bytes(16))
    assert known.is_new((0).to_bytes(16)), "the oldest was forgotten"
