"""What a node counts: views, watch time, and flushes that can be repeated."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.live.presence import RoomCounters


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Counted:
    """Counters with a clock; adds up what was flushed."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.counters = RoomCounters(node="n", now=self.clock)
        self.totals: dict[str, int] = {}
        self.present: set[bytes] = set()

    def enters(self, device: bytes) -> None:
        self.present.add(device)
        self.counters.device_entered(device, present=len(self.present))

    def leaves(self, device: bytes) -> None:
        self.present.discard(device)
        self.counters.device_left(device, present=len(self.present))

    def after(self, seconds: float) -> None:
        self.clock.now += seconds

    def flush(self) -> dict[str, int]:
        flush = self.counters.next_flush(at_ms=0)
        self.counters.flush_arrived()
        for name, count in flush.increments.items():
            self.totals[name] = self.totals.get(name, 0) + count
        return self.totals


@pytest.fixture
def room() -> Counted:
    return Counted()


def test_coming_back_within_half_a_minute_continues_the_view(room):
    device = uuid4().bytes
    room.enters(device)
    room.after(5)
    room.leaves(device)
    room.after(29)
    room.enters(device)

    assert room.flush()["views"] == 1


def test_coming_back_later_is_a_new_view(room):
    device = uuid4().bytes
    room.enters(device)
    room.leaves(device)
    room.after(31)
    room.enters(device)

    assert room.flush()["views"] == 2


def test_a_view_of_ten_seconds_is_counted_once(room):
    stays, goes = uuid4().bytes, uuid4().bytes
    room.enters(stays)
    room.enters(goes)
    room.after(9)
    room.leaves(goes)
    assert "views_10s" not in room.flush()

    room.after(1)
    assert room.flush()["views_10s"] == 1
    room.leaves(stays)
    room.after(5)
    room.enters(stays)
    room.after(60)
    assert room.flush()["views_10s"] == 1


def test_watch_time_adds_up_for_everyone_present(room):
    first, second = uuid4().bytes, uuid4().bytes
    room.enters(first)
    room.after(10)
    room.enters(second)
    room.after(5)
    room.leaves(first)
    room.flush()
    room.after(2)
    room.leaves(second)
    room.after(100)

    assert room.flush()["watch_ms"] == 10_000 + 2 * 5_000 + 2_000


def test_a_flush_that_did_not_arrive_is_repeated_unchanged_and_later_counts_wait(room):
    room.counters.liked(3)
    lost = room.counters.next_flush(at_ms=1)
    room.counters.liked(4)

    again = room.counters.next_flush(at_ms=2)
    room.counters.flush_arrived()
    after = room.counters.next_flush(at_ms=3)

    assert again == lost
    assert (lost.number, after.number) == (1, 2)
    assert (lost.increments["likes"], after.increments["likes"]) == (3, 4)


def test_there_is_news_until_the_empty_room_has_been_told(room):
    assert not room.counters.has_news
    device = uuid4().bytes
    room.enters(device)
    room.flush()
    room.leaves(device)

    assert room.counters.has_news
    room.flush()
    assert not room.counters.has_news
