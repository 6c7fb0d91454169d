"""A light client of the socket protocol: hello, resume over gaps, commands with their answers. Used by the demo and by tests."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from app.infra.tasks import TaskOwner
from app.protocol.base import PROTOCOL_VERSION, Message, ResumePosition
from app.protocol.client_commands import Command, Leave, OrderContent, PlaceOrder, PostComment, ReportOutsideCount, SendLikes, ViewerHello
from app.protocol.close_codes import CloseCode
from app.protocol.server_events import (
    CommandFailed,
    LoggedEvent,
    OfferChanged,
    OfferEnded,
    OfferOpened,
    OrderPlaced,
    ProductPinned,
    ProductsChanged,
    RoomEvent,
    RoomResumed,
    RoomSnapshot,
    RoomTick,
    ServerLeaving,
    ServerMessage,
    SessionChanged,
    server_message,
)
from app.protocol.views import BoardFigures, Counts, OfferView, ProductView, SessionView

ANSWER_SECONDS = 15.0
_OPEN_SECONDS = 10.0
_CLOSE_SECONDS = 0.5
_EVENTS_KEPT = 512
_ABNORMAL_CLOSE = 1006

EventT = TypeVar("EventT", bound=Message)


class ConnectionRefused(Exception):
    """The upgrade was answered with an HTTP status instead of 101; `retry_after_seconds` when the server says when to come back."""

    def __init__(self, status: int, body: str, retry_after_seconds: float | None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.retry_after_seconds = retry_after_seconds


class ConnectionLost(Exception):
    """The socket is gone. After an order it is unknown whether it was placed: repeat it with the same key."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code

    @property
    def come_back(self) -> bool:
        return not CloseCode.SESSION_ENDED <= self.code <= 4999


class CommandRefused(Exception):
    """The server answered `command.failed`."""

    def __init__(self, failed: CommandFailed) -> None:
        super().__init__(f"{failed.code}: {failed.message}")
        self.failed = failed


class RoomClient:
    """One viewer, board or bridge in one room, and what it has been told so far: the state that a page would show.

    It may be opened again after its socket is gone and then goes on where it was. `on_event` is called for every room event, in
    order and once each.
    """

    def __init__(self, *, name: str | None = None) -> None:
        self.position: ResumePosition | None = None
        self.session: SessionView | None = None
        self.products: dict[UUID, ProductView] = {}
        self.offers: dict[UUID, OfferView] = {}
        self.pinned_product_id: UUID | None = None
        self.counts: Counts | None = None
        self.stock: dict[str, int] = {}
        self.board: BoardFigures | None = None
        self.snapshots = 0
        self.return_after_seconds: float | None = None
        self.on_event: Callable[[RoomEvent], None] = _ignore
        self._name = name
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Future[ServerMessage]] = {}
        self._events: deque[LoggedEvent] = deque(maxlen=_EVENTS_KEPT)
        self._news = asyncio.Condition()
        self._mending: str | None = None
        self._socket: ClientConnection | None = None
        self._tasks = TaskOwner("room_client")
        self._closed_with: int | None = None

    async def open(self, url: str, headers: Mapping[str, str]) -> None:
        """Connect and say hello, with the last known position. Raises `ConnectionRefused`, `ConnectionLost`, `OSError`, `TimeoutError`."""
        await self.drop()
        try:
            socket = await connect(
                url,
                additional_headers=dict(headers),
                compression=None,
                proxy=None,
                open_timeout=_OPEN_SECONDS,
                close_timeout=_CLOSE_SECONDS,
            )
        except InvalidStatus as refused:
            response = refused.response
            retry_after = response.headers.get("Retry-After", "")
            seconds = float(retry_after) if retry_after.isdigit() else None
            raise ConnectionRefused(response.status_code, bytes(response.body or b"").decode(errors="replace"), seconds) from None
        except WebSocketException:
            raise ConnectionLost(_ABNORMAL_CLOSE) from None
        self._socket, self._closed_with, self._mending, self.return_after_seconds = socket, None, None, None
        self._tasks.spawn("read", self._read(socket))
        await self.say(self._hello())

    async def close(self) -> None:
        """Close the socket without saying goodbye in the protocol; at most half a second."""
        if self._socket is not None:
            await self._socket.close()
        await self._stop_reading()

    async def drop(self) -> None:
        """Lose the connection as a phone in a tunnel does: no closing handshake."""
        if self._socket is not None:
            self._socket.transport.abort()
        await self._stop_reading()

    @property
    def is_open(self) -> bool:
        return self._socket is not None and self._closed_with is None

    async def say(self, command: Command, *, within: float = ANSWER_SECONDS) -> ServerMessage:
        """Send a command and wait for its answer. Raises `CommandRefused`, `ConnectionLost`, `TimeoutError`."""
        answer: asyncio.Future[ServerMessage] = asyncio.get_running_loop().create_future()
        self._answers[command.id] = answer
        try:
            await self._send(command)
            async with asyncio.timeout(within):
                message = await answer
        finally:
            self._answers.pop(command.id, None)
            if answer.done() and not answer.cancelled():
                # Asked once, so that one that failed while we were still sending is not reported as forgotten.
                answer.exception()
        if isinstance(message, CommandFailed):
            raise CommandRefused(message)
        return message

    async def comment(self, text: str) -> None:
        await self.say(PostComment(id=self._next_id(), text=text))

    async def like(self, count: int) -> None:
        await self.say(SendLikes(id=self._next_id(), count=count))

    async def place_order(self, content: OrderContent) -> OrderPlaced:
        """Place an order and wait for its receipt. After `ConnectionLost` say the same content again on a new socket."""
        placed = await self.say(self._order(content))
        if not isinstance(placed, OrderPlaced):
            raise TypeError(f"an order was answered with {placed.type}")
        return placed

    async def send_order(self, content: OrderContent) -> None:
        """Send an order without waiting for its answer."""
        await self._send(self._order(content))

    async def report_outside_count(self, *, source: str, viewers: int, observed_at_ms: int) -> None:
        fields = {"id": self._next_id(), "source": source, "viewers": viewers, "observed_at_ms": observed_at_ms}
        await self.say(ReportOutsideCount.model_validate(fields))

    async def leave(self) -> None:
        """Say goodbye, then close."""
        try:
            await self.say(Leave(id=self._next_id()), within=1.0)
        except (ConnectionLost, CommandRefused, TimeoutError):
            pass
        finally:
            await self.close()

    async def wait_for(self, kind: type[EventT], *, within: float, where: Callable[[EventT], bool] | None = None) -> EventT:
        """The first room event of this kind that no earlier call has returned; waits when there is none yet.

        Raises `TimeoutError`, or `ConnectionLost` when the socket closes meanwhile. The last 512 events are remembered.
        """
        async with asyncio.timeout(within), self._news:
            while True:
                for logged in self._events:
                    if isinstance(logged.event, kind) and (where is None or where(logged.event)):
                        self._events.remove(logged)
                        return logged.event
                self._check_open()
                await self._news.wait()

    async def wait_until(self, is_true: Callable[[RoomClient], bool], *, within: float) -> None:
        """Wait until what this client has been told fulfils a condition. Raises `TimeoutError`, `ConnectionLost`."""
        async with asyncio.timeout(within), self._news:
            while not is_true(self):
                self._check_open()
                await self._news.wait()

    async def wait_closed(self, *, within: float) -> int:
        """The close code, once the socket is closed. Raises `TimeoutError`."""
        async with asyncio.timeout(within), self._news:
            while self._closed_with is None:
                await self._news.wait()
            return self._closed_with

    def _next_id(self) -> str:
        return str(next(self._ids))

    def _hello(self) -> ViewerHello:
        return ViewerHello(id=self._next_id(), version=PROTOCOL_VERSION, resume=self.position, name=self._name)

    def _order(self, content: OrderContent) -> PlaceOrder:
        return PlaceOrder(id=self._next_id(), **{name: getattr(content, name) for name in OrderContent.model_fields})

    def _check_open(self) -> None:
        if self._closed_with is not None:
            raise ConnectionLost(self._closed_with)

    async def _send(self, command: Command) -> None:
        self._check_open()
        if self._socket is None:
            raise ConnectionLost(_ABNORMAL_CLOSE)
        try:
            await self._socket.send(command.model_dump_json(exclude_none=True))
        except ConnectionClosed:
            raise ConnectionLost(self._closed_with or _ABNORMAL_CLOSE) from None

    async def _stop_reading(self) -> None:
        await self._tasks.close()
        await self._note_closed(_ABNORMAL_CLOSE)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for frame in socket:
                await self._take(server_message.validate_json(frame))
        except (ConnectionClosed, ValidationError):
            socket.transport.abort()
        finally:
            # Nothing of this socket may close the state of the one that follows it.
            if socket is self._socket:
                await self._note_closed(socket.close_code or _ABNORMAL_CLOSE)

    async def _note_closed(self, code: int) -> None:
        if self._closed_with is None:
            self._closed_with = code
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionLost(self._closed_with))
        async with self._news:
            self._news.notify_all()

    async def _take(self, message: ServerMessage) -> None:
        match message:
            case RoomTick():
                await self._take_tick(message)
            case RoomSnapshot():
                self._take_snapshot(message)
            case RoomResumed():
                self._take_resumed(message)
            case ServerLeaving():
                self.return_after_seconds = message.return_after_ms / 1000
            case _:
                pass
        command_id = getattr(message, "id", None)
        if command_id is not None:
            if command_id == self._mending:
                self._mending = None
            answer = self._answers.get(command_id)
            if answer is not None and not answer.done():
                answer.set_result(message)
        async with self._news:
            self._news.notify_all()

    async def _take_tick(self, tick: RoomTick) -> None:
        """Apply a tick, or say hello again when it does not follow on what is known (the gap rule of docs/protocol.md)."""
        position = self.position
        if position is None or tick.epoch != position.epoch or tick.after > position.offset:
            if self._mending is None and position is not None:
                hello = self._hello()
                self._mending = hello.id
                await self._send(hello)
            return
        self._apply(tick.events)
        self.position = ResumePosition(epoch=tick.epoch, offset=max(position.offset, tick.offset))
        self.counts = tick.counts or self.counts
        self.stock = tick.stock if tick.stock is not None else self.stock
        self.board = tick.board or self.board

    def _take_snapshot(self, snapshot: RoomSnapshot) -> None:
        self.snapshots += 1
        self.session = snapshot.session
        self.products = {product.id: product for product in snapshot.products}
        self.offers = {offer.id: offer for offer in snapshot.offers}
        self.stock = {str(offer.id): offer.remaining for offer in snapshot.offers if offer.state == "open"}
        self.pinned_product_id = snapshot.pinned_product_id
        self.counts = snapshot.counts
        self.board = snapshot.board or self.board
        self.position = ResumePosition(epoch=snapshot.epoch, offset=snapshot.offset)

    def _take_resumed(self, resumed: RoomResumed) -> None:
        self._apply(resumed.events)
        self.position = ResumePosition(epoch=resumed.epoch, offset=resumed.offset)
        self.counts = resumed.counts

    def _apply(self, events: tuple[LoggedEvent, ...]) -> None:
        seen = -1 if self.position is None else self.position.offset
        for logged in events:
            if logged.offset <= seen:
                continue
            self._note(logged.event)
            self._events.append(logged)
            self.on_event(logged.event)

    def _note(self, event: RoomEvent) -> None:
        match event:
            case OfferOpened() | OfferChanged():
                self.offers[event.offer.id] = event.offer
            case OfferEnded() if event.offer_id in self.offers:
                self.offers[event.offer_id] = self.offers[event.offer_id].model_copy(update={"state": "ended"})
            case ProductPinned():
                self.pinned_product_id = event.product_id
            case ProductsChanged():
                self.products = {product.id: product for product in event.products}
            case SessionChanged():
                self.session = event.session
            case _:
                pass


def _ignore(_event: RoomEvent) -> None:
    return
