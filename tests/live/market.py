"""A small market over real stores and real sockets: people, a session with products, one or more nodes, and viewers."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self, cast
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.accounts.access import LOGIN_COOKIE
from app.accounts.permissions import Role
from app.accounts.service import AccountService, CurrentUser
from app.catalog.schemas import ProducerContent, ProductContent
from app.catalog.service import CatalogService
from app.infra.database import Database, open_database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients, open_redis
from app.infra.serving import make_server
from app.live.rooms import RoomDirectory
from app.main import create_app, services_of
from app.metrics.service import MetricsService
from app.protocol.server_events import RoomEvent, room_event, server_message
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from app.sessions.editing import SessionEditor
from app.sessions.schemas import SessionContent
from app.settings import RealtimeSettings, Settings, load_settings
from tests.patience import NEWS_SECONDS
from tests.people import PASSWORD, a_user_of

SECRET = "secret-of-the-tests-only"
QUICK = RealtimeSettings(
    sockets="detached", tick_min_seconds=0.05, comment_interval_seconds=1e-6, commands_burst=1_000, commands_per_second=1_000
)

_numbers = itertools.count(1)


@dataclass
class Stores:
    """The test's own way to the stores, beside the nodes'."""

    database: Database
    redis: RedisClients
    settings: Settings


@asynccontextmanager
async def open_stores(postgres_url: str, redis_url: str, prefix: str, realtime: RealtimeSettings = QUICK) -> AsyncIterator[Stores]:
    settings = load_settings(
        database_url=postgres_url, redis_url=redis_url, redis_prefix=prefix, secret_key=SECRET, realtime=realtime, drain_seconds=0.0
    )
    async with open_database(postgres_url, settings.database) as database, open_redis(redis_url) as redis:
        yield Stores(database, redis, settings)


class Node:
    """One worker: the whole service with its web server on a free port, in the test's event loop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings.model_copy(update={"node_name": f"node-{next(_numbers)}"})
        self.app = create_app(self.settings)
        self.address = ""
        self.server = make_server(self.app, self.settings)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{listener.getsockname()[1]}"
        serving = asyncio.ensure_future(self.server._serve(sockets=[listener]))
        # Against what hangs: on a machine that many share a start takes much longer than alone.
        async with asyncio.timeout(40):
            while not self.server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers no event
                await asyncio.sleep(0.01)
        try:
            yield self
        finally:
            self.server.should_exit = True
            await serving

    @property
    def accounts(self) -> AccountService:
        return services_of(self.app).accounts

    @property
    def catalog(self) -> CatalogService:
        return services_of(self.app).catalog

    @property
    def metrics(self) -> MetricsService:
        return services_of(self.app).metrics

    @property
    def sessions(self) -> SessionEditor:
        return services_of(self.app).session_editor

    @property
    def rooms(self) -> RoomDirectory:
        return services_of(self.app).rooms

    @property
    def database(self) -> Database:
        return services_of(self.app).database


@dataclass
class Viewer:
    """The client's end of a socket. Keeps every frame it got; `sees` waits for one that fits."""

    socket: ClientConnection
    frames: list[dict[str, Any]] = field(default_factory=list)
    _told: Counter[str] = field(default_factory=Counter)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def next_frame(self, within: float = NEWS_SECONDS) -> dict[str, Any]:
        async with asyncio.timeout(within):
            text = await self.socket.recv()
        server_message.validate_json(text)
        frame: dict[str, Any] = json.loads(text)
        self.frames.append(frame)
        return frame

    async def sees(self, fits: Callable[[dict[str, Any]], bool], within: float = NEWS_SECONDS) -> dict[str, Any]:
        async with asyncio.timeout(within):
            while True:
                frame = await self.next_frame(within)
                if fits(frame):
                    return frame

    async def sees_event(self, kind: str, within: float = NEWS_SECONDS) -> dict[str, Any]:
        """The first event of this kind that has not been asked for yet, whether its tick has arrived already or not."""
        async with asyncio.timeout(within):
            while len(arrived := self.events(kind)) <= self._told[kind]:
                await self.next_frame(within)
        self._told[kind] += 1
        return arrived[self._told[kind] - 1]

    async def reads(self, text: str, within: float = 3) -> None:
        """Wait until this comment has been shown."""
        async with asyncio.timeout(within):
            while all(each["comment"]["text"] != text for each in self.events("comment.posted")):
                await self.next_frame(within)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """All events of this kind that have arrived."""
        return [each["event"] for frame in self.frames for each in frame.get("events", ()) if each["event"]["type"] == kind]

    async def send(self, kind: str, **content: Any) -> str:
        command_id = f"c{next(self._ids)}"
        await self.socket.send(json.dumps({"type": kind, "id": command_id, **content}))
        return command_id

    async def asks(self, kind: str, **content: Any) -> dict[str, Any]:
        """Send a command and wait for its reply."""
        command_id = await self.send(kind, **content)
        return await self.sees(lambda frame: frame.get("id") == command_id)

    async def hello(self, **content: Any) -> dict[str, Any]:
        return await self.asks("viewer.hello", version=1, **content)

    async def closed(self, within: float = NEWS_SECONDS) -> int:
        """The code with which the server closes."""
        try:
            async with asyncio.timeout(within):
                while True:
                    await self.socket.recv()
        except ConnectionClosed:
            code = self.socket.close_code
            assert code is not None
            return code


@dataclass
class Market:
    """An organisation with an organiser, a host and a session that is ready to start."""

    stores: Stores
    node: Node
    organiser: CurrentUser
    host: CurrentUser
    product_ids: list[UUID]
    session_id: UUID
    stack: AsyncExitStack

    async def another_node(self) -> Node:
        return await self.stack.enter_async_context(Node(self.node.settings).running())

    async def goes_live(self) -> None:
        await self.node.sessions.transition(self.host, self.session_id, "live")

    async def ends(self) -> None:
        await self.node.sessions.transition(self.host, self.session_id, "ended")

    async def announces(self, event: dict[str, Any]) -> RoomEvent:
        parsed: RoomEvent = room_event.validate_python(event)
        await services_of(self.node.app).room_log.append(self.session_id, parsed)
        return parsed

    async def connects(
        self, *, path: str = "", node: Node | None = None, device: UUID | None = None, headers: dict[str, str] | None = None, **options: Any
    ) -> Viewer:
        """A socket with a viewer's ticket; it has not said hello yet."""
        at = node or self.node
        _, ticket = TicketSigner(KeyRing(SECRET)).issue(device)
        sent = {"Cookie": f"{TICKET_COOKIE}={ticket}"} if headers is None else headers
        url = f"ws://{at.address}/ws/sessions/{self.session_id}{path}"
        opened = await self.stack.enter_async_context(connect(url, additional_headers=sent, compression=None, **options))
        return Viewer(opened)

    async def enters(self, *, node: Node | None = None, device: UUID | None = None, **hello: Any) -> Viewer:
        """A viewer in the room; the snapshot is its first frame."""
        viewer = await self.connects(node=node, device=device)
        await viewer.hello(**hello)
        return viewer

    async def login_cookie(self, user: CurrentUser) -> dict[str, str]:
        signed_in = await self.node.accounts.sign_in(user.login, PASSWORD, address="203.0.113.7")
        return {"Cookie": f"{LOGIN_COOKIE}={signed_in.token}"}

    async def board(self, user: CurrentUser | None = None) -> Viewer:
        viewer = await self.connects(path="/board", headers=await self.login_cookie(user or self.host))
        await viewer.hello()
        return viewer

    async def archived_comments(self, at_least: int) -> list[tuple[str, str]]:
        """Author and text of the archived comments, once so many have been written."""
        while True:
            async with self.stores.database.transactions() as db:
                found = text("SELECT author, text FROM comments WHERE session_id = :session ORDER BY posted_at")
                rows = [tuple(row) for row in await db.execute(found, {"session": self.session_id})]
            if len(rows) >= at_least:
                return cast("list[tuple[str, str]]", rows)
            await asyncio.sleep(0.1)

    @asynccontextmanager
    async def browser(self, user: CurrentUser | None = None) -> AsyncIterator[httpx2.AsyncClient]:
        headers = {"origin": f"http://{self.node.address}"} | (await self.login_cookie(user) if user else {})
        async with httpx2.AsyncClient(base_url=f"http://{self.node.address}", headers=headers, timeout=30, verify=False) as client:
            yield client


async def open_market(stores: Stores, stack: AsyncExitStack, realtime: RealtimeSettings | None = None) -> Market:
    """A market on one running node, with the stores' settings unless others are given. Its session is a draft with two products."""
    settings = stores.settings if realtime is None else stores.settings.model_copy(update={"realtime": realtime})
    return await _an_organisation(stores, await stack.enter_async_context(Node(settings).running()), stack)


async def _an_organisation(stores: Stores, node: Node, stack: AsyncExitStack) -> Market:
    organisation_id = await node.accounts.create_organisation("Chợ phiên OCOP Hà Tĩnh")
    organiser = await a_user(node, organisation_id, name="Trần Thị Ban Mai", role="organiser")
    host = await a_user(node, organisation_id, name="Lê Ngọc Lan", role="host")
    product_ids = await two_products(node, organiser)
    return Market(stores, node, organiser, host, product_ids, await a_session(node, organiser, host, product_ids), stack)


async def market_with(stores: Stores, stack: AsyncExitStack, **changes: Any) -> Market:
    """A live market on a node of its own with some limits changed."""
    market = await open_market(stores, stack, stores.settings.realtime.model_copy(update=changes))
    await market.goes_live()
    return market


@asynccontextmanager
async def another_session(market: Market) -> AsyncIterator[Market]:
    """The same people and node, with a draft session and sockets of its own; its room is closed at the end."""
    session_id = await a_session(market.node, market.organiser, market.host, market.product_ids)
    async with AsyncExitStack() as stack:
        yield replace(market, session_id=session_id, stack=stack)
    await _close_room(market, session_id)


@asynccontextmanager
async def another_organisation(market: Market) -> AsyncIterator[Market]:
    """The same node, with people, goods, a draft session and sockets of their own; its room is closed at the end."""
    async with AsyncExitStack() as stack:
        opened = await _an_organisation(market.stores, market.node, stack)
        session_id = opened.session_id
        yield opened
    await _close_room(market, session_id)


async def _close_room(market: Market, session_id: UUID) -> None:
    rooms = market.node.rooms
    if session_id in rooms._entries:
        await rooms._close(session_id)


async def a_user(node: Node, organisation_id: UUID, *, name: str, role: Role) -> CurrentUser:
    """A user with a login that nobody else has."""
    return await a_user_of(node.accounts, organisation_id, login=f"user.{uuid4().hex}", name=name, role=role)


async def a_session(node: Node, organiser: CurrentUser, host: CurrentUser, product_ids: list[UUID]) -> UUID:
    facts = await node.sessions.create(organiser, SessionContent(title="Chợ phiên sáng thứ Bảy", host_id=host.id))
    await node.sessions.set_products(organiser, facts.record.id, product_ids)
    return facts.record.id


async def two_products(node: Node, user: CurrentUser) -> list[UUID]:
    address = {"province_code": 42, "commune_code": 18547}
    producer = await node.catalog.create_producer(user, ProducerContent(name="Hợp tác xã Phúc Trạch", kind="cooperative", **address))
    products = [
        await node.catalog.create_product(
            user, ProductContent(producer_id=producer.id, name=name, price_vnd=50_000, unit="kg", weight_grams=1_000)
        )
        for name in ("Bưởi Phúc Trạch", "Cu đơ Hà Tĩnh")
    ]
    return [product.id for product in products]


def an_offer(product_id: UUID, **changes: Any) -> dict[str, Any]:
    """An open flash offer as clients see it."""
    return {
        "id": str(uuid4()),
        "product_id": str(product_id),
        "state": "open",
        "flash_price_vnd": 39_000,
        "regular_price_vnd": 50_000,
        "total_quantity": 20,
        "remaining": 20,
        "per_viewer_limit": 2,
        "hold_seconds": 900,
        "starts_at_ms": 1_000,
        "ends_at_ms": 2_000,
    } | changes
