"""A viewer's socket without a websocket library: sends any bytes at any pace, and tells exactly what comes back."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from app.infra.key_ring import KeyRing
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from tests.live.market import SECRET, Market, Node
from tests.patience import NEWS_SECONDS

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = b"\x37\xfa\x21\x3d"


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True, length: int | None = None) -> bytes:
    """A client's frame, right or wrong. `length` claims another length than the payload has."""
    claimed = len(payload) if length is None else length
    head = bytes((0x80 * fin | rsv << 4 | opcode,))
    bit = 0x80 if masked else 0
    if claimed < 126:
        head += bytes((bit | claimed,))
    elif claimed < 65_536:
        head += struct.pack("!BH", bit | 126, claimed)
    else:
        head += struct.pack("!BQ", bit | 127, claimed)
    if not masked:
        return head + payload
    whole = (len(payload) + 3) // 4 * MASK
    return head + MASK + bytes(a ^ b for a, b in zip(payload, whole, strict=False))


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, struct.pack("!H", code) + reason)


def upgrade(market: Market, *, session: str | None = None, drop: str = "", address: str = "", **changed: str) -> bytes:
    """A browser's upgrade request with some headers changed (`sec_websocket_key="…"`) or one left out."""
    address = address or market.node.address
    _, ticket = TicketSigner(KeyRing(SECRET)).issue()
    headers = {
        "Host": address,
        "Upgrade": "websocket",
        "Connection": "keep-alive, Upgrade",
        "Origin": f"http://{address}",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Cookie": f"theme=dark; {TICKET_COOKIE}={ticket}",
    }
    for name, value in changed.items():
        headers[name.replace("_", "-").title().replace("Websocket", "WebSocket")] = value
    headers.pop(drop, None)
    lines = [f"GET /ws/sessions/{session or market.session_id} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


class RawSocket:
    """The client's end after the handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes, *, chopped: int = 0) -> None:
        """Write bytes, at once or in pieces of `chopped` bytes."""
        # The server may have closed by now: what it said before is what matters.
        with suppress(ConnectionError):
            for start in range(0, len(data), chopped or len(data) or 1):
                self.writer.write(data[start : start + (chopped or len(data))])
                await self.writer.drain()
                if chopped:
                    await asyncio.sleep(0)

    async def frame(self, within: float = NEWS_SECONDS) -> tuple[int, bytes] | None:
        """Opcode and payload of the next frame; None at the end of the stream. The server must not mask, fragment or use extensions."""
        async with asyncio.timeout(within):
            try:
                first, second = await self.reader.readexactly(2)
                length = second
                if second == 126:
                    length = struct.unpack("!H", await self.reader.readexactly(2))[0]
                elif second == 127:
                    length = struct.unpack("!Q", await self.reader.readexactly(8))[0]
                payload = await self.reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
        assert first & 0xF0 == 0x80, f"first byte {first:#x}"
        return first & 0x0F, payload

    async def until(self, *opcodes: int, within: float = NEWS_SECONDS) -> tuple[int, bytes] | None:
        """The next frame of one of these kinds; None at the end of the stream."""
        async with asyncio.timeout(within):
            while (found := await self.frame(within)) is not None and found[0] not in opcodes:
                pass
        return found

    async def reply(self, within: float = NEWS_SECONDS) -> dict[str, Any]:
        """The next frame that answers something, so no tick."""
        async with asyncio.timeout(within):
            while True:
                found = await self.until(TEXT, CLOSE, within=within)
                assert found is not None, "the stream ended"
                assert found[0] == TEXT, found
                message: dict[str, Any] = json.loads(found[1])
                if message["type"] not in {"room.tick", "server.leaving"}:
                    return message

    async def close_code(self, within: float = NEWS_SECONDS) -> int | None:
        """The code of the server's close frame; 1005 when it has none, None when the stream ends without a close frame."""
        found = await self.until(CLOSE, within=within)
        if found is None:
            return None
        return struct.unpack("!H", found[1][:2])[0] if found[1] else 1005

    async def ended(self, within: float = NEWS_SECONDS) -> bool:
        """Whether the server ends the stream in time; frames before that are passed over."""
        try:
            return await self.until(within=within) is None
        except TimeoutError:
            return False

    async def hello(self) -> dict[str, Any]:
        await self.send(frame(TEXT, b'{"type":"viewer.hello","id":"h","version":1}'))
        return await self.reply()


@asynccontextmanager
async def raw_socket(
    market: Market, *, node: Node | None = None, receive_buffer: int | None = None, device: UUID | None = None
) -> AsyncIterator[RawSocket]:
    """A socket whose upgrade was accepted; hello is not said."""
    address = (node or market.node).address
    host, port = address.split(":")
    client = socket.socket()
    if receive_buffer is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=client, limit=2**12 if receive_buffer else 2**16)
    cookie = {} if device is None else {"cookie": f"{TICKET_COOKIE}={TicketSigner(KeyRing(SECRET)).issue(device)[1]}"}
    try:
        writer.write(upgrade(market, address=address, **cookie))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        yield RawSocket(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def a_connection(market: Market) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, port = market.node.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        async with asyncio.timeout(15):
            yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def ask(market: Market, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to raw bytes."""
    async with a_connection(market) as (reader, writer):
        writer.write(data)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status = int(head.split(" ")[1])
        body = b"" if status == 101 else await reader.read()
    lines = [line.split(": ", 1) for line in head.split("\r\n")[1:] if line]
    headers = {name.lower(): value for name, value in lines}
    return status, headers, body
