"""Rounds that are sent over some time."""

from __future__ import annotations

import asyncio
import time

from app.realtime.spread import Spread


async def seconds_until_parts_are_due(spread: Spread, *, parts: int = 5) -> list[float]:
    started = time.monotonic()
    moments = []
    for part in range(parts):
        await spread.wait_for_turn(part / parts)
        moments.append(time.monotonic() - started)
    return moments


async def test_parts_are_due_evenly() -> None:
    moments = await seconds_until_parts_are_due(Spread(0.5))

    assert all(moment >= part * 0.1 - 0.01 for part, moment in enumerate(moments))


async def test_who_is_in_a_hurry_ends_the_waiting() -> None:
    spread = Spread(60.0)
    asyncio.get_running_loop().call_later(0.05, spread.hurry)
    await spread.wait_for_turn(0.002)

    async with asyncio.timeout(5):
        await spread.wait_for_turn(0.9)


async def test_without_time_others_still_get_their_turn() -> None:
    turns: list[str] = []

    async def other() -> None:
        turns.append("other")

    task = asyncio.ensure_future(other())
    await Spread(0.0).wait_for_turn(0.0)

    assert turns == ["other"]
    await task
