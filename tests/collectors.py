"""An OpenTelemetry collector in the test's event loop: takes spans over HTTP, keeps them, or only pretends to take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Behaviour = Literal["answers", "frozen", "away"]


class Received:
    """A span as it arrived, with what its process says of itself."""

    def __init__(self, span: Span, resource: dict[str, object]) -> None:
        self.name = span.name
        self.trace_id = span.trace_id.hex()
        self.span_id = span.span_id.hex()
        self.parent_id = span.parent_span_id.hex()
        self.links = [link.span_id.hex() for link in span.links]
        self.has_failed = span.status.code == 2
        self.seconds = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
        self.attributes = {each.key: _value(each.value) for each in span.attributes}
        self.resource = resource

    def __repr__(self) -> str:
        return f"{self.name} {self.attributes}"


class Collector:
    """`frozen`: takes connections and bytes, and never says anything. `away`: nobody listens at its address."""

    def __init__(self) -> None:
        self.address = ""
        self.bodies: list[bytes] = []
        self.heads: list[bytes] = []
        self.spans: list[Received] = []
        self.is_asked = asyncio.Event()
        self._arrived = asyncio.Condition()

    async def sees(self, fits: Callable[[Received], bool], *, within: float = 20) -> Received:
        """The first span that fits, once it has come."""
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: any(map(fits, self.spans)))
        return next(filter(fits, self.spans))

    async def sees_named(self, name: str) -> Received:
        return await self.sees(lambda span: span.name == name)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.is_asked.set()
                lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                body = await reader.readexactly(int(lengths[0]))
                if not answers:
                    continue
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
                await self._keep(head, body)
        writer.close()

    async def _keep(self, head: bytes, body: bytes) -> None:
        async with self._arrived:
            self.heads.append(head)
            self.bodies.append(body)
            for part in ExportTraceServiceRequest.FromString(body).resource_spans:
                resource = {each.key: _value(each.value) for each in part.resource.attributes}
                self.spans += [Received(span, resource) for scope in part.scope_spans for span in scope.spans]
            self._arrived.notify_all()


def _value(value: object) -> object:
    kind = value.WhichOneof("value")  # type: ignore[attr-defined]  # protobuf's AnyValue
    return getattr(value, kind)


@asynccontextmanager
async def a_collector(behaviour: Behaviour = "answers") -> AsyncIterator[Collector]:
    collector = Collector()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await collector.take(reader, writer, answers=behaviour == "answers")

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    collector.address = "http://{}:{}".format(*server.sockets[0].getsockname()[:2])
    if behaviour == "away":
        server.close()
    try:
        yield collector
    finally:
        server.close()
