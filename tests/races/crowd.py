"""Buyers who order at a steady pace over HTTP and over sockets, and the judge who says whether they felt something."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from app.infra.clock import monotonic
from tests.buyers import BUYER, an_order, path_of
from tests.live.market import Market, Viewer

# A command that waits for nothing but PostgreSQL is not slower for what else stands still.
P99_SLOWER_AT_MOST_SECONDS = 0.05


@dataclass(slots=True)
class Orders:
    """What orders got, and after how long."""

    codes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    placed: list[dict[str, Any]] = field(default_factory=list)

    async def take(self, order: dict[str, Any], asked: Awaitable[dict[str, Any]]) -> None:
        started = monotonic()
        answer = await asked
        self.codes[answer.get("code") or "placed"] += 1
        self.seconds.append(monotonic() - started)
        if "order_id" in answer:
            self.placed.append({"key": order["key"], "order_id": answer["order_id"]})

    @property
    def p99(self) -> float:
        """Seconds within which 99 of 100 were answered."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]


def not_placed(orders: Orders) -> list[str]:
    """The judge's first question: was every order placed?"""
    return [f"{number} orders were answered {code}" for code, number in orders.codes.items() if code != "placed"]


def slower(normal: Orders, beside: Orders) -> list[str]:
    """The second: were they as quick as those of the phase before?"""
    if beside.p99 <= normal.p99 + P99_SLOWER_AT_MOST_SECONDS:
        return []
    return [f"p99 {beside.p99 * 1000:.0f} ms instead of {normal.p99 * 1000:.0f} ms"]


async def _by_http(market: Market, viewer: httpx2.AsyncClient, order: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = (await viewer.post(path_of(market, "orders"), json=order, timeout=20)).json()
    return answer


async def _by_socket(viewer: Viewer, order: dict[str, Any]) -> dict[str, Any]:
    command_id = await viewer.send("order.place", **order)
    return await viewer.sees(lambda frame: frame.get("id") == command_id, within=20)


class Crowd:
    """Buyers who order by turns, each order with a phone of its own."""

    def __init__(
        self,
        market: Market,
        offer: dict[str, Any],
        browsers: list[httpx2.AsyncClient],
        sockets: Iterable[Viewer],
        *,
        orders_per_second: int,
    ) -> None:
        self._market = market
        self._offer = offer
        self._browsers = browsers
        self._sockets = deque(sockets)
        self._orders_per_second = orders_per_second
        self._ordered = 0

    async def order(self, seconds: float) -> Orders:
        taken = Orders()
        async with asyncio.TaskGroup() as group:
            for _ in range(int(seconds * self._orders_per_second)):
                _ = group.create_task(self._one(taken))
                await asyncio.sleep(1 / self._orders_per_second)
        return taken

    async def _one(self, taken: Orders) -> None:
        self._ordered += 1
        order = an_order(self._offer, buyer=BUYER | {"phone": f"0912{self._ordered:06d}"})
        if self._ordered % 2 and self._sockets:
            # One at a time on each socket, each in its turn: who reads its answers reads all of them.
            viewer = self._sockets.popleft()
            await taken.take(order, _by_socket(viewer, order))
            self._sockets.append(viewer)
        else:
            browser = self._browsers[self._ordered % len(self._browsers)]
            await taken.take(order, _by_http(self._market, browser, order))
