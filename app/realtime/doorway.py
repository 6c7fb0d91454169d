"""The first that a new connection meets: a viewer's upgrade is answered here without ASGI, and the socket is taken out of the loop's
transports (`detached.py`). Everything else goes on to uvicorn and FastAPI.

uvicorn's internals are used, so its version is pinned exactly.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from typing_extensions import override
from uvicorn.protocols.utils import is_ssl

from app.errors import AppError
from app.infra.bounded_http import HEAD_MAX_BYTES, HEAD_SECONDS, BoundedHttp, HeadTooLarge, peer_of
from app.infra.slow_clients import SlowHeads
from app.infra.tasks import TaskOwner
from app.protocol.close_codes import CloseCode
from app.realtime import counters
from app.realtime.address_limits import client_address
from app.realtime.admission import ViewerAdmission
from app.realtime.arrivals import Arrivals
from app.realtime.detached import DetachedSockets
from app.realtime.detached_connection import DetachedConnection
from app.realtime.hub import Hub
from app.realtime.upgrade import UpgradeRequest, accepted, is_viewer_upgrade, read_upgrade, refused
from app.settings import Settings

_VIEWER_PATH = b"GET /ws/sessions/"


@dataclass(frozen=True, slots=True)
class ViewerGate:
    """What a viewer's upgrade meets on its way, and the sockets that take it over."""

    settings: Settings
    admission: ViewerAdmission
    hub: Hub
    sockets: DetachedSockets
    arrivals: Arrivals
    tasks: TaskOwner


@dataclass(frozen=True, slots=True)
class _Visitor:
    """A viewer at the door, well-formed and with a good ticket; `rest` is what came behind the request."""

    request: UpgradeRequest
    device_id: UUID
    address: str
    rest: bytes


class Doorway(asyncio.Protocol):
    """One per new connection, until its request shows whose it is. `find_gate` is asked then; None = no detached sockets here, all
    goes to FastAPI. The other arguments are uvicorn's, for its own protocol.
    """

    __slots__ = ("_find_gate", "_head", "_head_timer", "_heads", "_peer", "_transport", "_uvicorn_arguments")

    def __init__(
        self,
        *,
        find_gate: Callable[[], ViewerGate | None],
        heads: SlowHeads,
        **uvicorn_arguments: Any,  # noqa: ANN401 - uvicorn's
    ) -> None:
        self._find_gate = find_gate
        self._heads = heads
        self._uvicorn_arguments = uvicorn_arguments
        self._head = b""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        self._transport = transport
        self._head_timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, transport.abort)
        self._peer = peer_of(transport)
        self._heads.begin(self._peer, transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_over()

    @override
    def data_received(self, data: bytes) -> None:
        self._head += data
        if not (self._head.startswith(_VIEWER_PATH) or _VIEWER_PATH.startswith(self._head)):
            self._pass_on()
            return
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > HEAD_MAX_BYTES:
                self._refuse(HeadTooLarge())
            return
        gate = self._find_gate()
        if gate is None or is_ssl(self._transport) or not is_viewer_upgrade(self._head[:end]):
            self._pass_on()
            return
        self._head_is_over()
        try:
            gate.hub.check_capacity(in_line=len(gate.arrivals))
        except AppError as error:
            self._refuse(error)
            return
        # Until its turn comes nothing more is read: what the viewer sends waits in the kernel.
        self._transport.pause_reading()
        gate.arrivals.add(partial(self._upgrade, gate, self._head[: end + 2], self._head[end + 4 :]))

    def _pass_on(self) -> None:
        """Not a viewer: from its first byte on this connection is uvicorn's."""
        self._head_is_over()
        http = BoundedHttp(heads=self._heads, head_due_at=self._head_timer.when(), **self._uvicorn_arguments)
        self._transport.set_protocol(http)
        http.connection_made(self._transport)
        http.data_received(self._head)

    # --- a viewer ---

    def _upgrade(self, gate: ViewerGate, head: bytes, rest: bytes) -> None:
        if self._transport.is_closing():
            return
        try:
            request = read_upgrade(head)
            proxies = gate.settings.trusted_proxies
            address = client_address(self._peer, request.forwarded_for, trusted=proxies)
            device_id = gate.admission.check(
                host=request.host,
                origin=request.origin,
                scheme=(request.forwarded_proto if self._peer in proxies else "") or "http",
                cookie=request.cookie,
                address=address,
            )
        except AppError as error:
            self._refuse(error)
            return
        visitor = _Visitor(request, device_id, address, rest)
        if gate.admission.rooms.takes_viewers_now(request.session_id):
            self._let_in(gate, visitor)
            return
        gate.tasks.spawn("open room", self._open_room(gate, visitor))

    async def _open_room(self, gate: ViewerGate, visitor: _Visitor) -> None:
        try:
            await gate.admission.wait_for_room(visitor.request.session_id)
        except AppError as error:
            self._refuse(error)
            return
        if not self._transport.is_closing():
            self._let_in(gate, visitor)

    def _let_in(self, gate: ViewerGate, visitor: _Visitor) -> None:
        try:
            network = gate.admission.welcome(visitor.request.session_id, visitor.device_id, visitor.address)
        except AppError as error:
            self._refuse(error)
            return
        self._detach(gate, visitor, network)

    def _head_is_over(self) -> None:
        self._head_timer.cancel()
        self._heads.end(self._peer, self._transport)

    def _refuse(self, error: AppError) -> None:
        self._head_is_over()
        counters.HANDSHAKES.labels(error.code).inc()
        if not self._transport.is_closing():
            self._transport.write(refused(error))
            self._transport.close()

    def _detach(self, gate: ViewerGate, visitor: _Visitor, network: bytes) -> None:
        """Answer 101 on a duplicate of the socket and forget the original: aborting it sends nothing while the duplicate lives."""
        fd = os.dup(self._transport.get_extra_info("socket").fileno())
        _set_socket_options(fd, user_timeout_seconds=gate.settings.realtime.slow_timeout_seconds)
        self._transport.set_protocol(_Gone())
        self._transport.abort()
        request, rest = visitor.request, visitor.rest
        connection = DetachedConnection(gate.sockets, fd, device_id=visitor.device_id, session_id=request.session_id)
        is_admitted = gate.hub.admit(connection)
        counters.ACCEPTED.inc()
        gate.sockets.attach(connection, network=network)
        gate.sockets.write(connection, accepted(request.key))
        if not is_admitted:
            connection.close(CloseCode.TOO_MANY_SOCKETS)
        elif rest and not connection.gone:
            gate.sockets.take(connection, rest)


class _Gone(asyncio.Protocol):
    """Stands in for a protocol whose socket has moved out."""


def _set_socket_options(fd: int, *, user_timeout_seconds: float) -> None:
    """A small send buffer bounds what a stalled viewer costs the kernel; the kernel itself drops who acknowledges nothing."""
    # Of what kind it is need not be asked of the kernel, and for these options it does not matter.
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=fd)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(user_timeout_seconds * 1_000))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    finally:
        opened.detach()
