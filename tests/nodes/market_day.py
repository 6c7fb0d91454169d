"""People at a market whose nodes change under them: buyers that ask again with the same key, viewers that come back, a host that pins."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx2

from app.infra.key_ring import KeyRing
from app.infra.tasks import TaskOwner
from app.protocol.server_events import ProductPinned, RoomEvent
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from app.rehearsal.client import ConnectionLost, ConnectionRefused, RoomClient
from tests.nodes.deployment import SECRET, Deployment
from tests.races.checkers import Acknowledged

BUYERS, VIEWERS = 12, 60
_ANSWER_SECONDS = 15.0
# From the first asking of an order to its receipt; a stop and the failing of a check lie between at most.
LONGEST_WAIT_SECONDS = 20.0
# Answers that say: ask again.
_AGAIN = {502, 503, 504, 429}


@dataclass
class MarketDay:
    """What everybody was told. `refused` are answers that a key-retry does not explain; `returns` are moments at which
    viewers asked to be let in again."""

    deployment: Deployment
    session_id: UUID
    product_ids: list[str]
    offer_id: str
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    asked_again: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)
    viewers: list[Watcher] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def orders_more(self, count: int) -> None:
        """Return once so many more orders have their receipt."""
        wanted = len(self.acknowledged) + count
        async with asyncio.timeout(90):
            while len(self.acknowledged) < wanted:
                assert self.refused == []
                await asyncio.sleep(0.05)

    def most_returns_within(self, seconds: float) -> int:
        """The most viewers that came back within any span of so many seconds."""
        moments = sorted(self.returns)
        return max((sum(moment <= other < moment + seconds for other in moments) for moment in moments), default=0)


@dataclass
class Watcher:
    """A viewer; `pinned` are the products that it saw pinned, in order."""

    client: RoomClient
    pinned: list[str] = field(default_factory=list)

    def hears(self, event: RoomEvent) -> None:
        if isinstance(event, ProductPinned):
            self.pinned.append(str(event.product_id))


class Staff:
    """The organiser over HTTP; asks again while a node changes."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        async with asyncio.timeout(60):
            while True:
                try:
                    answer = await self._http.request(method, path, json=body)
                except httpx2.HTTPError:
                    await asyncio.sleep(0.2)
                    continue
                if answer.status_code not in _AGAIN:
                    assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
                    return answer.json() if answer.text else None
                await asyncio.sleep(0.2)


@asynccontextmanager
async def market_day(deployment: Deployment) -> AsyncIterator[MarketDay]:
    """A live session with an offer for everybody; buyers, viewers and the host are at it until the end of the block."""
    tasks = TaskOwner("market_day")
    async with httpx2.AsyncClient(base_url=deployment.address, timeout=_ANSWER_SECONDS, trust_env=False) as http:
        staff = Staff(http)
        account = deployment.accounts().organiser
        await staff.call("POST", "/api/v1/login", {"login": account.login, "password": account.password})
        day = await _opened(deployment, staff)
        try:
            for number in range(BUYERS):
                tasks.spawn(f"buyer-{number}", _buy(day, number))
            for number in range(VIEWERS):
                tasks.spawn(f"viewer-{number}", _watch(day))
            async with asyncio.timeout(60):
                while sum(watcher.client.position is not None for watcher in day.viewers) < VIEWERS:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            tasks.spawn("host", _pin(day, staff))
            yield day
            day.stopping.set()
            await asyncio.sleep(3)
        finally:
            day.stopping.set()
            await tasks.close()
            for watcher in day.viewers:
                await watcher.client.drop()


async def _opened(deployment: Deployment, staff: Staff) -> MarketDay:
    products = [product["id"] for product in (await staff.call("GET", "/api/v1/products"))["items"]][:2]
    session_id = (await staff.call("POST", "/api/v1/sessions", {"title": "Chợ phiên khi máy chủ thay nhau"}))["id"]
    of_session = f"/api/v1/sessions/{session_id}"
    await staff.call("PUT", f"{of_session}/products", {"product_ids": products})
    await staff.call("POST", f"{of_session}/transitions", {"to": "live"})
    wanted = {"product_id": products[0], "flash_price_vnd": 40_000, "total_quantity": 50_000, "per_viewer_limit": 1}
    offer = await staff.call("POST", f"{of_session}/offers", {**wanted, "duration_seconds": 3_600, "open_now": True})
    return MarketDay(deployment, UUID(session_id), products, offer["id"])


async def _buy(day: MarketDay, number: int) -> None:
    """One order after the other, each as somebody else, each asked with its key until it is answered."""
    async with httpx2.AsyncClient(base_url=day.deployment.address, timeout=_ANSWER_SECONDS, trust_env=False) as http:
        for count in itertools.count():
            if day.stopping.is_set():
                return
            device, ticket = TicketSigner(KeyRing(SECRET)).issue()
            address = {"province_code": 42, "ward_code": 18133, "street": "12 đường Ví Dụ"}
            buyer = {"name": "Nguyễn Thị Lan", "phone": f"09{number:03}{count:05}", "address": address}
            key = uuid4()
            lines = [{"offer_id": day.offer_id, "quantity": 1}]
            began = time.monotonic()
            receipt = await _until_answered(
                day, http, {"key": str(key), "lines": lines, "buyer": buyer, "payment": "cod"}, {TICKET_COOKIE: ticket}
            )
            if receipt is None:
                return
            day.waits.append(time.monotonic() - began)
            day.acknowledged.append(Acknowledged(device, key, UUID(receipt["order_id"]), receipt["number"], receipt["total_vnd"]))
            await asyncio.sleep(0.05)


async def _until_answered(
    day: MarketDay, http: httpx2.AsyncClient, order: dict[str, Any], cookies: dict[str, str]
) -> dict[str, Any] | None:
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    while True:
        try:
            answer = await http.post(f"/api/v1/sessions/{day.session_id}/orders", json=order, headers=headers)
        except httpx2.HTTPError as error:
            day.asked_again[type(error).__name__] += 1
        else:
            if answer.is_success:
                receipt: dict[str, Any] = answer.json()
                return receipt
            if answer.status_code not in _AGAIN:
                day.refused.append(f"{answer.status_code} {answer.text}")
                return None
            day.asked_again[str(answer.status_code)] += 1
        await asyncio.sleep(0.2)


async def _watch(day: MarketDay) -> None:
    """Watch, and come back as a page does: when it was told to, and at a random moment."""
    watcher = Watcher(RoomClient())
    watcher.client.on_event = watcher.hears
    day.viewers.append(watcher)
    _, ticket = TicketSigner(KeyRing(SECRET)).issue()
    url = f"ws://127.0.0.1:{day.deployment.port}/ws/sessions/{day.session_id}"
    for count in itertools.count():
        if count:
            day.returns.append(time.monotonic())
        try:
            await watcher.client.open(url, {"Cookie": f"{TICKET_COOKIE}={ticket}"})
            await watcher.client.wait_closed(within=3_600)
        except (ConnectionLost, ConnectionRefused, OSError, TimeoutError) as error:
            day.asked_again[f"socket {type(error).__name__}"] += 1
        await asyncio.sleep((watcher.client.return_after_seconds or 0.0) + random.uniform(0.2, 1.0))  # noqa: S311 - imitates people


async def _pin(day: MarketDay, staff: Staff) -> None:
    """The two products by turns, so that what is asked twice pins once."""
    for product_id in itertools.cycle(reversed(day.product_ids)):
        if day.stopping.is_set():
            return
        await staff.call("POST", f"/api/v1/sessions/{day.session_id}/pin", {"product_id": product_id})
        day.pins.append(product_id)
        await asyncio.sleep(0.5)
