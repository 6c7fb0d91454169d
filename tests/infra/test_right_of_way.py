"""Who gives way waits while an order is in hand, and never without bound."""

from __future__ import annotations

import asyncio

import pytest

from app.infra.clock import monotonic
from app.infra.right_of_way import RightOfWay
from app.realtime.arrivals import Arrivals


async def test_who_gives_way_goes_on_when_the_last_holder_is_done() -> None:
    way = RightOfWay()
    with way.held():
        with way.held():
            waiting = asyncio.ensure_future(way.give_way(5.0))
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        assert not waiting.done()

    await asyncio.wait_for(waiting, 0.5)


async def test_who_gives_way_does_not_starve() -> None:
    way, started = RightOfWay(), monotonic()
    with way.held():
        await way.give_way(0.05)

    assert 0.04 < monotonic() - started < 0.5


async def test_a_holder_that_fails_lets_the_others_go_on() -> None:
    way = RightOfWay()
    with pytest.raises(RuntimeError), way.held():
        raise RuntimeError("expected")

    assert not way.is_taken


async def test_arrivals_stand_back_while_an_order_is_in_hand() -> None:
    way = RightOfWay()
    arrivals, seen = Arrivals(way), []
    with way.held():
        arrivals.add(lambda: seen.append("in"))
        await asyncio.sleep(0.05)
        assert seen == []
    await asyncio.sleep(0.05)

    assert seen == ["in"]


async def test_arrivals_come_in_although_orders_never_pause() -> None:
    way = RightOfWay()
    arrivals, seen = Arrivals(way), []
    with way.held():
        for _ in range(3):
            arrivals.add(lambda: seen.append("in"))
        hello = asyncio.ensure_future(arrivals.turn())
        await asyncio.sleep(0.5)

    assert seen == ["in"] * 3
    assert hello.done()


async def test_a_hello_whose_viewer_has_left_keeps_nobody_out() -> None:
    arrivals, seen = Arrivals(), []
    leaving = asyncio.ensure_future(arrivals.turn())
    await asyncio.sleep(0)
    leaving.cancel()
    arrivals.add(lambda: seen.append("in"))
    await asyncio.sleep(0.05)

    assert seen == ["in"]
