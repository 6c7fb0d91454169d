"""The ASGI application: its routes, its middlewares, and the services that `app/wiring.py` opens for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.types import Scope

from app.accounts import invitation_routes, own_routes, people_routes
from app.accounts import routes as account_routes
from app.accounts.access import tell_refusals
from app.accounts.origin_guard import OriginGuard
from app.accounts.security_headers import SecurityHeaders
from app.carriers import account_routes as carrier_account_routes
from app.carriers import hand_over_routes
from app.carriers import report_routes as carrier_report_routes
from app.carriers import routes as carrier_routes
from app.catalog import gate_routes, login_routes, papers_routes, picture_routes, sheet_routes
from app.catalog import routes as catalog_routes
from app.comment_orders import routes as claim_routes
from app.comment_orders import source_routes
from app.desk import routes as desk_routes
from app.desk import socket as desk_socket
from app.exports import programme_routes as programme_export_routes
from app.exports import publishing_routes
from app.exports import routes as export_routes
from app.fulfilment import (
    bank_account_routes,
    bank_feed_routes,
    buyer_routes,
    change_routes,
    complaint_routes,
    money_file_routes,
    money_work_routes,
    payment_way_routes,
)
from app.fulfilment import routes as fulfilment_routes
from app.infra import health
from app.infra.body_limits import BodyLimits
from app.infra.bounded_requests import BoundedRequests
from app.infra.problem_handlers import add_problem_handlers
from app.infra.provided import provide, provided_by
from app.infra.request_trace import RequestTrace
from app.infra.serving import ServingHooks, hand_over
from app.infra.slow_clients import SlowHeads
from app.infra.tasks import TaskOwner
from app.infra.telemetry import configure_logging
from app.infra.tracing import tracing
from app.live import history, moderation_routes, polling_routes, warning_routes
from app.live import routes as live_routes
from app.live import sockets as live_sockets
from app.live.rooms import let_go
from app.metrics import routes as metrics_routes
from app.orders import preparing_routes, shelf_routes
from app.orders import routes as order_routes
from app.parcels import print_routes as parcel_print_routes
from app.parcels import routes as parcel_routes
from app.programmes import league_routes
from app.programmes import routes as programme_routes
from app.questions import routes as question_routes
from app.realtime.doorway import Doorway, ViewerGate
from app.reports import closing_routes, imported_routes, inside_routes, job_routes
from app.reports import routes as report_routes
from app.sessions import booth_routes, moments, product_sheet, recording, rules_routes, shipping_routes
from app.sessions import routes as session_routes
from app.settings import Settings
from app.settlement import file_routes as settlement_file_routes
from app.settlement import routes as settlement_routes
from app.web import (
    booth_pages,
    buyer_pages,
    calendar,
    carriers_pages,
    comment_order_pages,
    complaint_pages,
    goods_pages,
    pages,
    parcels_pages,
    payments_pages,
    people_pages,
    programme_pages,
    public_report_pages,
    rules_pages,
    settlement_pages,
    share_pictures,
    strangers,
    word_files,
)
from app.wiring import Services, open_services

ROUTERS = (
    health.router,
    # What is asked for most comes first: a router is found by asking one after the other.
    polling_routes.router,
    order_routes.router,
    desk_routes.router,
    fulfilment_routes.router,
    account_routes.router,
    own_routes.router,
    people_routes.router,
    invitation_routes.router,
    catalog_routes.router,
    picture_routes.router,
    login_routes.router,
    gate_routes.router,
    papers_routes.router,
    sheet_routes.router,
    session_routes.router,
    booth_routes.router,
    moments.router,
    recording.router,
    product_sheet.router,
    shipping_routes.router,
    rules_routes.router,
    live_routes.router,
    history.router,
    moderation_routes.router,
    warning_routes.router,
    live_sockets.router,
    question_routes.router,
    preparing_routes.router,
    shelf_routes.router,
    claim_routes.router,
    source_routes.router,
    change_routes.router,
    buyer_routes.router,
    bank_account_routes.router,
    payment_way_routes.router,
    complaint_routes.router,
    bank_feed_routes.router,
    money_file_routes.router,
    money_work_routes.router,
    desk_socket.router,
    parcel_print_routes.router,
    parcel_routes.router,
    carrier_routes.router,
    carrier_report_routes.router,
    carrier_account_routes.router,
    hand_over_routes.router,
    settlement_routes.router,
    settlement_file_routes.router,
    metrics_routes.router,
    report_routes.router,
    inside_routes.router,
    imported_routes.router,
    closing_routes.router,
    job_routes.router,
    export_routes.router,
    programme_export_routes.router,
    publishing_routes.router,
    programme_routes.router,
    league_routes.router,
    programme_pages.router,
    goods_pages.router,
    people_pages.router,
    public_report_pages.router,
    payments_pages.router,
    carriers_pages.router,
    comment_order_pages.router,
    parcels_pages.router,
    settlement_pages.router,
    complaint_pages.router,
    pages.router,
    booth_pages.router,
    calendar.router,
    rules_pages.router,
    share_pictures.router,
    buyer_pages.router,
    word_files.router,
    strangers.router,
)

# Included once: FastAPI builds what a route needs for each router it was included in, and that takes some 80 ms for all of ours.
_EVERYTHING = APIRouter()
for _router in ROUTERS:
    tell_refusals(_router)
    _EVERYTHING.include_router(_router)

# A late request may be about to commit; longer nobody waits for it.
_LATE_WORK_SECONDS = 2.0


def _build_routes(app: FastAPI) -> None:
    """FastAPI builds what its routes need when one is first asked for; while it does no order would be placed."""
    nowhere: Scope = {"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": []}
    for route in app.routes:
        route.matches(nowhere)


def create_app(settings: Settings) -> FastAPI:
    """The whole service as an ASGI application; stores are opened when it starts and closed when it stops."""
    configure_logging(form=settings.log_format, level=settings.log_level)
    opened: list[Services] = []
    requests = TaskOwner("requests")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(tracing(settings, "worker"))
            services = await open_services(settings, stack)
            provide(app, *services.all())
            _build_routes(app)
            opened.append(services)
            try:
                yield
            finally:
                # What was answered as late is still at work on the stores, which close next.
                await requests.finish(_LATE_WORK_SECONDS)

    def find_gate() -> ViewerGate | None:
        return opened[-1].gate if opened else None

    app = FastAPI(
        title="ocop-live",
        summary="Livestream sales sessions of OCOP markets.",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        routes=_EVERYTHING.routes,
        # Its own would send paths, and with them what opens an order's page, and join traces of strangers; ours is `app/infra/tracing.py`.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    pages.mount_static(app)
    add_problem_handlers(app)
    strangers.add_pages_for_strangers(app)
    heads = SlowHeads(per_address=settings.http.heads_per_address, proxies=settings.trusted_proxies)
    doorway = Doorway(find_gate=find_gate)
    hand_over(
        app,
        ServingHooks(
            meet=doorway.meet,
            heads=heads,
            opened=doorway.opened,
            drain=lambda: let_go(services_of(app).rooms, settings),
        ),
    )
    app.add_middleware(OriginGuard, allowed=settings.allowed_origins)
    app.add_middleware(
        BoundedRequests,
        tasks=requests,
        allowed_hosts=settings.allowed_hosts,
        limits=BodyLimits(ROUTERS),
        deadline_seconds=settings.request_deadline_seconds,
        settings=settings.http,
    )
    app.add_middleware(SecurityHeaders, https_only=settings.cookies_are_secure)
    app.add_middleware(RequestTrace)
    return app


def services_of(app: FastAPI) -> Services:
    """The services of an application that has started."""
    return provided_by(app, Services)
