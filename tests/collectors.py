"""An OpenTelemetry collector in the test's event loop: takes spans over HTTP, keeps them, or only pretends to take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

# frozen: takes connections and bytes, and never says anything. slow: begins to answer, and goes on doing so. away: nobody listens.
Behaviour = Literal["answers", "frozen", "slow", "away"]
_ERROR = 2


class Received:
    """A span as it arrived, with what its process says of itself."""

    def __init__(self, span: Span, resource: dict[str, object]) -> None:
        self.name = span.name
        self.trace_id = span.trace_id.hex()
        self.span_id = span.span_id.hex()
        self.parent_id = span.parent_span_id.hex()
        self.links = [link.span_id.hex() for link in span.links]
        self.has_failed = span.status.code == _ERROR
        self.attributes = {each.key: _value(each.value) for each in span.attributes}
        self.resource = resource


class Collector:
    """Its `behaviour` may change while it listens."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.address = ""
        self.bodies: list[bytes] = []
        self.heads: list[bytes] = []
        self.spans: list[Received] = []
        self.is_asked = asyncio.Event()
        self._arrived = asyncio.Condition()
        self._lines: set[asyncio.StreamWriter] = set()

    async def sees(self, fits: Callable[[Received], bool], *, within: float = 30) -> Received:
        """The first span that fits, once it has come."""
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: any(map(fits, self.spans)))
        return next(filter(fits, self.spans))

    async def sees_named(self, name: str) -> Received:
        return await self.sees(lambda span: span.name == name)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its other end closes it."""
        self._lines.add(writer)
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.is_asked.set()
                [length] = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                body = await reader.readexactly(int(length))
                if self.behaviour == "slow":
                    await self._drip(writer)
                elif self.behaviour == "answers":
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
                    await self._keep(head, body)
        self._lines.discard(writer)
        writer.close()

    def hang_up(self) -> None:
        for line in self._lines:
            line.transport.abort()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"x: y\r\n")
            await writer.drain()
            await asyncio.sleep(0.2)

    async def _keep(self, head: bytes, body: bytes) -> None:
        async with self._arrived:
            self.heads.append(head)
            self.bodies.append(body)
            for part in ExportTraceServiceRequest.FromString(body).resource_spans:
                resource = {each.key: _value(each.value) for each in part.resource.attributes}
                self.spans += [Received(span, resource) for scope in part.scope_spans for span in scope.spans]
            self._arrived.notify_all()


def has(name: str, value: object) -> Callable[[Received], bool]:
    """Fits the spans with this attribute."""
    return lambda span: span.attributes.get(name) == str(value)


def _value(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    return None if kind is None else getattr(value, kind)


@asynccontextmanager
async def a_collector(behaviour: Behaviour = "answers") -> AsyncIterator[Collector]:
    """Listens while it is open; whoever begins to send to it meanwhile does so every fiftieth of a second instead of every five."""
    collector = Collector(behaviour)
    server = await asyncio.start_server(collector.take, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    collector.address = f"http://{host}:{port}"
    if behaviour == "away":
        server.close()
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
            yield collector
    finally:
        server.close()
        collector.hang_up()
