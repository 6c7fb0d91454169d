"""Bounds what one HTTP request may cost: the size and time of its body, the time until its answer, and for which host it may ask.

A body is read whole before the application sees the request, so one that is too large or drips is refused in one place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AppError, BadRequest, Unavailable
from app.infra.body_limits import DEFAULT_BYTES, BodyLimits
from app.infra.clock import monotonic
from app.infra.counters import REQUESTS_LATE
from app.infra.problems import problem_body, problem_headers
from app.infra.slow_clients import SlowBodies
from app.infra.stores_away import outcome_unknown
from app.infra.tasks import TaskOwner
from app.settings import HttpSettings

log = structlog.get_logger(__name__)

# Requests that go on behind an answer that said they were late.
LATE_ANSWERS_MAX = 500
# What is still read of a body that was refused: whoever sends it hears of that only when we do not hang up on it.
LINGER_BYTES = 512 * 1024 * 1024
LINGER_SECONDS = 10.0
# A picture from a phone in a poor network comes at least at this speed.
_SLOW_BYTES_PER_SECOND = 16 * 1024
_STREAMED = (".zip", "/metrics")
# Load balancers ask the machine by its address.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
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
    """ASGI middleware; sockets pass. Requests run as tasks of `tasks`, some beyond their answer: whoever closes the stores ends those first."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        tasks: TaskOwner,
        allowed_hosts: Sequence[str],
        limits: BodyLimits,
        deadline_seconds: float,
        settings: HttpSettings,
    ) -> None:
        self._app = app
        self._allowed_hosts = tuple(host.lower() for host in allowed_hosts)
        self._limits = limits
        self._deadline_seconds = deadline_seconds
        self._body_seconds = settings.body_seconds
        self._idle_seconds = settings.answer_idle_seconds
        self._bodies = SlowBodies(
            at_once=settings.bodies_at_once, per_address=settings.bodies_per_address, max_bytes=settings.bodies_max_bytes
        )
        self._late = 0
        self._tasks = tasks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            if scope["path"] not in PROBES:
                self._admit(scope)
            body = await self._read(scope, receive) if _has_body(scope) else b""
        except AppError as error:
            is_sending = _has_body(scope) and not isinstance(error, BodyTooSlow)
            await _refuse(send, error, partial(self._linger, scope, receive) if is_sending else None)
            return
        if body is not None:
            await self._answer(scope, _once(body, receive), send)

    def _admit(self, scope: Scope) -> None:
        if not host_allowed(_header(scope, b"host"), self._allowed_hosts):
            raise HostRefused
        if self._late >= LATE_ANSWERS_MAX:
            raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None when the client has gone."""
        limit = self._limits.of(scope["method"], scope["path"])
        length = _header(scope, b"content-length")
        if length.isdigit() and int(length) > limit:
            raise BodyTooLarge(details={"max_bytes": limit})
        expected = int(length) if length.isdigit() else limit
        seconds = self._body_seconds + max(0, expected - DEFAULT_BYTES) / _SLOW_BYTES_PER_SECOND
        with self._bodies.one_more(_address(scope), expected):
            try:
                async with asyncio.timeout(seconds):
                    return await _whole_body(receive, limit)
            except TimeoutError:
                raise BodyTooSlow(details={"seconds": round(seconds, 1)}) from None

    async def _linger(self, scope: Scope, receive: Receive) -> None:
        """Read on, and throw away. Where as many bodies are read as may be, nobody is waited for."""
        with suppress(Unavailable), self._bodies.one_more(_address(scope), 0):
            await _drain(receive)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's answer, or a refusal after the deadline. The work goes on, for it may be about to commit."""
        outlet = _Outlet(send)
        task = self._tasks.start(scope["path"], self._run(scope, receive, outlet.send))
        is_streamed = scope["path"].endswith(_STREAMED)
        done, _ = await asyncio.wait({task}, timeout=self._idle_seconds if is_streamed else self._deadline_seconds)
        if done or outlet.has_begun:
            await self._finish(scope, task, outlet)
            return
        outlet.is_shut = True
        REQUESTS_LATE.inc()
        log.warning("request_late", method=scope["method"], path=scope["path"], seconds=self._deadline_seconds)
        self._late += 1
        task.add_done_callback(self._came_late)
        is_safe = scope["method"] in _SAFE_METHODS
        has_key = scope["method"] == "PUT" or bool(_header(scope, b"idempotency-key"))
        await _refuse(send, Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS) if is_safe else outcome_unknown(has_key=has_key))

    async def _finish(self, scope: Scope, task: asyncio.Task[None], outlet: _Outlet) -> None:
        """What has begun to answer is interrupted only when nothing moves any more: neither we make anything nor the client takes it."""
        while not task.done():
            left = outlet.moved_at + self._idle_seconds - monotonic()
            if left > 0:
                await asyncio.wait({task}, timeout=left)
                continue
            log.warning("answer_stands_still", method=scope["method"], path=scope["path"], seconds=self._idle_seconds)
            task.cancel()
            await asyncio.wait({task})
            return
        await task

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
        self.moved_at = monotonic()

    async def send(self, message: Message) -> None:
        if not self.is_shut:
            self.has_begun = True
            self.moved_at = monotonic()
            await self._send(message)
            self.moved_at = monotonic()


def _has_body(scope: Scope) -> bool:
    return _header(scope, b"content-length") not in {"", "0"} or bool(_header(scope, b"transfer-encoding"))


async def _whole_body(receive: Receive, limit: int) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLarge(details={"max_bytes": limit})
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


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])


async def _refuse(send: Send, error: AppError, linger: Callable[[], Awaitable[None]] | None = None) -> None:
    """Answer, and hang up. A client that is still sending gets a while to see the answer (`linger`): a connection that is closed with
    unread bytes is reset, and what we said is lost with it.
    """
    body = problem_body(error)
    headers = {**problem_headers(error), "connection": "close", "content-length": str(len(body))}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.http_status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": linger is not None})
    if linger is not None:
        await linger()
        await send({"type": "http.response.body", "body": b""})


async def _drain(receive: Receive) -> None:
    taken = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while taken < LINGER_BYTES:
                message = await receive()
                taken += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
