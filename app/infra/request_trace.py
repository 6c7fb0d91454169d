"""Gives every HTTP request an id, which its log lines and its answer carry, counts it, and begins its trace."""

from __future__ import annotations

from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.infra import tracing
from app.infra.bounded_requests import PROBES
from app.infra.clock import monotonic
from app.infra.counters import REQUEST_SECONDS, REQUESTS

REQUEST_ID_HEADER = "x-request-id"
_NO_ANSWER = "none"
# Viewers without a socket ask for these round after round: nobody looks for a trace of that.
PER_ROUND = ("/tick", "/presence")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})


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
                span.set("http.response.status_code", message["status"])
                if message["status"] >= 500:
                    span.fail(str(message["status"]))
                answer = f"{message['status'] // 100}xx"
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id), _span(scope, request_id) as span:
            try:
                await self._app(scope, receive, traced)
            finally:
                REQUESTS.labels(answer).inc()
                REQUEST_SECONDS.observe(monotonic() - began)
                _name(span, scope)


def _span(scope: Scope, request_id: str) -> tracing.Span:
    """Never a part of the trace that a `traceparent` header names: who sends it could choose what we record."""
    if scope["path"].endswith(PER_ROUND):
        return tracing.NO_SPAN
    method = _method(scope)
    return tracing.root(method, {"http.request.method": method, "ocop.request_id": request_id}, is_request=True)


def _name(span: tracing.Span, scope: Scope) -> None:
    """By the route alone, which is known only now: paths hold what opens an order's page, and what strangers type."""
    if (route := getattr(scope.get("route"), "path", None)) is not None:
        span.set("http.route", route)
        span.rename(f"{_method(scope)} {route}")


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "_OTHER"
