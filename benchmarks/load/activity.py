"""What goes on in a room while its size is measured: people who comment, and people who order."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from app.infra.clock import monotonic
from app.infra.tasks import TaskOwner
from app.protocol.client_commands import Buyer, BuyerAddress, OrderContent, OrderLine
from app.rehearsal.client import CommandRefused, ConnectionLost, ConnectionRefused, RoomClient
from app.rehearsal.voices import buyer_for, comment_for
from benchmarks.load.service import RunningService

_RETURN_SECONDS = 1.0
_TALK_SECONDS = 3.0  # the service takes one comment per second from each
_BUY_SECONDS = 1.0
_TROUBLE = (ConnectionLost, ConnectionRefused, OSError, TimeoutError)
Act = Callable[[RoomClient], Awaitable[None]]


@dataclass(slots=True)
class Tally:
    """What was done. `order_keys` are those whose receipt has come; times in milliseconds."""

    comments: int = 0
    comment_ms: list[float] = field(default_factory=list)
    order_keys: list[UUID] = field(default_factory=list)
    order_ms: list[float] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)

    def forget_times(self) -> None:
        """From here on the times belong to a new part of the run; the keys stay."""
        self.comment_ms.clear()
        self.order_ms.clear()


class Activity:
    """`start` lets so many people comment about every three seconds and so many order about every second; `stop` ends it."""

    def __init__(self, service: RunningService, *, talkers: int, buyers: int) -> None:
        self._service = service
        self._talkers = talkers
        self._buyers = buyers
        self._tasks = TaskOwner("bench activity")
        self._rng = random.Random(1)  # noqa: S311 - imitates people
        self.tally = Tally()

    def start(self) -> None:
        for number in range(self._talkers):
            self._tasks.spawn("talker", self._keep_on(f"Khách {number}", self._talk, every_seconds=_TALK_SECONDS))
        for number in range(self._buyers):
            self._tasks.spawn("buyer", self._keep_on(f"Khách mua {number}", self._buy, every_seconds=_BUY_SECONDS))

    async def stop(self) -> None:
        await self._tasks.close()

    async def _keep_on(self, name: str, act: Act, *, every_seconds: float) -> None:
        """Do one thing again and again, coming back when the connection is lost."""
        await asyncio.sleep(self._rng.uniform(0, every_seconds))
        while True:
            client: RoomClient | None = None
            try:
                client = await self._service.join(name)
                while True:
                    await self._once(act, client)
                    await asyncio.sleep(every_seconds * self._rng.uniform(0.5, 1.5))
            except _TROUBLE as trouble:
                self.tally.troubles[type(trouble).__name__] += 1
                await asyncio.sleep(_RETURN_SECONDS)
            finally:
                if client is not None:
                    await client.drop()

    async def _once(self, act: Act, client: RoomClient) -> None:
        try:
            await act(client)
        except CommandRefused as refused:
            self.tally.refusals[refused.failed.code] += 1

    async def _talk(self, client: RoomClient) -> None:
        started = monotonic()
        await client.comment(comment_for("watch", self._rng))
        self.tally.comments += 1
        self.tally.comment_ms.append((monotonic() - started) * 1000)

    async def _buy(self, client: RoomClient) -> None:
        owner = buyer_for(self._rng)
        address = BuyerAddress(province_code=owner.province_code, ward_code=owner.ward_code, street=owner.street)
        line = OrderLine(offer_id=self._rng.choice(self._service.offer_ids), quantity=1)
        content = OrderContent(key=uuid4(), lines=(line,), buyer=Buyer(name=owner.name, phone=owner.phone, address=address))
        started = monotonic()
        placed = await client.place_order(content)
        self.tally.order_keys.append(placed.key)
        self.tally.order_ms.append((monotonic() - started) * 1000)
