"""The protocol client keeps the rules of docs/protocol.md, whatever a server says to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from websockets.asyncio.server import ServerConnection, serve

from app.protocol.base import ResumePosition
from app.protocol.examples import SERVER_EXAMPLES
from app.protocol.server_events import LoggedEvent, ProductPinned, RoomResumed, RoomSnapshot, RoomTick
from app.rehearsal.client import CommandRefused, ConnectionLost, ConnectionRefused, RoomClient

EPOCH = "epoch-1"
SNAPSHOT = next(example for example in SERVER_EXAMPLES if isinstance(example, RoomSnapshot))

Script = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def a_server(script: Script) -> AsyncIterator[str]:
    """A server that says exactly what a test wants; yields its address."""
    async with serve(script, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def hear(socket: ServerConnection) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(await socket.recv())
    return said


def a_snapshot(command_id: str, *, offset: int) -> str:
    return SNAPSHOT.model_copy(update={"id": command_id, "epoch": EPOCH, "offset": offset}).model_dump_json()


def a_pin(offset: int) -> LoggedEvent:
    """An event that carries its own offset, so that a test sees which ones were applied."""
    return LoggedEvent(offset=offset, at_ms=offset, event=ProductPinned(product_id=UUID(int=offset)))


def a_tick(after: int, *events: LoggedEvent, epoch: str = EPOCH) -> str:
    last = events[-1].offset if events else after
    return RoomTick(epoch=epoch, after=after, offset=last, server_time_ms=1, events=events).model_dump_json()


def a_resumed(command_id: str, *events: LoggedEvent) -> str:
    return RoomResumed(
        id=command_id, version=1, epoch=EPOCH, offset=events[-1].offset, server_time_ms=1, events=events, counts=SNAPSHOT.counts
    ).model_dump_json()


def watched(client: RoomClient) -> list[int]:
    """The offsets of the pins that the client applies from now on."""
    seen: list[int] = []
    client.on_event = lambda event: seen.append((event.product_id or UUID(int=0)).int) if isinstance(event, ProductPinned) else None
    return seen


async def test_a_gap_is_mended_by_a_hello_and_every_event_is_applied_once_in_order() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send(a_snapshot((await hear(socket))["id"], offset=5))
        await socket.send(a_tick(5, a_pin(6)))
        await socket.send(a_tick(8, a_pin(9)))
        await socket.send(a_tick(9, a_pin(10)))
        hello = await hear(socket)
        assert (hello["type"], hello["resume"]) == ("viewer.hello", {"epoch": EPOCH, "offset": 6})
        await socket.send(a_resumed(hello["id"], a_pin(7), a_pin(8), a_pin(9), a_pin(10)))
        await socket.send(a_tick(9, a_pin(10), a_pin(11)))
        await socket.wait_closed()

    client = RoomClient()
    seen = watched(client)
    async with a_server(script) as url:
        await client.open(url, {})
        await client.wait_until(lambda room: room.position == ResumePosition(epoch=EPOCH, offset=11), within=3)
        await client.close()

    assert seen == [6, 7, 8, 9, 10, 11]


async def test_a_new_epoch_is_not_applied_but_asked_about() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send(a_snapshot((await hear(socket))["id"], offset=5))
        await socket.send(a_tick(0, a_pin(1), epoch="epoch-2"))
        hello = await hear(socket)
        snapshot = SNAPSHOT.model_copy(update={"id": hello["id"], "epoch": "epoch-2", "offset": 1})
        await socket.send(snapshot.model_dump_json())
        await socket.wait_closed()

    client = RoomClient()
    seen = watched(client)
    async with a_server(script) as url:
        await client.open(url, {})
        await client.wait_until(lambda room: room.snapshots == 2, within=3)
        await client.close()

    assert seen == []
    assert client.position == ResumePosition(epoch="epoch-2", offset=1)


async def test_a_client_that_is_opened_again_says_where_it_was() -> None:
    hellos: list[dict[str, Any]] = []

    async def script(socket: ServerConnection) -> None:
        hellos.append(await hear(socket))
        if len(hellos) == 1:
            await socket.send(a_snapshot(hellos[0]["id"], offset=5))
            await socket.close(4001)
        else:
            await socket.send(a_resumed(hellos[1]["id"], a_pin(6)))
            await socket.wait_closed()

    client = RoomClient(name="Lan")
    seen = watched(client)
    async with a_server(script) as url:
        await client.open(url, {})
        code = await client.wait_closed(within=3)
        await client.open(url, {})
        await client.close()

    assert (code, ConnectionLost(code).come_back) == (4001, True)
    assert hellos[1]["resume"] == {"epoch": EPOCH, "offset": 5}
    assert seen == [6]


async def test_a_refused_command_a_lost_answer_and_a_refused_upgrade_are_told_apart() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send(a_snapshot((await hear(socket))["id"], offset=5))
        comment = await hear(socket)
        failed = {"type": "command.failed", "id": comment["id"], "code": "rate_limited", "message": "slower", "retryable": True}
        await socket.send(json.dumps(failed | {"retry_after_ms": 900, "details": {}}))
        await hear(socket)
        await socket.close(4500)

    client = RoomClient()
    async with a_server(script) as url:
        await client.open(url, {})
        with pytest.raises(CommandRefused) as refused:
            await client.comment("chào cả nhà")
        with pytest.raises(ConnectionLost) as lost:
            await client.like(3)
    with pytest.raises(OSError):  # noqa: PT011 - whatever the system says when nobody listens
        await client.open(url, {})

    assert (refused.value.failed.code, refused.value.failed.retry_after_ms) == ("rate_limited", 900)
    assert (lost.value.code, lost.value.come_back) == (4500, False)


async def test_a_refusal_before_the_upgrade_carries_its_status_and_pause() -> None:
    async def full(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(full, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionRefused) as refused:
            await RoomClient().open(f"ws://127.0.0.1:{port}/", {})

    assert (refused.value.status, refused.value.retry_after_seconds) == (503, 7.0)


async def test_wait_for_returns_each_event_once_and_gives_up_in_time() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send(a_snapshot((await hear(socket))["id"], offset=5))
        await socket.send(a_tick(5, a_pin(6), a_pin(7)))
        await socket.wait_closed()

    client = RoomClient()
    async with a_server(script) as url:
        await client.open(url, {})
        second = await client.wait_for(ProductPinned, within=3, where=lambda event: event.product_id == UUID(int=7))
        first = await client.wait_for(ProductPinned, within=3)
        with pytest.raises(TimeoutError):
            await client.wait_for(ProductPinned, within=0.05)
        await client.close()

    assert (first.product_id, second.product_id) == (UUID(int=6), UUID(int=7))
