"""The first that a new connection meets: a viewer's upgrade is answered here without ASGI, and its socket kept as a bare descriptor
(`detached.py`). Everything else goes on to uvicorn and FastAPI.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple
from uuid import UUID

from app.errors import AppError
from app.infra.acceptor import Acceptor, Caller
from app.infra.bounded_http import HEAD_MAX_BYTES, HeadTooLarge
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


class _Visitor(NamedTuple):
    """A viewer at the door, well-formed and with a good ticket; `rest` is what came behind the request."""

    caller: Caller
    request: UpgradeRequest
    device_id: UUID
    address: str
    rest: bytes


class Doorway:
    """Meets whoever calls. `find_gate` is asked for each viewer; None = no detached sockets here, all goes to FastAPI."""

    def __init__(self, *, find_gate: Callable[[], ViewerGate | None]) -> None:
        self._find_gate = find_gate

    def opened(self, acceptor: Acceptor) -> None:
        """While those who wait to be let in wait for the processor, no more of them are taken in than has to be."""
        if (gate := self._find_gate()) is not None:
            gate.arrivals.use_door(acceptor)

    def meet(self, caller: Caller) -> None:
        """More of the head has come."""
        head = caller.head
        if not (head.startswith(_VIEWER_PATH) or _VIEWER_PATH.startswith(head)):
            caller.pass_on()
            return
        end = head.find(b"\r\n\r\n")
        if end < 0:
            if len(head) > HEAD_MAX_BYTES:
                _refuse(caller, HeadTooLarge())
            return
        gate = self._find_gate()
        if gate is None or not is_viewer_upgrade(head[:end]):
            caller.pass_on()
            return
        # Until its turn comes nothing more is read: what the viewer sends waits in the kernel.
        caller.take()
        try:
            gate.hub.check_capacity(in_line=len(gate.arrivals))
        except AppError as error:
            _refuse(caller, error)
            return
        gate.arrivals.add(partial(_upgrade, gate, caller, end))


def _upgrade(gate: ViewerGate, caller: Caller, end: int) -> None:
    try:
        request = read_upgrade(caller.head[: end + 2])
        proxies = gate.settings.trusted_proxies
        address = client_address(caller.address, request.forwarded_for, trusted=proxies)
        device_id = gate.admission.check(
            host=request.host,
            origin=request.origin,
            scheme=(request.forwarded_proto if caller.address in proxies else "") or "http",
            cookie=request.cookie,
            address=address,
        )
    except AppError as error:
        _refuse(caller, error)
        return
    visitor = _Visitor(caller, request, device_id, address, caller.head[end + 4 :])
    if gate.admission.rooms.takes_viewers_now(request.session_id):
        _let_in(gate, visitor)
    else:
        gate.tasks.spawn("open room", _open_room(gate, visitor))


async def _open_room(gate: ViewerGate, visitor: _Visitor) -> None:
    try:
        await gate.admission.wait_for_room(visitor.request.session_id)
    except AppError as error:
        _refuse(visitor.caller, error)
        return
    _let_in(gate, visitor)


def _let_in(gate: ViewerGate, visitor: _Visitor) -> None:
    request = visitor.request
    try:
        network = gate.admission.welcome(request.session_id, visitor.device_id, visitor.address)
    except AppError as error:
        _refuse(visitor.caller, error)
        return
    _set_socket_options(visitor.caller.socket, user_timeout_seconds=gate.settings.realtime.slow_timeout_seconds)
    fd = visitor.caller.socket.detach()
    connection = DetachedConnection(gate.sockets, fd, device_id=visitor.device_id, session_id=request.session_id)
    is_admitted = gate.hub.admit(connection)
    counters.ACCEPTED.inc()
    gate.sockets.attach(connection, network=network)
    gate.sockets.write(connection, accepted(request.key))
    if not is_admitted:
        connection.close(CloseCode.TOO_MANY_SOCKETS)
    elif visitor.rest and not connection.gone:
        gate.sockets.take(connection, visitor.rest)


def _refuse(caller: Caller, error: AppError) -> None:
    counters.HANDSHAKES.labels(error.code).inc()
    caller.answer(refused(error))


def _set_socket_options(opened: socket.socket, *, user_timeout_seconds: float) -> None:
    """A small send buffer bounds what a stalled viewer costs the kernel; the kernel itself drops who acknowledges nothing."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(user_timeout_seconds * 1_000))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
