"""What a node tells of a room: devices that came and went, and flushes that can be repeated."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from app.live import device_moves
from app.live.presence import RoomCounters
from app.metrics.service import Flush, RoomFigures
from app.protocol.views import BoardFigures

BOARD = BoardFigures(viewers_peak=0, views=0, unique_viewers=0, orders_placed=0, units_placed=0, revenue_placed_vnd=0, buyers=0)
ANSWER = RoomFigures("first", viewers=0, polling=0, likes=0, comments=0, taken={}, outside=(), board=BOARD)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Counted:
    """Counters with a clock; each flush arrives."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.counters = RoomCounters(node="n", now=self.clock)

    def after(self, seconds: float) -> None:
        self.clock.now += seconds

    def flush(self, *, known_since: str = "first") -> Flush:
        flush = self.counters.next_flush(at_ms=0)
        self.counters.flush_arrived(replace(ANSWER, node_known_since=known_since))
        return flush

    def told(self, *, known_since: str = "first") -> list[tuple[bytes, str, float]]:
        return [(move.device, move.kind, move.at) for move in self.flush(known_since=known_since).watching]


@pytest.fixture
def room() -> Counted:
    return Counted()


def test_each_coming_and_going_is_told_once_with_its_time(room):
    device = uuid4().bytes
    room.counters.device_entered(device)
    room.after(5)
    assert room.told() == [(device, "came", 1_000.0)]

    room.counters.device_left(device)
    room.after(5)
    assert room.told() == [(device, "went", 1_005.0)]
    assert room.told() == []


def test_a_visit_between_two_flushes_is_told_whole(room):
    device = uuid4().bytes
    room.counters.device_entered(device)
    room.after(1)
    room.counters.device_left(device)

    assert room.told() == [(device, "came", 1_000.0), (device, "went", 1_001.0)]


@pytest.mark.parametrize(("absent", "kinds"), [(30, []), (31, ["went", "came"])])
def test_an_absence_that_nobody_was_told_of_is_one_only_if_it_ends_the_view(room, absent, kinds):
    device = uuid4().bytes
    room.counters.device_entered(device)
    room.flush()
    room.counters.device_left(device)
    room.after(absent)
    room.counters.device_entered(device)

    assert [kind for _, kind, _ in room.told()] == kinds


def test_statistics_that_forgot_the_node_are_told_all_its_devices_again(room):
    stays, goes, polls = uuid4().bytes, uuid4().bytes, uuid4().bytes
    for device in (stays, goes):
        room.counters.device_entered(device)
    room.counters.polling.beacon(polls)
    room.flush()
    room.counters.device_left(goes)
    assert [(device, kind) for device, kind, _ in room.told(known_since="second")] == [(goes, "went")]

    again = room.flush(known_since="second")

    assert [(move.device, move.kind) for move in (*again.watching, *again.polling)] == [(stays, "stayed"), (polls, "stayed")]
    assert room.told(known_since="second") == []


def test_a_store_that_does_not_answer_for_long_is_later_told_who_is_here_under_a_new_name(room, monkeypatch):
    monkeypatch.setattr(device_moves, "_DEVICES_MAX", 10)
    room.counters.device_entered(stays := uuid4().bytes)
    lost = room.counters.next_flush(at_ms=0)
    for _ in range(20):
        device = uuid4().bytes
        room.counters.device_entered(device)
        room.counters.device_left(device)
    assert room.flush() == lost

    anew = room.flush()

    assert (anew.number, [(move.device, move.kind) for move in anew.watching]) == (1, [(stays, "stayed")])
    assert anew.node != lost.node


def test_a_flush_that_did_not_arrive_is_repeated_unchanged_and_later_counts_wait(room):
    room.counters.liked(3)
    lost = room.counters.next_flush(at_ms=1)
    room.counters.liked(4)

    again = room.counters.next_flush(at_ms=2)
    room.counters.flush_arrived(ANSWER)
    after = room.counters.next_flush(at_ms=3)

    assert again == lost
    assert (lost.number, after.number) == (1, 2)
    assert (lost.increments["likes"], after.increments["likes"]) == (3, 4)


def test_there_is_news_until_the_empty_room_has_been_told(room):
    assert not room.counters.has_news
    device = uuid4().bytes
    room.counters.device_entered(device)
    room.flush()
    room.counters.device_left(device)

    assert room.counters.has_news
    room.flush()
    assert not room.counters.has_news
