"""Counts of nodes: once each, summed over nodes, and no node counted after its death."""

from __future__ import annotations

import asyncio
import math
from datetime import timedelta
from uuid import UUID

import pytest

from app.infra.clock import utc_now
from app.metrics.service import Flush, MetricsService
from tests.metrics.builders import DrivenTime, Room, came, devices, eventually, went


async def test_a_repeated_flush_counts_once(room: Room) -> None:
    guests = devices(2)
    for _ in range(2):
        await room.flush(number=7, viewers=2, likes=30, comments=1, entered=guests)
    figures = await room.flush(number=7, viewers=2, likes=30, comments=1, entered=guests)

    assert (figures.viewers, figures.likes, figures.comments, figures.board.views) == (2, 30, 1, 2)
    assert (await room.stats()).totals.likes == 30


async def test_flushes_of_the_same_node_sent_at_once_count_once(room: Room) -> None:
    await asyncio.gather(*(room.flush(number=1, likes=5, viewers=1) for _ in range(20)))

    assert (await room.stats()).totals.likes == 5


async def test_a_flush_older_than_the_last_is_refused(room: Room) -> None:
    await room.flush(number=5, likes=1, viewers=10)
    figures = await room.flush(number=4, likes=100, viewers=99)

    assert (figures.likes, figures.viewers) == (1, 10)


async def test_nodes_are_summed_and_a_later_count_replaces_the_one_before(room: Room) -> None:
    await room.flush("a", viewers=10, likes=1)
    await room.flush("b", viewers=5, likes=2)
    figures = await room.flush("a", viewers=3, likes=3)

    assert (figures.viewers, figures.likes) == (8, 6)


async def test_a_dead_nodes_viewers_are_forgotten_after_the_ttl(room: Room) -> None:
    room.metrics = MetricsService(room.database, room.redis, room.prefix, node_count_ttl_seconds=0.3)
    await room.flush("dying", viewers=50)
    assert (await room.flush("alive", viewers=1)).viewers == 51

    async def only_the_living_are_counted() -> bool:
        return (await room.flush("alive", viewers=1)).viewers == 1

    await eventually(only_the_living_are_counted)
    assert (await room.stats()).totals.viewers_now == 1
    assert await room.redis.idempotent.zrange(room.keys.node_lives, 0, -1) == ["alive"]


async def test_reading_does_not_count_a_dead_node_either(room: Room) -> None:
    room.metrics = MetricsService(room.database, room.redis, room.prefix, node_count_ttl_seconds=0.1)
    await room.flush("dying", viewers=50)

    async def nobody_is_left() -> bool:
        return (await room.stats()).totals.viewers_now == 0

    await eventually(nobody_is_left)


async def test_the_peak_is_the_maximum_of_sums_not_the_sum_of_peaks(room: Room) -> None:
    await room.flush("a", viewers=100)
    await room.flush("a", viewers=10)
    await room.flush("b", viewers=80)
    figures = await room.flush("b", viewers=5)

    assert figures.board.viewers_peak == 100
    assert figures.viewers == 15


async def test_each_minute_has_its_own_peak_and_counts(room: Room) -> None:
    start = utc_now().replace(second=0, microsecond=0) - timedelta(minutes=2)
    await room.set_times(start)
    hand = DrivenTime(now_ms=int(start.timestamp() * 1000))
    room.metrics = MetricsService(room.database, room.redis, room.prefix, clocks=hand.clocks)

    await room.flush(at_ms=hand.now_ms, viewers=7, likes=1)
    hand.after(30)
    await room.flush(at_ms=hand.now_ms, viewers=4, likes=2)
    hand.after(60)
    await room.flush(at_ms=hand.now_ms, viewers=0, likes=4)
    hand.after(60)
    await room.flush(at_ms=hand.now_ms, viewers=0)
    minutes = (await room.stats()).minutes

    assert [(minute.viewers_peak, minute.likes, minute.viewers_average) for minute in minutes] == [(7, 3, 5.5), (4, 4, 2.0), (0, 0, 0.0)]
    assert [minute.minute_at for minute in minutes] == [start + timedelta(minutes=offset) for offset in range(3)]


async def test_unique_viewers_count_devices_across_nodes_and_returns(room: Room) -> None:
    guests = devices(40)
    await room.flush("a", entered=guests)
    figures = await room.flush("b", entered=guests[:30], commented=guests[:10], comments=10)

    assert figures.board.views == 40
    assert figures.board.unique_viewers == 40
    assert (await room.stats()).totals.commenters == 10


async def test_nine_thousand_devices_enter_in_one_flush_within_the_estimates_error(room: Room) -> None:
    figures = await room.flush(entered=devices(9_000))

    assert math.isclose(figures.board.unique_viewers, 9_000, rel_tol=5 * 0.0081)


async def test_average_viewers_are_viewer_seconds_over_stream_seconds(room: Room) -> None:
    ended_at = utc_now()
    await room.set_times(ended_at - timedelta(seconds=200), ended_at, "ended")

    await room.flush("a", entered=devices(4))
    await room.watched(watch_ms=3_000_000)
    await room.watched(watch_ms=1_000_000)
    stats = await room.stats()

    assert stats.totals.watch_seconds == 4_000
    assert stats.derived.viewers_average == 20.0
    assert stats.derived.watch_seconds_per_unique_viewer == 1_000.0


async def test_quotients_without_a_denominator_are_empty_not_zero(room: Room) -> None:
    stats = await room.stats()

    assert stats.derived.buyers_per_unique_viewer_percent is None
    assert stats.derived.revenue_placed_per_1000_views_vnd is None
    assert stats.derived.revenue_placed_per_order_placed_vnd is None


@pytest.mark.parametrize("increments", [{"lieks": 1}, {"likes": -1}, {"viewers_peak": 9}, {"views": 1}, {"ready": 1}])
async def test_unknown_or_negative_counters_are_refused(room: Room, increments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="not a measured counter"):
        await room.metrics.flush(room.id, Flush("a", 1, 0, increments))


async def test_outside_counts_are_kept_apart_and_never_added(room: Room) -> None:
    await room.flush(viewers=12, entered=devices(12))
    await room.metrics.report_outside(room.id, source="tiktok", viewers=9_000, observed_at_ms=2_000)
    await room.metrics.report_outside(room.id, source="tiktok", viewers=7_000, observed_at_ms=3_000)
    await room.metrics.report_outside(room.id, source="tiktok", viewers=8_000, observed_at_ms=1_000)
    await room.metrics.report_outside(room.id, source="facebook", viewers=40, observed_at_ms=2_500)

    figures = await room.flush(viewers=12)
    stats = await room.stats()

    assert (figures.viewers, figures.board.viewers_peak, stats.totals.viewers_now, stats.totals.unique_viewers) == (12, 12, 12, 12)
    assert [(count.source, count.viewers) for count in figures.outside] == [("facebook", 40), ("tiktok", 7_000)]
    assert [(o.source, o.outside_viewers, o.outside_viewers_peak) for o in stats.outside] == [
        ("facebook", 40, 40),
        ("tiktok", 7_000, 9_000),
    ]


async def test_a_minute_of_a_wrong_clock_does_not_stretch_the_series(room: Room) -> None:
    await room.flush(at_ms=0, likes=5)

    stats = await room.stats()

    assert stats.totals.likes == 5
    assert len(stats.minutes) <= 2


async def test_two_sessions_do_not_mix(room: Room, redis_prefix: str) -> None:
    await room.flush(viewers=3, likes=3)
    other = MetricsService(room.database, room.redis, f"{redis_prefix}-other")

    assert (await other.flush(room.id, Flush("a", 1, 0, {"likes": 1}))).likes == 1


async def test_a_device_on_several_nodes_is_one_viewer(room: Room) -> None:
    both, here = (UUID(each).bytes for each in devices(2))
    await room.metrics.flush(room.id, Flush("a", 1, 0, {}, watching=came(both, here), polling=came(both)))
    together = await room.metrics.flush(room.id, Flush("b", 1, 0, {}, watching=came(both), polling=came(both)))
    assert (together.viewers, together.polling, together.board.viewers_peak) == (2, 1, 2)
    assert (await room.stats()).totals.viewers_now == 2

    left_one = await room.metrics.flush(room.id, Flush("a", 2, 0, {}, watching=went(both)))
    left_both = await room.metrics.flush(room.id, Flush("b", 2, 0, {}, watching=went(both)))

    assert (left_one.viewers, left_both.viewers) == (2, 1)


async def test_viewers_that_fled_from_a_dead_node_do_not_raise_the_peak(room: Room) -> None:
    room.metrics = MetricsService(room.database, room.redis, room.prefix, node_count_ttl_seconds=0.3)
    crowd = [UUID(each).bytes for each in devices(50)]
    await room.metrics.flush(room.id, Flush("killed", 1, 0, {}, watching=came(*crowd)))

    fled = await room.metrics.flush(room.id, Flush("alive", 1, 0, {}, watching=came(*crowd[:40])))
    assert (fled.viewers, fled.board.viewers_peak) == (50, 50)

    async def the_dead_node_is_forgotten() -> bool:
        await room.flush("third")
        return (await room.flush("third")).viewers == 0

    # "alive" is silent too, so its forty are forgotten with the ten that never came back
    await eventually(the_dead_node_is_forgotten)
    back = await room.metrics.flush(room.id, Flush("reborn", 1, 0, {}, watching=came(*crowd)))
    assert (back.viewers, back.board.viewers_peak, back.board.views) == (50, 50, 50)
