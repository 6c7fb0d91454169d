"""One viewer's bare file descriptor, as rooms and handlers see it; `DetachedSockets` carries it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from uuid import UUID

from typing_extensions import override

from app.protocol.close_codes import CLOSE_REASONS, CloseCode
from app.realtime.connection import Connection
from app.realtime.identity import Audience, Identity
from app.realtime.websocket_frames import FrameError, FrameReader, Received, text_frame

if TYPE_CHECKING:
    from app.realtime.detached import DetachedSockets

INBOX_MAX = 16  # then the client is not read until it is answered: TCP holds it back


class DetachedConnection(Connection):
    """One viewer's fd. Kept small: there are tens of thousands in a worker."""

    __slots__ = ("_sockets", "closing", "fd", "gone", "inbox", "outbox", "reader")

    def __init__(self, sockets: DetachedSockets, fd: int, *, device_id: UUID, session_id: UUID) -> None:
        super().__init__(session_id, device_key=device_id.bytes, author="")
        self._sockets = sockets
        self.fd = fd
        self.reader: FrameReader | None = None
        self.inbox: deque[bytes | Received | FrameError] | None = None
        self.outbox: deque[bytes] | None = None
        self.closing = False
        self.gone = False

    @property
    def is_full(self) -> bool:
        """So many of its commands wait that no more are read."""
        return self.inbox is not None and len(self.inbox) >= INBOX_MAX

    @property
    @override
    def audience(self) -> Audience:
        return "viewer"

    @property
    @override
    def identity(self) -> Identity:
        return Identity(device_id=UUID(bytes=self.device_key), audience="viewer", name=self.author)

    @property
    @override
    def network(self) -> bytes:
        return self._sockets.network_of(self)

    @override
    def greet(self) -> None:
        super().greet()
        self._sockets.greeted(self)

    @override
    def send(self, frame: bytes) -> None:
        if not self.closing:
            self._sockets.write(self, text_frame(frame))

    @override
    def send_tick(self, frame: bytes) -> None:
        if not self.closing and self.outbox is None:
            self._sockets.write(self, text_frame(frame))

    @override
    def close(self, code: CloseCode) -> None:
        self._sockets.close_with(self, code, CLOSE_REASONS[code])
