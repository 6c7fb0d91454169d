"""A rush at the door is let in a few at a time."""

from __future__ import annotations

import asyncio
import time

from app.realtime.arrivals import Arrivals

BUSY_SECONDS = 0.002


def busy() -> None:
    until = time.thread_time() + BUSY_SECONDS
    while time.thread_time() < until:
        pass


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
