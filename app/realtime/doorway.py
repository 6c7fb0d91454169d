"""uvicorn's HTTP protocol, with a door of its own for viewers: their upgrade is answered here without ASGI, and the socket is taken
out of the loop's transports (`detached.py`). Everything else goes on to FastAPI.

It also bounds what uvicorn does not: the time and the bytes a request's head may take, also for connections that say nothing.
uvicorn's internals are used, so its version is pinned exactly.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import structlog
from starlette.requests import cookie_parser
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import AppError, OriginRefused, TooManyRequests, Unavailable
from app.infra.tasks import TaskOwner
from app.protocol.close_codes import CloseCode
from app.realtime import counters
from app.realtime.address_limits import AddressLimits, client_address
from app.realtime.detached import DetachedConnection, DetachedSockets
from app.realtime.errors import TicketInvalid
from app.realtime.hub import Hub
from app.realtime.origin import origin_allowed
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from app.realtime.upgrade import HEAD_MAX_BYTES, HeadTooLarge, UpgradeRequest, accepted, is_viewer_upgrade, read_upgrade, refused
from app.settings import Settings

log = structlog.get_logger(__name__)

HEAD_SECONDS = 5.0
_VIEWER_PATH = b"GET /ws/sessions/"


class Rooms(Protocol):
    """What the door asks of the rooms."""

    def takes_viewers_now(self, session_id: UUID) -> bool:
        """Whether the room is open on this node and its session live."""

    async def room_for_viewer(self, session_id: UUID) -> object:
        """Open the room if need be. Raises the reason why nobody may enter."""

    def check_capacity(self) -> None:
        """Raises when this node takes no more sockets."""


@dataclass(frozen=True, slots=True)
class ViewerGate:
    """Everything that decides about a viewer's upgrade, and the sockets that take it over."""

    settings: Settings
    tickets: TicketSigner
    hub: Hub
    rooms: Rooms
    sockets: DetachedSockets
    addresses: AddressLimits
    tasks: TaskOwner

    def check(self, request: UpgradeRequest, *, scheme: str, peer: str) -> UUID:
        """The device that enters. Raises `OriginRefused`, `TicketInvalid`, `TooManyRequests`, `CapacityReached`."""
        if peer in self.settings.trusted_proxies and request.forwarded_proto:
            scheme = request.forwarded_proto
        if not origin_allowed(request.origin, host=request.host, scheme=scheme, allowed=self.settings.allowed_origins):
            raise OriginRefused
        device_id = self.tickets.read(_ticket_in(request.cookie))
        self.rooms.check_capacity()
        wait_seconds = self.addresses.take(client_address(peer, request.forwarded_for, trusted=self.settings.trusted_proxies))
        if wait_seconds:
            raise TooManyRequests(retry_after_seconds=wait_seconds)
        return device_id


class Doorway(HttpToolsProtocol):
    """One per connection. `find_gate` is asked at the first bytes; None = no detached sockets here, all goes to FastAPI."""

    def __init__(self, *arguments: Any, find_gate: Callable[[], ViewerGate | None], **named: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*arguments, **named)
        self._find_gate = find_gate
        self._head = bytearray()
        self._head_bytes = 0
        self._is_plain_http = False
        self._head_timer: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._expect_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_complete()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_plain_http:
            self._pass_on(data)
            return
        self._head += data
        if not (self._head.startswith(_VIEWER_PATH) or _VIEWER_PATH.startswith(self._head)):
            self._be_plain_http()
            return
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > HEAD_MAX_BYTES:
                self._refuse(HeadTooLarge())
            return
        gate = self._find_gate()
        if gate is None or self.scheme == "https" or not is_viewer_upgrade(bytes(self._head[:end])):
            self._be_plain_http()
            return
        self._head_is_complete()
        self._upgrade(gate, bytes(self._head[: end + 2]), bytes(self._head[end + 4 :]))

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    @override
    def on_headers_complete(self) -> None:
        self._head_is_complete()
        super().on_headers_complete()

    # --- plain HTTP, bounded ---

    def _be_plain_http(self) -> None:
        self._is_plain_http = True
        data, self._head = bytes(self._head), bytearray()
        self._pass_on(data)

    def _pass_on(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > 2 * HEAD_MAX_BYTES:
                self._refuse(HeadTooLarge())

    def _expect_head(self) -> None:
        self._head_is_complete()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_took_too_long)

    def _head_is_complete(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_took_too_long(self) -> None:
        self._head_timer = None
        self.transport.abort()

    # --- a viewer ---

    def _upgrade(self, gate: ViewerGate, head: bytes, rest: bytes) -> None:
        try:
            request = read_upgrade(head)
            device_id = gate.check(request, scheme=self.scheme or "http", peer=self.client[0] if self.client else "")
        except AppError as error:
            self._refuse(error)
            return
        if gate.rooms.takes_viewers_now(request.session_id):
            self._detach(gate, request, device_id, rest)
            return
        # What the viewer sends meanwhile waits in the kernel.
        self.transport.pause_reading()
        gate.tasks.spawn("open room", self._open_room(gate, request, device_id, rest))

    async def _open_room(self, gate: ViewerGate, request: UpgradeRequest, device_id: UUID, rest: bytes) -> None:
        try:
            await gate.rooms.room_for_viewer(request.session_id)
            # Asked again: many may have waited for this room at once.
            gate.rooms.check_capacity()
        except AppError as error:
            self._refuse(error)
        except Exception as error:  # noqa: BLE001 - whichever store failed, the viewer may come back
            log.warning("viewer_not_admitted", error=repr(error))
            self._refuse(Unavailable(retry_after_seconds=2.0))
        else:
            if not self.transport.is_closing():
                self._detach(gate, request, device_id, rest)

    def _refuse(self, error: AppError) -> None:
        self._head_is_complete()
        counters.HANDSHAKES.labels(error.code).inc()
        if not self.transport.is_closing():
            self.transport.write(refused(error))
            self.transport.close()

    def _detach(self, gate: ViewerGate, request: UpgradeRequest, device_id: UUID, rest: bytes) -> None:
        """Answer 101 on a duplicate of the socket and forget the original: aborting it sends nothing while the duplicate lives."""
        fd = os.dup(self.transport.get_extra_info("socket").fileno())
        _set_socket_options(fd, user_timeout_seconds=gate.settings.realtime.slow_timeout_seconds)
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        self.transport.set_protocol(_Gone())
        self.transport.abort()
        connection = DetachedConnection(gate.sockets, fd, device_id=device_id, session_id=request.session_id)
        is_admitted = gate.hub.admit(connection)
        counters.ACCEPTED.inc()
        gate.sockets.attach(connection)
        gate.sockets.write(connection, accepted(request.key))
        if not is_admitted:
            connection.close(CloseCode.TOO_MANY_SOCKETS)
        elif rest and not connection.gone:
            gate.sockets.take(connection, rest)


class _Gone(asyncio.Protocol):
    """Stands in for a protocol whose socket has moved out."""


def _set_socket_options(fd: int, *, user_timeout_seconds: float) -> None:
    """A small send buffer bounds what a stalled viewer costs the kernel; the kernel itself drops who acknowledges nothing."""
    opened = socket.socket(fileno=fd)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(user_timeout_seconds * 1_000))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    finally:
        opened.detach()


def _ticket_in(cookie: str) -> str:
    ticket = cookie_parser(cookie).get(TICKET_COOKIE)
    if ticket is None:
        raise TicketInvalid
    return ticket
