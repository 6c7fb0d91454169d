"""A proxy for one server that loses chosen answers: the server has done its work, the client never hears of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

_CHUNK = 65_536


@dataclass(slots=True)
class LossyProxy:
    """Bytes that a client sends are shown to `loses_answer`; when it says True, they are passed on and the answer is not.

    With `loses_request` they are not passed on either. Both ends are then closed, as a broken network would do.
    """

    loses_answer: Callable[[bytes], bool] = lambda data: False
    loses_request: Callable[[bytes], bool] = lambda data: False
    lost: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def carry(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._writers |= {client[1], server[1]}
        armed = asyncio.Event()
        both = [
            asyncio.ensure_future(self._requests(client[0], server[1], armed)),
            asyncio.ensure_future(self._answers(server[0], client[1], armed)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for half in both:
                half.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for writer in (client[1], server[1]):
                self._writers.discard(writer)
                writer.transport.abort()

    def cut(self) -> None:
        """Break every connection now."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, armed: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self.loses_request(data):
                    self.lost += 1
                    return
                if self.loses_answer(data):
                    armed.set()
                writer.write(data)
                await writer.drain()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, armed: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if armed.is_set():
                    # The server has answered, so its work is done; nobody will know.
                    self.lost += 1
                    return
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def proxy_to_socket(proxy: LossyProxy, server: Path, listen: Path) -> AsyncIterator[Path]:
    """A unix socket at `listen` that stands for the one at `server`."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await proxy.carry((reader, writer), await asyncio.open_unix_connection(server))

    async with await asyncio.start_unix_server(accept, listen):
        try:
            yield listen
        finally:
            proxy.cut()
            await asyncio.sleep(0)


@asynccontextmanager
async def proxy_to_port(proxy: LossyProxy, server_port: int) -> AsyncIterator[int]:
    """A local port that stands for `server_port`; while nobody listens there, connections are refused by closing them."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server = await asyncio.open_connection("127.0.0.1", server_port)
        except OSError:
            writer.transport.abort()
            return
        await proxy.carry((reader, writer), server)

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as listening:
        try:
            yield int(listening.sockets[0].getsockname()[1])
        finally:
            proxy.cut()
            await asyncio.sleep(0)


def once(condition: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    """True the first time the condition holds, never again."""
    used = False

    def holds(data: bytes) -> bool:
        nonlocal used
        if used or not condition(data):
            return False
        used = True
        return True

    return holds
