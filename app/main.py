"""Wires everything, once: opens the stores, builds each service, mounts routes and sockets. The only module that knows every package."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from fastapi import FastAPI

from app.accounts import routes as account_routes
from app.accounts.origin import OriginGuard
from app.accounts.security_headers import SecurityHeaders
from app.accounts.service import AccountService
from app.catalog import routes as catalog_routes
from app.catalog.service import CatalogService
from app.infra import health
from app.infra.clock import monotonic
from app.infra.database import Database, open_database
from app.infra.job_lock import JobLock
from app.infra.memory import TRIM_SECONDS, give_back_memory
from app.infra.problem_handlers import add_problem_handlers
from app.infra.redis_client import RedisClients, open_redis
from app.infra.serving import ServingHooks, core_count, socket_capacity, worker_count
from app.infra.startup_checks import StartupError
from app.infra.tasks import TaskOwner, repeat
from app.infra.telemetry import configure_logging
from app.live import polling_routes
from app.live import routes as live_routes
from app.live import sockets as live_sockets
from app.live.commands import live_handlers
from app.live.comments import CommentArchive, CommentService
from app.live.jobs import LiveJobs
from app.live.loading import RoomLoader
from app.live.outside import OutsideCounts
from app.live.rooms import RoomDirectory
from app.live.service import SessionService
from app.metrics import routes as metrics_routes
from app.metrics.jobs import MetricsJobs
from app.metrics.service import MetricsService
from app.orders import desk_routes
from app.orders import routes as order_routes
from app.orders.commands import order_handlers
from app.orders.desk import OrderDesk
from app.orders.jobs import OrderJobs
from app.orders.offers import OfferService
from app.orders.projector import Projector
from app.orders.service import OrderService
from app.orders.surroundings import OrderSurroundings
from app.orders.waitlist import Waitlist
from app.realtime.address_limits import AddressLimits
from app.realtime.arrivals import Arrivals
from app.realtime.descriptors import can_detach_sockets
from app.realtime.detached import DetachedSockets
from app.realtime.doorway import Doorway, ViewerGate
from app.realtime.hub import Hub
from app.realtime.rate_limit import KeyedLimits
from app.realtime.room_log import RoomLog
from app.realtime.router import Router
from app.realtime.tickets import TicketSigner
from app.reports import closing_routes
from app.reports import routes as report_routes
from app.reports.closing import ClosingService
from app.reports.jobs import ReportJobs
from app.reports.service import ReportService
from app.reports.signing import Signer
from app.settings import Settings
from app.web import pages

log = structlog.get_logger(__name__)

PURGE_SECONDS = 3600.0

ROUTERS = (
    health.router,
    account_routes.router,
    catalog_routes.router,
    live_routes.router,
    polling_routes.router,
    live_sockets.router,
    order_routes.router,
    desk_routes.router,
    metrics_routes.router,
    report_routes.router,
    closing_routes.router,
    pages.router,
)


def create_app(settings: Settings) -> FastAPI:
    """The whole service as an ASGI application; stores are opened when it starts and closed when it stops."""
    configure_logging(form=settings.log_format, level=settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _open(app, settings, stack)
            yield

    app = FastAPI(
        title="ocop-live",
        summary="Livestream sales sessions of OCOP markets.",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    for router in ROUTERS:
        app.include_router(router)
    pages.mount_static(app)
    add_problem_handlers(app)
    app.state.serving = ServingHooks(
        http=partial(Doorway, find_gate=lambda: _gate_of(app)), drain=lambda: _let_go(app.state.rooms, settings)
    )
    app.add_middleware(OriginGuard, allowed=settings.allowed_origins)
    app.add_middleware(SecurityHeaders, https_only=settings.cookies_are_secure)
    return app


async def _open(app: FastAPI, settings: Settings, stack: AsyncExitStack) -> None:
    """Open stores and build services; what is pushed onto the stack runs backwards at the end:

    1. sockets are told to leave and closed, their counts flushed (`rooms`); 2. order queues are finished; 3. jobs stop;
    4. waiting comments are written; 5. Redis and 6. PostgreSQL close.
    """
    if settings.database_url is None or settings.redis_url is None or settings.secret_key is None:
        raise StartupError("A worker needs DATABASE_URL, REDIS_URL and OCOP_SECRET_KEY. `ocop run` sets them for its workers.")
    database = await stack.enter_async_context(open_database(settings.database_url.get_secret_value(), settings.database))
    redis = await stack.enter_async_context(open_redis(settings.redis_url.get_secret_value()))
    node = settings.node_name or f"{socket.gethostname()}-{os.getpid()}"
    lock = JobLock(redis, settings.redis_prefix, node)
    state = app.state
    state.settings, state.database, state.redis = settings, database, redis
    state.tickets = TicketSigner(settings.secret_key.get_secret_value())
    state.accounts = AccountService(database, redis, redis_prefix=settings.redis_prefix)
    state.catalog = CatalogService(database)
    state.metrics = MetricsService(database, redis, settings.redis_prefix, node_count_ttl_seconds=settings.realtime.node_count_ttl_seconds)
    room_log = RoomLog(redis, prefix=settings.redis_prefix, settings=settings.realtime)
    state.sessions = SessionService(database, catalog=state.catalog, room_log=room_log)
    _open_orders(app, settings, stack, database=database, lock=lock)
    _open_rooms(app, settings, stack, room_log=room_log, node=node)
    state.reports = ReportService(database, state.metrics)
    state.closing = ClosingService(database, Signer(settings.secret_key.get_secret_value()))
    for jobs in (MetricsJobs(state.metrics, lock), ReportJobs(state.reports, state.closing, lock)):
        jobs.start()
        stack.push_async_callback(jobs.close)
    housekeeping = TaskOwner("housekeeping")
    housekeeping.spawn("purge sign-ins", repeat("purge_sign_ins", PURGE_SECONDS, state.accounts.purge_expired))
    housekeeping.spawn("give back memory", repeat("give_back_memory", TRIM_SECONDS, give_back_memory))
    stack.push_async_callback(housekeeping.close)
    # last in, first out: sockets leave before anything they use is stopped
    stack.push_async_callback(_let_go, state.rooms, settings)


def _open_orders(app: FastAPI, settings: Settings, stack: AsyncExitStack, *, database: Database, lock: JobLock) -> None:
    state = app.state
    assert settings.secret_key is not None  # noqa: S101 - checked by the caller
    state.offers = OfferService(database, state.sessions)
    around = OrderSurroundings(
        database=database,
        sessions=state.sessions,
        offers=state.offers,
        waitlist=Waitlist(database, settings.orders),
        projector=Projector(database, state.metrics),
        settings=settings.orders,
    )
    state.http_orders = KeyedLimits(per_second=settings.realtime.commands_per_second, burst=settings.realtime.commands_burst, now=monotonic)
    state.orders = OrderService(around, secret=settings.secret_key.get_secret_value())
    state.desk = OrderDesk(around, state.orders)
    jobs = OrderJobs(database, offers=state.offers, desk=state.desk, projector=around.projector, lock=lock)
    around.projector.start()
    stack.push_async_callback(around.projector.close)
    jobs.start()
    stack.push_async_callback(jobs.close)
    stack.push_async_callback(state.orders.close)


def _open_rooms(app: FastAPI, settings: Settings, stack: AsyncExitStack, *, room_log: RoomLog, node: str) -> None:
    state = app.state
    redis: RedisClients = state.redis
    archive = CommentArchive(state.database)
    loader = RoomLoader(
        sessions=state.sessions, room_log=room_log, archive=archive, load_offers=state.offers.public_views, settings=settings.realtime
    )
    hub = Hub(settings.realtime, capacity=settings.realtime.max_viewers_per_worker or socket_capacity())
    state.rooms = RoomDirectory(
        room_log=room_log,
        hub=hub,
        metrics=state.metrics,
        loader=loader,
        settings=settings.realtime,
        node=node,
        core_share=min(1.0, core_count() / worker_count(settings.workers)),
    )
    live_jobs = LiveJobs(state.sessions, archive)
    handlers = live_handlers(
        rooms=state.rooms, comments=CommentService(room_log=room_log, archive=archive), outside=OutsideCounts(state.database, state.metrics)
    )
    state.router = Router(handlers | order_handlers(state.orders), settings=settings.realtime)
    state.stores = (state.database, redis)
    live_jobs.start()
    stack.push_async_callback(live_jobs.close)
    state.rooms.start()
    _open_gate(app, settings, stack, hub)


def _open_gate(app: FastAPI, settings: Settings, stack: AsyncExitStack, hub: Hub) -> None:
    """Choose how viewers' sockets are carried; detached ones are answered before ASGI (`app/realtime/doorway.py`)."""
    state = app.state
    carried = settings.realtime.sockets
    if carried == "auto":
        carried = "detached" if can_detach_sockets() else "portable"
    log.info("viewer_sockets", carried=carried, capacity=hub.capacity)
    realtime = settings.realtime
    state.addresses = AddressLimits(per_second=realtime.address_sockets_per_second, burst=realtime.address_sockets_burst)
    if carried == "portable":
        return
    sockets = DetachedSockets(settings.realtime, receive=state.router.receive, released=state.rooms.release)
    hub.use_detached(sockets)
    sockets.start()
    stack.push_async_callback(sockets.stop)
    opening = TaskOwner("gate")
    stack.push_async_callback(opening.close)
    state.gate = ViewerGate(
        settings=settings,
        tickets=state.tickets,
        hub=hub,
        rooms=state.rooms,
        sockets=sockets,
        addresses=state.addresses,
        arrivals=Arrivals(),
        tasks=opening,
    )


def _gate_of(app: FastAPI) -> ViewerGate | None:
    return getattr(app.state, "gate", None)


async def _let_go(rooms: RoomDirectory, settings: Settings) -> None:
    """Sockets first, once; what else uses the stores stops when the application does."""
    await rooms.drain(settings.drain_seconds)
    await rooms.stop()
