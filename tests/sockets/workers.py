"""Worker processes of the whole service on one port, to be stopped and killed, and viewers that come back by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import psutil
from sqlalchemy import text
from typing_extensions import override

from app.infra.key_ring import KeyRing
from app.protocol.base import ResumePosition
from app.protocol.client_commands import OrderContent
from app.protocol.server_events import LoggedEvent, RoomSnapshot
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from app.rehearsal.client import CommandRefused, ConnectionLost, ConnectionRefused, RoomClient
from app.settings import PROJECT_ROOT, child_environment
from tests.endings import ended
from tests.live.market import SECRET, Market
from tests.patience import START_SECONDS, STOP_SECONDS

ADDRESS = {"province_code": 42, "ward_code": 18547, "street": "Thôn 3"}
Place: TypeAlias = tuple[str, int]


class Workers:
    """Each an `ocop worker` of its own with its own listening socket on the shared port."""

    def __init__(self, market: Market, *, port: int, logs: Path, **realtime: Any) -> None:
        self.port = port
        self._logs = logs
        settings = market.stores.settings
        assert settings.database_url is not None
        assert settings.redis_url is not None
        self._environment = child_environment(
            {
                "DATABASE_URL": settings.database_url.get_secret_value(),
                "REDIS_URL": settings.redis_url.get_secret_value(),
                "OCOP_SECRET_KEY": SECRET,
                "OCOP_REDIS_PREFIX": settings.redis_prefix,
                "OCOP_HOST": "127.0.0.1",
                "OCOP_PORT": str(port),
                "OCOP_DRAIN_SECONDS": "1.0",
                "OCOP_LOG_LEVEL": "warning",
                "OCOP_REALTIME__COMMANDS_PER_SECOND": "1000",
                "OCOP_REALTIME__COMMANDS_BURST": "1000",
                "OCOP_REALTIME__TICK_MIN_SECONDS": "0.1",
                **{f"OCOP_REALTIME__{name.upper()}": json.dumps(value) for name, value in realtime.items()},
            }
        )
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> int:
        """Start one more; returns its number."""
        number = len(self.processes)
        with (self._logs / f"worker-{number}.log").open("wb") as log:
            command = [sys.executable, "-m", "app.cli", "worker"]
            started = subprocess.Popen(command, env=self._environment, cwd=PROJECT_ROOT, stdout=log, stderr=subprocess.STDOUT)
        self.processes.append(started)
        return number

    async def are_listening(self, *numbers: int, within: float = START_SECONDS) -> None:
        async with asyncio.timeout(within):
            for number in numbers:
                while not self._listens(number):
                    assert self.processes[number].poll() is None, self.log(number)
                    await asyncio.sleep(0.05)

    async def are_gone(self, *numbers: int, within: float = STOP_SECONDS) -> None:
        async with asyncio.timeout(within):
            for number in numbers:
                while self.processes[number].poll() is None:  # noqa: ASYNC110 - it is another process
                    await asyncio.sleep(0.02)

    def send(self, number: int, what: signal.Signals) -> None:
        self.processes[number].send_signal(what)

    def log(self, number: int) -> str:
        return (self._logs / f"worker-{number}.log").read_text()

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
        for process in self.processes:
            process.wait()

    def _listens(self, number: int) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            opened = psutil.Process(self.processes[number].pid).net_connections(kind="tcp")
            return any(each.status == psutil.CONN_LISTEN and each.laddr.port == self.port for each in opened)
        return False


class LoggedClient(RoomClient):
    """Remembers the place of every event it was told, and of every snapshot."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Place] = []
        self.resets: list[Place] = []

    @override
    def _apply(self, events: tuple[LoggedEvent, ...]) -> None:
        position = self.position
        assert position is not None
        self.told += [(position.epoch, each.offset) for each in events if each.offset > position.offset]
        super()._apply(events)

    @override
    def _take_snapshot(self, snapshot: RoomSnapshot) -> None:
        super()._take_snapshot(snapshot)
        self.resets.append((snapshot.epoch, snapshot.offset))
        self.told.append((snapshot.epoch, snapshot.offset))

    def gaps_and_repeats(self) -> list[tuple[Place, Place]]:
        """Neighbours in what was told that do not follow on each other; a snapshot may follow on anything."""
        neighbours = zip(self.told, self.told[1:], strict=False)
        return [(one, two) for one, two in neighbours if (one[0], one[1] + 1) != two and two not in self.resets]


@dataclass
class Stayer:
    """A viewer whose page comes back by itself until it is let go."""

    url: str
    cookie: str
    client: LoggedClient = field(default_factory=LoggedClient)
    opened_at: list[float] = field(default_factory=list)
    closed_with: list[int] = field(default_factory=list)
    told_to_return_after: list[float] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)

    async def stays(self) -> None:
        while True:
            try:
                await self.client.open(self.url, {"Cookie": self.cookie})
                self.opened_at.append(time.monotonic())
                self.closed_with.append(await self.client.wait_closed(within=600))
            except (ConnectionRefused, ConnectionLost, OSError, TimeoutError) as error:
                self.refusals[str(error)[:60]] += 1
            told = self.client.return_after_seconds
            if told is not None:
                self.told_to_return_after.append(told)
            self.client.return_after_seconds = None
            await asyncio.sleep(random.uniform(0.3, 2.0) if told is None else told)  # noqa: S311 - as a page does


@dataclass
class Crowd:
    """Viewers of one room."""

    stayers: list[Stayer]

    async def is_complete(self, within: float = STOP_SECONDS) -> None:
        async with asyncio.timeout(within):
            while not all(each.client.is_open for each in self.stayers):  # noqa: ASYNC110 - many clients
                await asyncio.sleep(0.05)

    async def has_heard(self, place: ResumePosition, within: float = STOP_SECONDS) -> None:
        """Everyone has been told everything up to a place."""
        async with asyncio.timeout(within):
            while not all((at := each.client.position) is not None and at.offset >= place.offset for each in self.stayers):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def returned(self) -> list[Stayer]:
        return [each for each in self.stayers if len(each.opened_at) > 1]

    def most_returns_in_a_second(self) -> int:
        moments = sorted(at for each in self.stayers for at in each.opened_at[1:])
        return max((sum(start <= at < start + 1 for at in moments) for start in moments), default=0)


@asynccontextmanager
async def a_crowd(market: Market, port: int, count: int) -> AsyncIterator[Crowd]:
    url = f"ws://127.0.0.1:{port}/ws/sessions/{market.session_id}"
    signer = TicketSigner(KeyRing(SECRET))
    crowd = Crowd([Stayer(url, f"{TICKET_COOKIE}={signer.issue()[1]}") for _ in range(count)])
    staying = [asyncio.ensure_future(each.stays()) for each in crowd.stayers]
    try:
        await crowd.is_complete()
        yield crowd
    finally:
        await ended(staying)
        for each in crowd.stayers:
            await each.client.drop()


@dataclass
class Orders:
    """Buyers who order without end, and repeat with the same key whatever has no answer."""

    acknowledged: dict[UUID, int] = field(default_factory=dict)
    under_way: set[UUID] = field(default_factory=set)
    errors: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0.0

    async def buys(self, stayer: Stayer, offer_id: UUID, *, phone: str) -> None:
        buyer = {"name": "Nguyễn Thị Lan", "phone": phone, "address": ADDRESS}
        while True:
            content = OrderContent.model_validate({"key": uuid4(), "lines": [{"offer_id": offer_id, "quantity": 1}], "buyer": buyer})
            started = time.monotonic()
            self.under_way.add(content.key)
            while content.key not in self.acknowledged:
                try:
                    placed = await stayer.client.place_order(content)
                    self.acknowledged[content.key] = placed.number
                    self.under_way.remove(content.key)
                except CommandRefused as refused:
                    self.errors[refused.failed.code] += 1
                    if not refused.failed.retryable:
                        raise
                    await asyncio.sleep(0.1)
                except (ConnectionLost, TimeoutError):
                    await asyncio.sleep(0.1)
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started)
            await asyncio.sleep(0.05)

    async def are_all_kept(self, market: Market) -> None:
        """Every order acknowledged by now is in the ledger, once, under its number."""
        acknowledged = dict(self.acknowledged)
        async with market.stores.database.transactions() as db:
            found = text("SELECT client_key AS key, seq AS number FROM orders WHERE session_id = :session")
            rows = {row.key: row.number for row in await db.execute(found, {"session": market.session_id})}
        assert {key: rows.get(key) for key in acknowledged} == acknowledged
        assert len(set(rows.values())) == len(rows)


@asynccontextmanager
async def ordering(crowd: Crowd, offer_id: UUID, buyers: int) -> AsyncIterator[Orders]:
    orders = Orders()
    tasks = [
        asyncio.ensure_future(orders.buys(each, offer_id, phone=f"09123456{number:02}"))
        for number, each in enumerate(crowd.stayers[:buyers])
    ]
    try:
        yield orders
    finally:
        assert [each for each in await ended(tasks) if not isinstance(each, asyncio.CancelledError)] == []


@asynccontextmanager
async def chatting(market: Market) -> AsyncIterator[list[int]]:
    """Events for the whole room, some twenty a second; the list grows by one with each."""
    told: list[int] = []

    async def chat() -> None:
        while True:
            pinned = str(market.product_ids[len(told) % 2])
            await market.announces({"type": "product.pinned", "product_id": pinned})
            told.append(len(told))
            await asyncio.sleep(0.05)

    task = asyncio.ensure_future(chat())
    try:
        yield told
    finally:
        assert [each for each in await ended([task]) if not isinstance(each, asyncio.CancelledError)] == []


@asynccontextmanager
async def running_workers(market: Market, count: int, *, port: int, logs: Path, **realtime: Any) -> AsyncIterator[Workers]:
    workers = Workers(market, port=port, logs=logs, **realtime)
    try:
        await workers.are_listening(*[workers.start() for _ in range(count)])
        yield workers
    finally:
        workers.end()
