"""One process of clickers: websockets as bare asyncio protocols that send prepared frames at planned moments.

Started by `benchmarks/orders_service.py` with its plan as JSON on stdin; it answers with a line of JSON when all are connected, and
with another when all clicks are answered.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from base64 import b64encode
from collections import Counter
from os import urandom
from random import Random
from typing import Any, cast
from uuid import UUID

import uvloop
from typing_extensions import override

from app.infra.clock import monotonic
from app.infra.serving import calm_garbage_collection
from app.protocol.base import PROTOCOL_VERSION
from app.realtime.tickets import TICKET_COOKIE
from benchmarks.orders_market import COMMUNE_CODE, PROVINCE_CODE, phone_of

_CONNECTING_AT_ONCE = 50
_TURN_SECONDS = 0.002
_LONG = 126
_FINAL_TEXT = 0x81
_MASKED = 0x80


class Clicker(asyncio.Protocol):
    """One viewer's socket. Frames are masked with zeros, which is allowed and leaves the payload as it is."""

    def __init__(self, run: Run, path: str, ticket: str) -> None:
        self._run = run
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {b64encode(urandom(16)).decode()}\r\nCookie: {TICKET_COOKIE}={ticket}\r\n\r\n"
        ).encode()
        self._received = b""
        self._upgraded = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)

    @override
    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        if not self._upgraded:
            head, end, received = received.partition(b"\r\n\r\n")
            if not end:
                self._received = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(ConnectionError(head[:200].decode("latin-1")))
                return
            self._upgraded = True
            self.transport.write(masked(f'{{"type":"viewer.hello","id":"h","version":{PROTOCOL_VERSION}}}'.encode()))
        self._received = self._take_frames(received)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._run.lost += 1
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError("closed"))

    def _take_frames(self, received: bytes) -> bytes:
        position, end = 0, len(received)
        while end - position >= 2:
            length, start = received[position + 1], position + 2
            if length == _LONG:
                if end - start < 2:
                    break
                length, start = int.from_bytes(received[start : start + 2], "big"), start + 2
            elif length > _LONG:
                if end - start < 8:
                    break
                length, start = int.from_bytes(received[start : start + 8], "big"), start + 8
            if end - start < length:
                break
            self._take(received[start : start + length])
            position = start + length
        return received[position:]

    def _take(self, payload: bytes) -> None:
        if b'"type":"order.placed"' in payload:
            self._run.answered(payload, "placed")
        elif b'"type":"command.failed"' in payload:
            self._run.answered(payload, _between(payload, b'"code":"'))
        elif not self.ready.done() and b'"type":"room.snapshot"' in payload:
            self.ready.set_result(None)


class Run:
    """Clicks at a steady pace over all sockets in turn; each is timed from its planned moment to its answer."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._count: int = plan["clicks"]
        self._rate: float = plan["rate"]
        self._frames = order_frames(UUID(plan["offer_id"]), self._count, seed=plan["seed"])
        self._answered_at = [0.0] * self._count
        self._left = self._count
        self._codes: Counter[str] = Counter()
        self._done = asyncio.Event()
        self.lost = 0

    async def connect(self) -> list[Clicker]:
        gate = asyncio.Semaphore(_CONNECTING_AT_ONCE)
        path = f"/ws/sessions/{self._plan['session_id']}"

        async def one(ticket: str) -> Clicker:
            async with gate:
                loop = asyncio.get_running_loop()
                _, clicker = await loop.create_connection(lambda: Clicker(self, path, ticket), "127.0.0.1", self._plan["port"])
                await asyncio.wait_for(clicker.ready, 30)
                return clicker

        return await asyncio.gather(*(one(ticket) for ticket in self._plan["tickets"]))

    async def click(self, clickers: list[Clicker]) -> dict[str, Any]:
        started = monotonic()
        for number, frame in enumerate(self._frames):
            if (ahead := started + number / self._rate - monotonic()) > 0:
                # Not for less than a turn: the loop would spend its time on timers.
                await asyncio.sleep(max(ahead, _TURN_SECONDS))
            if number % 256 == 0:
                # Behind the plan we do not sleep, but answers must still be read.
                await asyncio.sleep(0)
            clickers[number % len(clickers)].transport.write(frame)
        sending_seconds = monotonic() - started
        try:
            await asyncio.wait_for(self._done.wait(), self._plan["patience_seconds"])
        except TimeoutError:
            self._codes["unanswered"] += self._left
        taken = [at - started - number / self._rate for number, at in enumerate(self._answered_at) if at]
        return {
            "codes": dict(self._codes),
            "sending_seconds": sending_seconds,
            "last_answer_seconds": max(self._answered_at) - started,
            "lost_sockets": self.lost,
            "seconds": [round(each, 5) for each in taken],
        }

    def answered(self, payload: bytes, code: str) -> None:
        self._answered_at[int(_between(payload, b'"id":"'))] = monotonic()
        self._codes[code] += 1
        self._left -= 1
        if self._left == 0:
            self._done.set()


def masked(payload: bytes) -> bytes:
    """A client's text frame."""
    if len(payload) < _LONG:
        return bytes((_FINAL_TEXT, _MASKED | len(payload))) + bytes(4) + payload
    return struct.pack(">BBH", _FINAL_TEXT, _MASKED | _LONG, len(payload)) + bytes(4) + payload


def order_frames(offer_id: UUID, count: int, *, seed: int) -> list[bytes]:
    """Orders of one unit, each with a key and a phone number of its own; the command's id is its number."""
    random = Random(seed)  # noqa: S311 - benchmark input, no secret
    frames = []
    for number in range(count):
        key = UUID(int=random.getrandbits(128), version=4)
        frames.append(
            masked(
                f'{{"type":"order.place","id":"{number}","key":"{key}","lines":[{{"offer_id":"{offer_id}","quantity":1}}],'
                f'"buyer":{{"name":"Nguyễn Thị Lan","phone":"{phone_of(random.randrange(10_000_000))}",'
                f'"address":{{"province_code":{PROVINCE_CODE},"ward_code":{COMMUNE_CODE},"street":"12 đường Phan Đình Phùng"}}}}}}'.encode()
            )
        )
    return frames


def _between(payload: bytes, opening: bytes) -> str:
    start = payload.index(opening) + len(opening)
    return payload[start : payload.index(b'"', start)].decode()


async def main() -> None:
    loop = asyncio.get_running_loop()
    run = Run(json.loads(await loop.run_in_executor(None, sys.stdin.readline)))
    clickers = await run.connect()
    calm_garbage_collection()
    sys.stdout.write('{"connected":true}\n')
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.readline)
    result = await run.click(clickers)
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
