"""The real service for a measurement: embedded PostgreSQL and Redis, workers by `ocop worker`, a live session with open offers."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx2
from pydantic import SecretStr
from sqlalchemy import text

from app.accounts.service import AccountService
from app.catalog.service import CatalogService
from app.infra.database import Database, open_database
from app.infra.key_ring import KeyRing
from app.infra.migrations import upgrade_to_newest
from app.infra.redis_client import RedisClients, open_redis
from app.infra.startup import StartupError
from app.infra.telemetry import counters_folder
from app.local_servers.child_process import ChildProcess, last_lines, spawn
from app.local_servers.crowded_node import turns_folder_of, writer_socket_of
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis
from app.local_servers.server_account import place_data_folder
from app.local_servers.startup_checks import DataFolderLock
from app.orders.offers import OfferService
from app.orders.schemas import NewOffer
from app.protocol.base import PROTOCOL_VERSION
from app.protocol.client_commands import ViewerHello
from app.protocol.server_events import ProductPinned
from app.realtime.room_log import RoomLog
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from app.rehearsal.client import RoomClient
from app.rehearsal.seed import seed_demo_market
from app.sessions.lookup import SessionLookup
from app.sessions.telling import RoomTeller
from app.settings import PROJECT_ROOT, DatabaseSettings, RealtimeSettings, Settings, child_environment, load_settings
from benchmarks.load.build import BENCH_FOLDER
from benchmarks.load.machine import cores, file_limit, on_cores
from benchmarks.load.viewers import Target

_READY_SECONDS = 60.0
_START_SECONDS = 15.0
_STOP_SECONDS = 10.0
_METRICS_SECONDS = 60.0
_ROUND_SECONDS = 60.0
_HELLO_SECONDS = 300.0
_OFFERS = 3
_OFFER_UNITS = 1_000_000
_OFFER_SECONDS = 6 * 3600
_FEW_WORKERS = 4
_FILES_PLANNED = 0.87
_LISTEN_STATE = "0A"


@dataclass(frozen=True, slots=True)
class Plan:
    """How the service is to run. No cores = wherever the kernel likes."""

    port: int
    workers: int
    worker_cores: tuple[int, ...] = ()
    store_cores: tuple[int, ...] = ()
    worker_settings: Mapping[str, str] = field(default_factory=dict)
    with_writer: bool = True
    with_turns: bool = True


class RunningService:
    """A service with one live session and open offers. Made by `running_service`."""

    def __init__(self, plan: Plan, settings: Settings, workers: Sequence[ChildProcess], *, market: Market) -> None:
        self._plan = plan
        self.settings = settings
        self._signer = TicketSigner(KeyRing(_revealed(settings.secret_key)))
        self._workers = workers
        self._market = market
        self.session_id = market.session_id
        self.offer_ids = market.offer_ids
        self.socket_url = f"ws://127.0.0.1:{plan.port}/ws/sessions/{self.session_id}"

    @property
    def pids(self) -> list[int]:
        return [worker.pid for worker in self._workers]

    @property
    def workers_running(self) -> int:
        return sum(worker.is_running for worker in self._workers)

    def target(self, count: int) -> Target:
        """How `count` viewers reach the session, each with a ticket of its own."""
        return Target(
            port=self._plan.port,
            path=f"/ws/sessions/{self.session_id}",
            hello=ViewerHello(id="h", version=PROTOCOL_VERSION).model_dump_json(exclude_none=True),
            tickets=[self._signer.issue()[1] for _ in range(count)],
            marker='"server_time_ms":',
            stamp_unit="ms",
            tick_prefix='{"type":"room.tick"',
        )

    async def counter(self, name: str) -> int:
        """A counter of `/metrics` with its labels, all workers together; 0 when it never counted."""
        async with httpx2.AsyncClient(timeout=_METRICS_SECONDS, verify=False) as client:
            text_of_all = (await client.get(f"http://127.0.0.1:{self._plan.port}/metrics")).text
        return sum(int(float(line.rpartition(" ")[2])) for line in text_of_all.splitlines() if line.startswith(f"{name} "))

    async def join(self, name: str) -> RoomClient:
        """One more viewer, played by this process."""
        client = RoomClient(name=name)
        _, ticket = self._signer.issue()
        await client.open(self.socket_url, {"Cookie": f"{TICKET_COOKIE}={ticket}"})
        return client

    async def committed_order_keys(self) -> set[UUID]:
        """The clients' keys of all orders that PostgreSQL holds."""
        found = text("SELECT client_key FROM orders WHERE session_id = :session_id")
        async with self._market.database.transactions() as db:
            return set((await db.execute(found, {"session_id": self.session_id})).scalars())

    async def change_pin(self, watcher: RoomClient) -> None:
        """One round: an event in the room's log, which every worker reads and tells at once. Returns when `watcher` has been told."""
        first, second = self._market.product_ids[:2]
        following = second if watcher.pinned_product_id == first else first
        await self._market.room_log.append(self.session_id, ProductPinned(product_id=following))
        await watcher.wait_until(lambda client: client.pinned_product_id == following, within=_ROUND_SECONDS)


@dataclass(frozen=True, slots=True)
class Market:
    """The session that is live, with what the measurement needs of it."""

    session_id: UUID
    product_ids: tuple[UUID, ...]
    offer_ids: tuple[UUID, ...]
    room_log: RoomLog
    database: Database


def viewers_per_worker() -> int:
    """How many viewers to plan for one worker: the kernel spreads connections over workers unevenly, so not up to the file limit."""
    return int(file_limit() * _FILES_PLANNED)


@asynccontextmanager
async def running_service(plan: Plan) -> AsyncIterator[RunningService]:
    """Start everything in a fresh folder and stop it again. Raises `StartupError`."""
    with _stores(plan) as settings, contextlib.ExitStack() as stack:
        await asyncio.to_thread(upgrade_to_newest, _revealed(settings.database_url))
        async with (
            open_database(_revealed(settings.database_url), settings.database) as database,
            open_redis(_revealed(settings.redis_url)) as redis,
        ):
            market = await _open_market(database, redis, settings)
            workers = _start_workers(plan, settings, stack)
            await _wait_until_ready(plan, workers, settings)
            yield RunningService(plan, settings, workers, market=market)


@contextlib.contextmanager
def _stores(plan: Plan) -> Iterator[Settings]:
    folder = place_data_folder(BENCH_FOLDER / "service", is_default=True, project_root=BENCH_FOLDER)
    with DataFolderLock(folder, address="(a benchmark)"):
        _empty(folder)
        settings = _settings(plan, folder)
        postgres = EmbeddedPostgres(folder, max_connections=plan.workers * (2 * settings.database.pool_size + 4) + 60)
        redis = EmbeddedRedis(folder)
        try:
            with on_cores(plan.store_cores or cores()):
                postgres.start()
                redis.start()
            yield settings.model_copy(update={"database_url": SecretStr(postgres.url), "redis_url": SecretStr(redis.url)})
        finally:
            redis.stop()
            postgres.stop()
            _empty(folder)


def _settings(plan: Plan, folder: Path) -> Settings:
    return load_settings(
        host="127.0.0.1",
        port=plan.port,
        data_dir=folder,
        secret_key=SecretStr(secrets.token_urlsafe(32)),
        log_level="warning",
        drain_seconds=0.2,
        database_url=None,
        redis_url=None,
        # Hellos are held back while handshakes are counted.
        realtime=RealtimeSettings(hello_timeout_seconds=_HELLO_SECONDS),
        database=DatabaseSettings(pool_size=5 if plan.workers <= _FEW_WORKERS else 2),
    )


async def _open_market(database: Database, redis: RedisClients, settings: Settings) -> Market:
    """The demo market, with an open offer of plenty for each of its first products."""
    seeded = await seed_demo_market(database, settings, redis=redis)
    accounts = AccountService(database, redis, redis_prefix=settings.redis_prefix)
    organiser = await accounts.find_user(seeded.organiser_login)
    assert organiser is not None  # noqa: S101 - seeded a moment ago
    room_log = RoomLog(redis, prefix=settings.redis_prefix, settings=settings.realtime)
    catalog = CatalogService(database)
    sessions = SessionLookup(database, catalog=catalog)
    teller = RoomTeller(database, room_log=room_log)
    offers = OfferService(database, sessions=sessions, teller=teller)
    products = (await sessions.facts(seeded.session_id)).products[:_OFFERS]
    made = []
    for product in products:
        new = NewOffer(
            product_id=product.id,
            flash_price_vnd=product.price_vnd,
            total_quantity=_OFFER_UNITS,
            per_viewer_limit=1_000,
            duration_seconds=_OFFER_SECONDS,
            open_now=True,
        )
        made.append((await offers.create(organiser, seeded.session_id, new)).id)
    return Market(seeded.session_id, tuple(product.id for product in products), tuple(made), room_log, database)


def _start_workers(plan: Plan, settings: Settings, stack: contextlib.ExitStack) -> list[ChildProcess]:
    environment = child_environment(
        {
            "DATABASE_URL": _revealed(settings.database_url),
            "REDIS_URL": _revealed(settings.redis_url),
            "OCOP_SECRET_KEY": _revealed(settings.secret_key),
            "OCOP_DATA_DIR": str(settings.data_dir),
            "OCOP_HOST": settings.host,
            "OCOP_PORT": str(settings.port),
            "OCOP_LOG_LEVEL": settings.log_level,
            "OCOP_DRAIN_SECONDS": str(settings.drain_seconds),
            "OCOP_REALTIME__HELLO_TIMEOUT_SECONDS": str(settings.realtime.hello_timeout_seconds),
            "OCOP_DATABASE__POOL_SIZE": str(settings.database.pool_size),
            "OCOP_WORKERS": str(plan.workers),
            "OCOP_REALTIME__TURNS_FOLDER": turns_folder_of(settings, plan.workers) if plan.with_turns else "",
            "PROMETHEUS_MULTIPROC_DIR": counters_folder(settings.data_dir),
        }
        | dict(plan.worker_settings)
    )
    command = [sys.executable, "-m", "app.cli", "worker"]
    workers: list[ChildProcess] = []
    stack.callback(_stop, workers)
    if plan.with_writer and (socket := writer_socket_of(settings, plan.workers)):
        # as `ocop run` does
        environment["OCOP_ORDERS__WRITER_SOCKET"] = socket
        own = [sys.executable, "-m", "app.cli", "order-writer"]
        writer = spawn("order writer", own, env=environment, cwd=PROJECT_ROOT, log_file=_worker_log(settings))
        stack.callback(_stop, [writer])
    with on_cores(plan.worker_cores or cores()):
        workers += [
            spawn(f"worker {number}", command, env=environment, cwd=PROJECT_ROOT, log_file=_worker_log(settings))
            for number in range(plan.workers)
        ]
    return workers


def _stop(workers: Sequence[ChildProcess]) -> None:
    for worker in workers:
        worker.send(signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    for worker in workers:
        if not worker.wait(max(0.0, deadline - time.monotonic())):
            worker.kill()


async def _wait_until_ready(plan: Plan, workers: Sequence[ChildProcess], settings: Settings) -> None:
    deadline = time.monotonic() + _READY_SECONDS + plan.workers * _START_SECONDS
    while _listeners(plan.port) < plan.workers:
        if not all(worker.is_running for worker in workers) or time.monotonic() > deadline:
            raise StartupError(f"The service did not start: {last_lines(_worker_log(settings), 8)}")
        await asyncio.sleep(0.2)


def _listeners(port: int) -> int:
    """Sockets that listen on the port: each worker has one, and only once its application is ready."""
    waiting = f":{port:04X}"
    fields = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(entry[1].endswith(waiting) and entry[3] == _LISTEN_STATE for entry in fields)


def _worker_log(settings: Settings) -> Path:
    return settings.data_dir / "logs" / "workers.log"


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != "lock":
            entry.unlink(missing_ok=True)


def _revealed(secret: SecretStr | None) -> str:
    assert secret is not None  # noqa: S101 - filled in by `_stores`
    return secret.get_secret_value()
