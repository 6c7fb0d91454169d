"""Gives every HTTP request an id, which its log lines and its answer carry, and counts it."""

from __future__ import annotations

from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.infra.bounded_requests import PROBES
from app.infra.clock import monotonic
from app.infra.counters import REQUEST_SECONDS, REQUESTS

REQUEST_ID_HEADER = "x-request-id"
_NO_ANSWER = "none"


class RequestTrace:
    """ASGI middleware, the outermost: what refuses a request further in is counted, too. Sockets and probes pass."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        # Ours, never the client's: whoever may choose it can make two requests look like one.
        request_id, answer, began = uuid4().hex[:16], _NO_ANSWER, monotonic()

        async def traced(message: Message) -> None:
            nonlocal answer
            if message["type"] == "http.response.start":
                answer = f"{message['status'] // 100}xx"
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._app(scope, receive, traced)
            finally:
                REQUESTS.labels(answer).inc()
                REQUEST_SECONDS.observe(monotonic() - began)
