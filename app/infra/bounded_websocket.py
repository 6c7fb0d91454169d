"""uvicorn's websocket, which by itself bounds neither the pings it answers, nor the messages it lets wait, nor what it logs of bad text.

Used for every socket but the detached ones. uvicorn's internals are used, so its version is pinned exactly.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import override
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_PIECE_BYTES = 4_096  # what is parsed before the limits are looked at: at most 15 ms of the loop
_PINGS_PER_SECOND = 64
_WAITING_MAX = 512
_INVALID_TEXT = 1007
_POLICY_VIOLATION = 1008


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Closes with 1008 who sends more pings or unanswered messages than any page would, and quietly with 1007 who sends no UTF-8."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*arguments, **named)
        self._pings = 0
        self._pings_since = 0.0

    @override
    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE_BYTES):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _PIECE_BYTES])
            if self.queue.qsize() > _WAITING_MAX:
                self._refuse(_POLICY_VIOLATION, "too many messages at once")

    @override
    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if self.close_sent and self.initial_response is not None:
            # A refusal before the upgrade is a whole answer; uvicorn would call it a handshake that nobody completed, an error of ours.
            self.handshake_complete = True

    @override
    def handle_ping(self) -> None:
        now = self.loop.time()
        if now - self._pings_since >= 1.0:
            self._pings, self._pings_since = 0, now
        self._pings += 1
        if self._pings > _PINGS_PER_SECOND:
            self._refuse(_POLICY_VIOLATION, "too many pings")
        else:
            super().handle_ping()

    @override
    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_text(b"".join(self.frames)):
            self.frames = []
            self._refuse(_INVALID_TEXT, "text is not UTF-8")
        else:
            super().send_receive_event_to_app()

    def _refuse(self, code: int, reason: str) -> None:
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.fail(code, reason)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
