"""Bounds what one HTTP request may cost: the size and time of its body, the time until its answer, and for which host it may ask.

A body is read whole before the application sees the request, so one that is too large or drips is refused in one place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AppError, BadRequest, Unavailable
from app.infra.problems import problem_body, problem_headers
from app.infra.tasks import TaskOwner

log = structlog.get_logger(__name__)

BODY_MAX_BYTES = 64 * 1024
BODY_SECONDS = 10.0
# Bodies that are being read at one time, all requests together; a body of ours is a few hundred bytes and arrives at once.
BODIES_AT_ONCE = 200
LATE_ANSWERS_MAX = 500
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_STREAMED = (".zip", "/metrics")
_RETRY_AFTER_SECONDS = 2.0


class BodyTooLarge(BadRequest):
    code = "body_too_large"
    http_status = 413
    title_vi = "Nội dung gửi lên quá lớn."
    title_en = "The request's body is too large."


class BodyTooSlow(BadRequest):
    """The body did not arrive in time; the connection is closed."""

    code = "body_too_slow"
    http_status = 408
    retryable = True
    title_vi = "Nội dung gửi lên quá chậm, mời thử lại."
    title_en = "The request's body came too slowly."


class HostRefused(BadRequest):
    """The request asks for a host that this service is not; see `OCOP_ALLOWED_HOSTS`."""

    code = "host_refused"
    title_vi = "Địa chỉ máy chủ này không được dùng ở đây."
    title_en = "This service does not answer for that host."


def host_allowed(host: str, allowed: Sequence[str]) -> bool:
    """Whether a Host header names one of the allowed hosts, the port left out. Without a list every host is allowed."""
    names = {name.lower() for name in allowed}
    return not allowed or host.rsplit(":", 1)[0].lower() in names or host.lower() in names


class BoundedRequests:
    """ASGI middleware; sockets pass."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Sequence[str], deadline_seconds: float) -> None:
        self._app = app
        self._allowed_hosts = tuple(host.lower() for host in allowed_hosts)
        self._deadline_seconds = deadline_seconds
        self._reading = 0
        self._late = 0
        self._tasks = TaskOwner("requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            if not host_allowed(_header(scope, b"host"), self._allowed_hosts):
                raise HostRefused
            body = b"" if scope["method"] in _WITHOUT_BODY else await self._read(scope, receive)
            if body is None:
                return
        except AppError as error:
            await _refuse(send, error)
            return
        if scope["path"].endswith(_STREAMED):
            await self._app(scope, _once(body, receive), send)
        else:
            await self._answer_in_time(scope, _once(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None when the client has gone."""
        length = _header(scope, b"content-length")
        if length.isdigit() and int(length) > BODY_MAX_BYTES:
            raise BodyTooLarge(details={"max_bytes": BODY_MAX_BYTES})
        if self._reading >= BODIES_AT_ONCE:
            raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)
        self._reading += 1
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await _whole_body(receive)
        except TimeoutError:
            raise BodyTooSlow(details={"seconds": BODY_SECONDS}) from None
        finally:
            self._reading -= 1

    async def _answer_in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's answer, or `unavailable` after the deadline. The work goes on, for it may be about to commit."""
        outlet = _Outlet(send)
        task = self._tasks.start(scope["path"], self._run(scope, receive, outlet.send))
        done, _ = await asyncio.wait({task}, timeout=self._deadline_seconds)
        if done or outlet.has_begun:
            # What has begun to answer is not interrupted.
            await task
            return
        outlet.is_shut = True
        log.warning("request_late", method=scope["method"], path=scope["path"], seconds=self._deadline_seconds)
        self._late += 1
        task.add_done_callback(self._came_late)
        if self._late > LATE_ANSWERS_MAX:
            task.cancel()
        await _refuse(send, Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS))

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def _came_late(self, task: asyncio.Task[Any]) -> None:
        self._late -= 1
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("late_request_failed", error=repr(error))


class _Outlet:
    """Where the application's answer goes; nowhere once it came too late."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False
        self.is_shut = False

    async def send(self, message: Message) -> None:
        if not self.is_shut:
            self.has_begun = True
            await self._send(message)


async def _whole_body(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > BODY_MAX_BYTES:
            raise BodyTooLarge(details={"max_bytes": BODY_MAX_BYTES})
        if not message.get("more_body", False):
            return bytes(body)


def _once(body: bytes, receive: Receive) -> Callable[[], Awaitable[MutableMapping[str, Any]]]:
    """The body as the application's first message, then whatever comes."""
    is_given = False

    async def give() -> MutableMapping[str, Any]:
        nonlocal is_given
        if not is_given:
            is_given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return give


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def _refuse(send: Send, error: AppError) -> None:
    # The rest of a body may still be under way: the connection is not used again.
    headers = {**problem_headers(error), "connection": "close"}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.http_status, "headers": raw})
    await send({"type": "http.response.body", "body": problem_body(error)})
