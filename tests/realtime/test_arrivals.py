"""A rush at the door is let in a few at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from app.infra.machine_turns import MachineTurns
from app.realtime.arrivals import Arrivals
from tests.patience import NEWS_SECONDS

BUSY_SECONDS = 0.002


def busy() -> None:
    until = time.thread_time() + BUSY_SECONDS
    while time.thread_time() < until:
        pass


async def eventually(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(NEWS_SECONDS):
        while not fact():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


async def test_everybody_is_let_in_in_order() -> None:
    arrivals = Arrivals()
    seen: list[int] = []
    for number in range(100):
        arrivals.add(lambda number=number: seen.append(number))  # type: ignore[misc]

    await asyncio.sleep(0.05)

    assert seen == list(range(100))
    assert len(arrivals) == 0


async def test_others_get_their_turn_during_a_rush() -> None:
    arrivals = Arrivals()
    for _ in range(20):
        arrivals.add(busy)
    turns = 0
    while len(arrivals):
        await asyncio.sleep(0)
        turns += 1

    # Two fit into one turn.
    assert turns >= 8


async def test_one_that_fails_does_not_keep_the_others_out() -> None:
    troubles: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context["exception"]))
    arrivals = Arrivals()
    seen: list[str] = []

    def fails() -> None:
        raise RuntimeError("expected")

    arrivals.add(fails)
    arrivals.add(lambda: seen.append("second"))
    await asyncio.sleep(0.05)

    assert seen == ["second"]
    assert list(map(str, troubles)) == ["expected"]


async def test_nobody_is_let_in_while_other_workers_have_their_turn(tmp_path: Path) -> None:
    others = MachineTurns(tmp_path, at_once=1)
    assert others.take()
    arrivals = Arrivals(turns=MachineTurns(tmp_path, at_once=1))
    seen: list[int] = []
    arrivals.add(lambda: seen.append(1))
    await asyncio.sleep(0.15)
    assert seen == []

    others.give_back()
    await eventually(lambda: seen == [1])
    assert others.take(), "who has nobody to let in leaves the turn to others"


async def test_a_turn_that_never_ends_keeps_nobody_out_for_long(tmp_path: Path) -> None:
    frozen = MachineTurns(tmp_path, at_once=1)
    assert frozen.take()
    arrivals = Arrivals(turns=MachineTurns(tmp_path, at_once=1))
    seen: list[int] = []
    for number in range(50):
        arrivals.add(lambda number=number: seen.append(number))  # type: ignore[misc]

    await eventually(lambda: len(seen) == 50)


async def test_workers_in_a_rush_take_turns(tmp_path: Path) -> None:
    let_in: list[str] = []

    def let_one_in(worker: str) -> None:
        busy()
        let_in.append(worker)

    rush = [Arrivals(turns=MachineTurns(tmp_path, at_once=1)) for _ in range(2)]
    for arrivals, worker in zip(rush, "ab", strict=True):
        for _ in range(200):
            arrivals.add(partial(let_one_in, worker))
    await eventually(lambda: len(let_in) == 400)

    changes = sum(one != other for one, other in pairwise(let_in))
    assert 2 <= changes <= 100, f"{changes} changes of hands among 400; without turns about 200, without an end of them 1"


async def test_a_line_is_a_rush_and_a_moment_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("app.realtime.arrivals.monotonic", lambda: now)
    arrivals = Arrivals()
    for _ in range(7):
        arrivals.add(lambda: None)
    assert not arrivals.is_rush

    arrivals.add(lambda: None)
    assert arrivals.is_rush
    await asyncio.sleep(0.02)
    assert len(arrivals) == 0
    assert arrivals.is_rush
    now += 2.1
    assert not arrivals.is_rush


class Gate:
    """A door that keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def hold(self) -> None:
        self.told.append("hold")

    def release(self) -> None:
        self.told.append("release")


async def test_the_door_is_held_while_other_workers_have_their_turn(tmp_path: Path) -> None:
    others = MachineTurns(tmp_path, at_once=1)
    assert others.take()
    arrivals, door = Arrivals(turns=MachineTurns(tmp_path, at_once=1)), Gate()
    arrivals.use_door(door)
    seen: list[int] = []
    arrivals.add(lambda: seen.append(1))
    await eventually(lambda: len(door.told) >= 2)
    assert set(door.told) == {"hold"}

    others.give_back()
    await eventually(lambda: seen == [1])
    assert door.told[-1] == "release"


async def test_the_door_is_held_when_a_turn_is_over_and_people_still_wait(tmp_path: Path) -> None:
    arrivals, door = Arrivals(turns=MachineTurns(tmp_path, at_once=1)), Gate()
    arrivals.use_door(door)
    for _ in range(200):
        arrivals.add(busy)
    await eventually(lambda: "hold" in door.told)

    assert door.told[0] == "release"
    assert len(arrivals) > 0
    await eventually(lambda: len(arrivals) == 0)
    assert door.told[-1] == "release"
