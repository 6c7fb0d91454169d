"""Draws spans with OpenTelemetry's SDK and sends them as OTLP over HTTP. Loaded by `tracing.py`, and only where a collector is named.

Ended spans wait in a bounded queue for a thread that sends them; where the collector is away, slow or frozen, further ones are dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags, set_span_in_context

from app.infra.tracing import Attributes, Drawn, Place, Value

_CLOSE_SECONDS = 0.5
_UNNAMED = "unknown_service"
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_FAILED = Status(StatusCode.ERROR)


class _Drawn:
    """Our face of a span of the SDK's."""

    __slots__ = ("_span", "place")

    def __init__(self, span: Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.place = Place(context.trace_id, context.span_id)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def set(self, name: str, value: Value) -> None:
        self._span.set_attribute(name, _plain(value))

    def end(self, *, failed: bool, at_ns: int | None = None) -> None:
        if failed:
            self._span.set_status(_FAILED)
        self._span.end(at_ns)


class SpanExporter:
    """One per process. Which spans are recorded, how many wait and how they are sent is said by the SDK's own environment variables."""

    def __init__(self, endpoint: str, process: str) -> None:
        resource = Resource.create()
        own: dict[str, str | int] = {"ocop.process": process, "process.pid": os.getpid()}
        if str(resource.attributes.get(SERVICE_NAME, _UNNAMED)).startswith(_UNNAMED):
            own[SERVICE_NAME] = "ocop-live"
        # Its own hook at the process's end would wait for the collector without a bound of ours.
        self._provider = TracerProvider(resource=resource.merge(Resource({**own})), shutdown_on_exit=False)
        self._sender = OTLPSpanExporter(endpoint=endpoint)
        self._provider.add_span_processor(BatchSpanProcessor(self._sender))
        self._tracer = self._provider.get_tracer("ocop-live")

    def draw(
        self, name: str, attributes: Attributes, *, parent: Place | None, links: Sequence[Place], is_request: bool, began_ns: int | None
    ) -> Drawn | None:
        span = self._tracer.start_span(
            name,
            Context() if parent is None else set_span_in_context(NonRecordingSpan(_context_of(parent)), Context()),
            SpanKind.SERVER if is_request else SpanKind.INTERNAL,
            {key: _plain(value) for key, value in attributes.items()},
            [Link(_context_of(each)) for each in links],
            began_ns,
        )
        return _Drawn(span) if span.is_recording() and span.get_span_context().trace_flags.sampled else None

    async def close(self) -> None:
        """Send what waits; after half a second it is left. A thread that still hangs ends with the process."""
        loop, closed = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._provider.shutdown()
            with contextlib.suppress(RuntimeError):  # nobody waits any more, and the loop is closed
                loop.call_soon_threadsafe(closed.set)

        # A daemon: threads of a pool are waited for at the end of the loop.
        threading.Thread(target=shut_down, name="close-spans", daemon=True).start()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await closed.wait()
        except TimeoutError:
            # It tries again no more, and leaves what it has not begun to send.
            self._sender.shutdown()  # type: ignore[no-untyped-call]


def open_exporter(endpoint: str, process: str) -> SpanExporter:
    """To the collector at that address, for a process of ours of that name."""
    return SpanExporter(endpoint, process)


def _context_of(place: Place) -> SpanContext:
    return SpanContext(place.trace_id, place.span_id, is_remote=True, trace_flags=_SAMPLED)


def _plain(value: Value) -> str | int | float | bool:
    return value if isinstance(value, (str, int, float, bool)) else str(value)
