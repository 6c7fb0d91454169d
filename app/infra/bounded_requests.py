"""Bounds what one HTTP request may cost: its body, the time until its answer and between its parts, and for which host it may ask.

A body is read whole before the application sees the request (`app/infra/request_bodies.py`), so one that is too large or drips is
refused in one place.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AppError, BadRequest, Unavailable
from app.infra.problems import problem_body, problem_headers
from app.infra.request_bodies import BodyLimit, RequestBodies, header_of
from app.infra.stores_away import unknown_change
from app.infra.tasks import TaskOwner

log = structlog.get_logger(__name__)

# Requests whose answer came too late and whose work still goes on; beyond that, new ones are refused.
LATE_ANSWERS_MAX = 500
# The first part of a file may take longer than a page; after that no part may take longer than this to be made. How long it may take
# to be read is bounded in app/infra/bounded_http.py.
FIRST_PART_SECONDS = 60.0
PART_SECONDS = 90.0
# What a refused client may go on sending before the connection is cut, so that it comes to read the refusal.
LINGER_BYTES = 1024 * 1024
LINGER_SECONDS = 2.0
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_STREAMED = (".zip", "/metrics")
# Asked by whoever watches over this process, by its address and whatever else is going on.
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_RETRY_AFTER_SECONDS = 2.0


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

    def __init__(
        self, app: ASGIApp, *, allowed_hosts: Sequence[str], deadline_seconds: float, body_limits: Iterable[BodyLimit] = ()
    ) -> None:
        self._app = app
        self._allowed_hosts = tuple(host.lower() for host in allowed_hosts)
        self._deadline_seconds = deadline_seconds
        self._bodies = RequestBodies(body_limits)
        self._late = 0
        self._tasks = TaskOwner("requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            if scope["path"] not in _PROBES:
                if not host_allowed(header_of(scope, b"host"), self._allowed_hosts):
                    raise HostRefused
                if self._late >= LATE_ANSWERS_MAX:
                    raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)
            body = await self._bodies.read(scope, receive)
        except AppError as error:
            await _refuse(receive, send, error)
            return
        if body is not None:
            await self._answer_in_time(scope, _once(body, receive), send)

    async def _answer_in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's answer, or a refusal after the deadline. The work then goes on, for it may be about to commit."""
        outlet = _Outlet(send)
        task = self._tasks.start(scope["path"], self._run(scope, receive, outlet.send))
        seconds = FIRST_PART_SECONDS if scope["path"].endswith(_STREAMED) else self._deadline_seconds
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if done or outlet.has_begun:
            await self._finish(scope, task, outlet)
            return
        outlet.is_shut = True
        log.warning("request_late", method=scope["method"], path=scope["path"], seconds=seconds)
        self._late += 1
        task.add_done_callback(self._came_late)
        if scope["method"] in _READS:
            await _answer(send, Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS), more=False)
        else:
            await _answer(send, unknown_change(has_key=bool(header_of(scope, b"idempotency-key"))), more=False)

    async def _finish(self, scope: Scope, task: asyncio.Task[None], outlet: _Outlet) -> None:
        """What has begun to answer goes on as long as its parts do. Whoever answers has committed, so it may be cancelled."""
        while not task.done():
            parts = outlet.parts
            await asyncio.wait({task}, timeout=PART_SECONDS)
            if not task.done() and outlet.parts == parts:
                log.warning("answer_stalled", method=scope["method"], path=scope["path"], parts=parts, seconds=PART_SECONDS)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                # the server sees an answer without its end, and closes the connection
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
        self.parts = 0
        self.is_shut = False

    @property
    def has_begun(self) -> bool:
        return self.parts > 0

    async def send(self, message: Message) -> None:
        if not self.is_shut:
            self.parts += 1
            await self._send(message)


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


async def _refuse(receive: Receive, send: Send, error: AppError) -> None:
    """Refuse a request whose body may still be under way: whoever is busy sending reads the answer only after a while."""
    await _answer(send, error, more=True)
    taken = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while taken < LINGER_BYTES:
                message = await receive()
                taken += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    break
    await send({"type": "http.response.body", "body": b""})


async def _answer(send: Send, error: AppError, *, more: bool) -> None:
    body = problem_body(error)
    headers = {**problem_headers(error), "content-length": str(len(body)), "connection": "close"}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.http_status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": more})
