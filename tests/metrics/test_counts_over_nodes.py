"""Views, watch time, average and peak by their definitions, over any number of nodes: against a model that knows every interval."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from app.live.presence import RoomCounters
from app.metrics.service import MetricsService, RoomFigures, SessionStats
from tests.metrics.builders import DrivenTime, Room

TICK_SECONDS = 1.0
TTL_SECONDS = 15.0
NEVER = float("inf")
Interval = tuple[float, float]


class Node:
    """A worker's counters of the room, and how many sockets each device has there."""

    def __init__(self, name: str, time: DrivenTime) -> None:
        self.counters = RoomCounters(node=name, now=time.seconds)
        self.sockets: Counter[bytes] = Counter()
        self.heard_at = time.seconds()


@dataclass(slots=True)
class Workers:
    """Nodes of one session that flush every tick, and every interval that a device had a socket somewhere."""

    room: Room
    time: DrivenTime
    metrics: MetricsService
    nodes: dict[str, Node] = field(default_factory=dict)
    stays: defaultdict[bytes, list[tuple[float, float, str]]] = field(default_factory=lambda: defaultdict(list))
    figures: RoomFigures | None = None
    edges: int = 0

    def starts(self, name: str) -> None:
        self.nodes[name] = Node(name, self.time)

    def opens(self, device: bytes, name: str) -> None:
        node = self.nodes[name]
        node.sockets[device] += 1
        if node.sockets[device] == 1:
            node.counters.device_entered(device)
            self.stays[device].append((self.time.seconds(), NEVER, name))
            self.edges += 1

    def closes(self, device: bytes, name: str) -> None:
        node = self.nodes[name]
        node.sockets[device] -= 1
        if node.sockets[device] == 0:
            del node.sockets[device]
            node.counters.device_left(device)
            self._ends(device, name, self.time.seconds())

    def is_killed(self, name: str) -> None:
        node = self.nodes.pop(name)
        for device in node.sockets:
            self._ends(device, name, node.heard_at + TTL_SECONDS)

    def _ends(self, device: bytes, name: str, at: float) -> None:
        open_one = next(index for index, (_, end, where) in enumerate(self.stays[device]) if end == NEVER and where == name)
        self.stays[device][open_one] = (self.stays[device][open_one][0], at, name)
        self.edges += 1

    async def flush(self, name: str, *, reply_is_lost: bool = False) -> None:
        node = self.nodes[name]
        figures = await self.metrics.flush(self.room.id, node.counters.next_flush(at_ms=self.time.now_ms))
        node.heard_at = self.time.seconds()
        if not reply_is_lost:
            node.counters.flush_arrived(figures)
            self.figures = figures

    async def tick(self, seconds: float = TICK_SECONDS, chance: random.Random | None = None) -> None:
        self.time.after(seconds)
        names = list(self.nodes)
        if chance is not None:
            chance.shuffle(names)
        for name in names:
            if chance is None or chance.random() > 0.05:
                await self.flush(name, reply_is_lost=chance is not None and chance.random() < 0.1)

    async def ticks(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_SECONDS)):
            await self.tick()

    async def stats(self) -> SessionStats:
        return await self.metrics.stats(self.room.id)

    def watched(self) -> dict[bytes, list[Interval]]:
        """The union of each device's intervals until now, however many nodes it was on."""
        now = self.time.seconds()
        return {device: united((began, min(end, now)) for began, end, _ in stays if began < now) for device, stays in self.stays.items()}


def united(intervals: Iterable[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for began, end in sorted(intervals):
        if found and began <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((began, end))
    return found


def views_of(intervals: list[Interval], *, same_view_seconds: float) -> list[float]:
    """How long each view was watched; an absence of up to so many seconds belongs to the view."""
    views: list[float] = []
    left_at = -NEVER
    for began, end in intervals:
        if began - left_at > same_view_seconds:
            views.append(0.0)
        views[-1] += end - began
        left_at = end
    return views


@pytest.fixture
async def workers(room: Room) -> Workers:
    time = DrivenTime()
    await room.set_times(datetime.fromtimestamp(time.seconds(), UTC))
    metrics = MetricsService(room.database, room.redis, room.prefix, node_count_ttl_seconds=TTL_SECONDS, clocks=time.clocks)
    workers = Workers(room, time, metrics)
    workers.starts("one")
    workers.starts("two")
    await workers.tick(0)
    return workers


@pytest.mark.parametrize("sockets", [4, 5, 6])
async def test_one_ticket_with_many_sockets_over_two_workers_is_one_viewer(workers: Workers, sockets: int) -> None:
    device = uuid4().bytes
    for number in range(sockets):
        workers.opens(device, ("one", "two")[number % 2])
    await workers.ticks(25)
    for number in range(sockets):
        workers.closes(device, ("one", "two")[number % 2])
    await workers.tick(0)
    stats = await workers.stats()

    assert (stats.totals.views, stats.totals.views_10s, stats.totals.unique_viewers) == (1, 1, 1)
    assert (stats.totals.viewers_peak, stats.totals.viewers_now) == (1, 0)
    assert stats.totals.watch_seconds == pytest.approx(25, abs=TICK_SECONDS)
    assert stats.derived.viewers_average is not None
    assert stats.derived.viewers_average <= 1
    assert stats.derived.watch_seconds_per_unique_viewer == pytest.approx(25, abs=TICK_SECONDS)


@pytest.mark.parametrize(("absent", "views"), [(0, 1), (20, 1), (28, 1), (33, 2)])
async def test_moving_to_another_worker_within_half_a_minute_continues_the_view(workers: Workers, absent: float, views: int) -> None:
    device = uuid4().bytes
    workers.opens(device, "one")
    await workers.ticks(6)
    workers.closes(device, "one")
    await workers.ticks(absent)
    workers.opens(device, "two")
    await workers.ticks(6)
    totals = (await workers.stats()).totals

    assert (totals.views, totals.views_10s) == (views, 2 - views)
    assert totals.watch_seconds == pytest.approx(12, abs=2 * TICK_SECONDS)


async def test_a_view_between_two_flushes_is_a_view(workers: Workers) -> None:
    device = uuid4().bytes
    workers.opens(device, "one")
    workers.closes(device, "one")
    await workers.tick()
    totals = (await workers.stats()).totals

    assert (totals.views, totals.views_10s, totals.unique_viewers, totals.viewers_now) == (1, 0, 1, 0)


async def test_a_killed_workers_viewers_end_with_its_time_limit_and_are_not_twice_elsewhere(workers: Workers) -> None:
    stays, flees = uuid4().bytes, uuid4().bytes
    workers.opens(stays, "one")
    workers.opens(flees, "one")
    await workers.ticks(5)
    workers.is_killed("one")
    await workers.ticks(3)
    workers.opens(flees, "two")
    await workers.ticks(25)
    totals = (await workers.stats()).totals

    assert (totals.views, totals.views_10s, totals.viewers_peak, totals.viewers_now) == (2, 2, 2, 1)
    assert totals.watch_seconds == pytest.approx(33 + 5 + TTL_SECONDS, abs=2 * TICK_SECONDS)


async def test_when_every_worker_was_killed_nobody_watches_the_pause(workers: Workers) -> None:
    for number in range(3):
        workers.opens(UUID(int=number).bytes, "one")
    await workers.ticks(5)
    workers.is_killed("one")
    workers.is_killed("two")
    workers.time.after(3_600)
    workers.starts("three")
    await workers.tick()
    totals = (await workers.stats()).totals

    assert totals.watch_seconds == pytest.approx(3 * (5 + TTL_SECONDS), abs=3)
    assert totals.viewers_now == 0


@pytest.mark.parametrize("silent_seconds", [20, 60, 300])
async def test_a_worker_that_was_unheard_for_long_has_the_same_viewers_and_views(workers: Workers, silent_seconds: float) -> None:
    """Frozen Redis, cut network: its devices stayed, so nothing begins anew and nothing is counted twice."""
    for number in range(5):
        workers.opens(UUID(int=number).bytes, "one")
    await workers.ticks(4)
    for _ in range(int(silent_seconds)):
        workers.time.after(1)
        await workers.flush("two")
    assert (await workers.stats()).totals.viewers_now == 0

    await workers.ticks(12)
    totals = (await workers.stats()).totals

    assert (totals.viewers_now, totals.views, totals.viewers_peak) == (5, 5, 5)


async def test_after_redis_was_lost_the_viewers_are_there_again_and_not_new(workers: Workers) -> None:
    for number in range(5):
        workers.opens(UUID(int=number).bytes, "one")
    await workers.ticks(15)
    await workers.metrics.checkpoint(workers.room.id)
    before = (await workers.stats()).totals

    await workers.room.lose_redis()
    await workers.ticks(3)
    after = (await workers.stats()).totals

    assert (after.viewers_now, after.views, after.views_10s, after.unique_viewers) == (5, 5, 5, 5)
    assert before.watch_seconds <= after.watch_seconds <= before.watch_seconds + 5 * 3


async def test_a_great_crowd_is_told_in_parts_with_its_true_times(workers: Workers) -> None:
    crowd = [UUID(int=number).bytes for number in range(2_500)]
    for device in crowd:
        workers.opens(device, "one")
    sizes = []
    for _ in range(4):
        await workers.tick()
        assert workers.figures is not None
        sizes.append((await workers.stats()).totals.viewers_now)
    await workers.ticks(6)
    totals = (await workers.stats()).totals

    assert sizes == [1_000, 2_000, 2_500, 2_500]
    assert (totals.views, totals.views_10s) == (2_500, 2_500)
    workers.is_killed("one")
    await workers.ticks(TTL_SECONDS + 4)
    assert (await workers.stats()).totals.viewers_now == 0


@pytest.mark.parametrize("seed", range(5))
async def test_counts_are_those_of_the_definitions_whatever_devices_and_workers_do(workers: Workers, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a reproducible story
    devices = [UUID(int=number + 1).bytes for number in range(12)]
    for step in range(130):
        for _ in range(chance.randrange(4)):
            _somebody_does_something(workers, chance, devices)
            workers.time.after(chance.random() / 4)
        if chance.random() < 0.03 and len(workers.nodes) > 1:
            workers.is_killed(chance.choice(list(workers.nodes)))
        if chance.random() < 0.1 and len(workers.nodes) < 3:
            workers.starts(f"node {step}")
        if chance.random() < 0.02:
            await workers.ticks(chance.randrange(20, 40))
        await workers.tick(chance.uniform(0.3, TICK_SECONDS), chance)
        if step % 10 == 0:
            _never_above_the_peak(await workers.stats())
    await workers.ticks(TTL_SECONDS + 3)
    stats = await workers.stats()

    assert complaints(workers, stats) == []
    assert counted_per_node(workers) != (stats.totals.views, stats.totals.views_10s), "the story has nobody on two workers"
    # The rule that was: each node on its own.
    views, views_10s = counted_per_node(workers)
    wrong = stats.totals.model_copy(update={"views": views, "views_10s": views_10s, "watch_seconds": watched_per_node(workers)})
    assert len(complaints(workers, stats.model_copy(update={"totals": wrong}))) >= 2


def _somebody_does_something(workers: Workers, chance: random.Random, devices: list[bytes]) -> None:
    device, name = chance.choice(devices), chance.choice(list(workers.nodes))
    sockets = workers.nodes[name].sockets
    if sockets[device] and chance.random() < 0.6:
        workers.closes(device, name)
    elif sockets[device] < 3:
        workers.opens(device, name)
    if not sockets[device]:
        sockets.pop(device, None)


def _never_above_the_peak(stats: SessionStats) -> None:
    assert (stats.derived.viewers_average or 0) <= stats.totals.viewers_peak
    assert all(minute.viewers_average <= minute.viewers_peak <= stats.totals.viewers_peak for minute in stats.minutes)


def complaints(workers: Workers, stats: SessionStats) -> list[str]:
    """What the figures say that the definitions do not, allowing for edges being seen a tick or two late."""
    totals, watched, late = stats.totals, workers.watched(), 3 * TICK_SECONDS
    few = [view for intervals in watched.values() for view in views_of(intervals, same_view_seconds=30 + late)]
    many = [view for intervals in watched.values() for view in views_of(intervals, same_view_seconds=30 - late)]
    seconds = sum(end - began for intervals in watched.values() for began, end in intervals)
    now = workers.time.seconds()
    facts = {
        "views": len(few) <= totals.views <= len(many),
        "views_10s": sum(each >= 10 + late for each in few) <= totals.views_10s <= sum(each >= 10 - late for each in many),
        "watch time": abs(totals.watch_seconds - seconds) <= max(10.0, seconds * 0.03),
        "average": (stats.derived.viewers_average or 0) <= totals.viewers_peak,
        "peak": totals.viewers_peak <= len(watched),
        "10 s": totals.views_10s <= totals.views,
        "unique": totals.unique_viewers == len(watched),
        "now": totals.viewers_now == sum(end >= now for intervals in watched.values() for _, end in intervals),
        "minutes": sum(each.views for each in stats.minutes) == totals.views
        and sum(each.views_10s for each in stats.minutes) == totals.views_10s,
    }
    return [f"{name}: {totals}" for name, is_so in facts.items() if not is_so]


def counted_per_node(workers: Workers) -> tuple[int, int]:
    now, views = workers.time.seconds(), []
    for stays in workers.stays.values():
        for name in {where for _, _, where in stays}:
            here = united((began, min(end, now)) for began, end, where in stays if where == name and began < now)
            views += views_of(here, same_view_seconds=30)
    return len(views), sum(each >= 10 for each in views)


def watched_per_node(workers: Workers) -> int:
    now = workers.time.seconds()
    return int(sum(min(end, now) - began for stays in workers.stays.values() for began, end, _ in stays))
