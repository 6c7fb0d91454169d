"""Checkpoints, their return after Redis was lost, and final figures."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.infra.clock import now_ms, utc_now
from app.infra.job_lock import JobLock
from app.metrics.errors import StatisticsNotComplete
from app.metrics.jobs import MetricsJobs
from tests.metrics.builders import Room, a_delta, devices, eventually


async def a_busy_room(room: Room) -> None:
    await room.flush("a", viewers=20, likes=40, comments=6, entered=devices(22), commented=devices(5))
    await room.flush("b", viewers=10, likes=2, entered=devices(10, first=22))
    await room.watched(views_10s=21, watch_ms=500_000)
    await room.metrics.report_outside(room.id, source="tiktok", viewers=900, observed_at_ms=now_ms())
    await room.metrics.apply(room.id, [a_delta(1), a_delta(2, buyer="c")])


async def rows_of(room: Room, table: str) -> int:
    async with room.database.transactions() as db:
        return int((await db.execute(text(f"SELECT count(*) FROM {table} WHERE session_id = :id"), {"id": room.id})).scalar_one())  # noqa: S608


async def test_a_checkpoint_comes_back_by_itself_after_redis_was_lost(room: Room) -> None:
    await a_busy_room(room)
    await room.metrics.checkpoint(room.id)
    before = await room.stats()

    await room.lose_redis()
    await room.flush("a", viewers=20, likes=1)
    await room.flush("b", viewers=10)
    await room.metrics.apply(room.id, [a_delta(1), a_delta(2, buyer="c")])
    after = await room.stats()

    assert after.totals == before.totals.model_copy(update={"likes": before.totals.likes + 1})
    assert after.outside == before.outside
    assert sum(minute.views for minute in after.minutes) == before.totals.views
    assert after.restored is not None
    assert after.restored.times == 1
    assert before.restored is None


async def test_unique_viewers_stay_distinct_across_a_loss(room: Room) -> None:
    guests = devices(50)
    await room.flush(entered=guests)
    await room.metrics.checkpoint(room.id)
    await room.lose_redis()

    figures = await room.flush(entered=guests)

    assert figures.board.unique_viewers == 50
    assert figures.board.views == 100


async def test_a_checkpoint_is_put_back_once_even_when_many_nodes_try(room: Room) -> None:
    await room.flush("first", likes=100)
    await room.metrics.checkpoint(room.id)
    await room.lose_redis()

    await asyncio.gather(*(room.flush(f"node{number}", likes=1, viewers=1) for number in range(30)))
    assert [await room.metrics.restore(room.id) for _ in range(3)] == [False, False, False]

    stats = await room.stats()
    assert (stats.totals.likes, stats.totals.viewers_now) == (130, 30)
    assert stats.restored is not None
    assert stats.restored.times == 1


async def test_a_flush_that_a_checkpoint_holds_is_not_counted_again_after_the_loss(room: Room) -> None:
    await room.flush(number=12, likes=10)
    await room.metrics.checkpoint(room.id)
    await room.lose_redis()

    figures = await room.flush(number=12, likes=10)

    assert figures.likes == 10


async def test_an_empty_redis_never_overwrites_the_checkpoint(room: Room) -> None:
    await a_busy_room(room)
    await room.metrics.checkpoint(room.id)
    await room.lose_redis()

    await room.metrics.checkpoint(room.id)
    await room.metrics.checkpoint(room.id)

    assert (await room.stats()).totals.likes == 42


async def test_statistics_after_the_end_equal_those_before(room: Room) -> None:
    await a_busy_room(room)
    await room.set_times(utc_now() - timedelta(minutes=3), utc_now(), "ended")
    before = await room.stats()

    await room.metrics.persist(room.id, expected_seq=2)
    await room.lose_redis()
    after = await room.stats()

    assert (before.figures_are, after.figures_are) == ("live", "final")
    assert after.totals == before.totals.model_copy(update={"viewers_now": 0})
    assert (after.derived, after.products, after.minutes, after.outside, after.taken) == (
        before.derived,
        before.products,
        before.minutes,
        before.outside,
        before.taken,
    )
    assert after.restored is None


async def test_figures_that_miss_a_ledger_entry_do_not_become_final(room: Room) -> None:
    await a_busy_room(room)

    with pytest.raises(StatisticsNotComplete) as refused:
        await room.metrics.persist(room.id, expected_seq=3)

    assert refused.value.details == {"projected_seq": 2, "expected_seq": 3}
    assert await rows_of(room, "session_totals") == 0


async def test_persisting_twice_changes_nothing(room: Room) -> None:
    await a_busy_room(room)
    await room.set_times(utc_now() - timedelta(minutes=3), utc_now(), "ended")
    await room.metrics.persist(room.id, expected_seq=2)
    first = await room.stats()

    await room.metrics.persist(room.id, expected_seq=2)
    second = await room.stats()

    assert second.model_copy(update={"as_of": first.as_of}) == first
    assert await rows_of(room, "session_totals") == 1
    assert await rows_of(room, "session_minutes") == sum(1 for minute in first.minutes if minute.views or minute.orders_placed)


async def test_a_late_checkpoint_does_not_undo_final_figures(room: Room) -> None:
    await a_busy_room(room)
    await room.set_times(utc_now() - timedelta(minutes=3), utc_now(), "ended")
    await room.metrics.persist(room.id, expected_seq=2)

    await room.flush("late", likes=1_000)
    await room.metrics.checkpoint(room.id)

    stats = await room.stats()
    assert (stats.figures_are, stats.totals.likes) == ("final", 42)


async def test_entries_after_the_end_are_added_by_persisting_again(room: Room) -> None:
    await a_busy_room(room)
    await room.set_times(utc_now() - timedelta(minutes=3), utc_now(), "ended")
    await room.metrics.persist(room.id, expected_seq=2)
    await room.lose_redis()

    await room.metrics.apply(room.id, [a_delta(1), a_delta(2, buyer="c"), a_delta(3, kind="cancelled")])
    await room.metrics.persist(room.id, expected_seq=3)

    stats = await room.stats()
    assert (stats.totals.orders_placed, stats.totals.orders_cancelled, stats.totals.likes) == (2, 1, 42)
    assert stats.restored is None


async def test_a_session_that_nobody_saw_gets_final_zeros(room: Room) -> None:
    await room.set_times(utc_now() - timedelta(minutes=1), utc_now(), "ended")

    await room.metrics.persist(room.id, expected_seq=0)

    stats = await room.stats()
    assert (stats.figures_are, stats.totals.views, stats.derived.viewers_average) == ("final", 0, 0.0)


async def test_expiring_gives_every_key_a_time_to_live_once(room: Room) -> None:
    await a_busy_room(room)

    await room.metrics.expire_session(room.id, 1_000)
    await room.metrics.expire_session(room.id, 9_000)

    lifetimes = [await room.redis.idempotent.ttl(key) for key in room.keys.all() if await room.redis.idempotent.exists(key)]
    assert len(lifetimes) >= 10
    assert all(900 <= seconds <= 1_000 for seconds in lifetimes)


async def test_the_job_checkpoints_running_sessions_on_one_node_only(room: Room) -> None:
    await a_busy_room(room)
    idle = MetricsJobs(room.metrics, JobLock(room.redis, room.prefix, "idle"), checkpoint_seconds=0.05)
    working = MetricsJobs(room.metrics, JobLock(room.redis, room.prefix, "working"), checkpoint_seconds=0.05)
    assert await JobLock(room.redis, room.prefix, "working").mine("checkpoints", seconds=40)

    idle.start()
    await asyncio.sleep(0.2)
    await idle.close()
    assert await rows_of(room, "session_totals") == 0

    working.start()

    async def is_kept() -> bool:
        return await rows_of(room, "session_totals") == 1

    await eventually(is_kept)
    await working.close()
