"""uvicorn's HTTP, which by itself bounds neither the time nor the bytes that a request's head may take, nor how long an answer is unread.

uvicorn's internals are used, so its version is pinned exactly.
"""

from __future__ import annotations

import asyncio
from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import BadRequest
from app.infra.problems import problem_answer
from app.infra.slow_clients import SlowHeads

HEAD_SECONDS = 5.0
HEAD_MAX_BYTES = 8_192
# How long a client may take nothing of an answer that waits for it; closing would wait for it as well.
UNREAD_SECONDS = 60.0


def peer_of(transport: asyncio.BaseTransport) -> str:
    """The address at the other end; empty for what has none."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""


class HeadTooLarge(BadRequest):
    code = "head_too_large"
    http_status = 431
    title_vi = "Phần đầu yêu cầu quá dài."
    title_en = "The request's head is too large."


class BoundedHttp(HttpToolsProtocol):
    """Gives up a head that is too long or takes too long. `head_due_at`: when the first must be complete, in the loop's time."""

    def __init__(self, *arguments: Any, heads: SlowHeads, head_due_at: float | None = None, **named: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*arguments, **named)
        self._heads = heads
        self._head_due_at = head_due_at
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._peer = peer_of(transport)
        self._expect_head(self._head_due_at)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_complete()
        self._answer_is_read()
        super().connection_lost(exc)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_timer = self._unread_timer or self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        self._answer_is_read()
        super().resume_writing()

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > 2 * HEAD_MAX_BYTES:
                self._refuse_head()

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head(None)

    @override
    def on_headers_complete(self) -> None:
        self._head_is_complete()
        super().on_headers_complete()

    def _answer_is_read(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _expect_head(self, due_at: float | None) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_at(due_at or self.loop.time() + HEAD_SECONDS, self._head_took_too_long)
            self._heads.begin(self._peer, self.transport)

    def _head_is_complete(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
            self._heads.end(self._peer, self.transport)

    def _head_took_too_long(self) -> None:
        self._head_is_complete()
        self.transport.abort()

    def _refuse_head(self) -> None:
        self._head_is_complete()
        if not self.transport.is_closing():
            self.transport.write(problem_answer(HeadTooLarge()))
            self.transport.close()
