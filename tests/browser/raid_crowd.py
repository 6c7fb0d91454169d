"""A hundred trolls behind twenty devices and a crowd of honest viewers, on real sockets from a thread of their own, seeded."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.infra.key_ring import KeyRing
from app.realtime.tickets import TICKET_COOKIE, TicketSigner, new_device_id

TROLL_DEVICES, TROLL_SOCKETS_EACH, SLY_DEVICES = 20, 5, 3
HONEST, NEWCOMERS = 18, 4
TROLL_NAME, HONEST_NAME = "Kẻ phá", "Bà con"
# What rules know, in disguises too, with what they cannot know among it; the sly say only the latter.
_KNOWN = (
    "đồ ngu như bò bán với chả buôn {n}",
    "đ.ị.t m.ẹ shop {n}",
    "l ừ a  đ ả o đ*t m3 chó đẻ {n}",
    "vay tiền nhanh không thế chấp lãi thấp {n}",
    "vào keo88.com nhận thưởng {n}",
    "bit . ly/x{n} trúng thưởng lớn",
    "việc nhẹ lương cao liên hệ em {n}",
    "phiên này toàn hàng giả mọi người về hết đi đừng mua nữa",
)
_UNKNOWN = ("hàng rởm ế từ năm ngoái rồi {n}", "bà bán hàng nói dối như cuội {n}", "ăn vào đau bụng đấy {n}", "về đi chán phèo {n}")
_HONEST = (
    "bưởi loại {n} quả một hộp còn không ạ {n}",
    "ship về Vinh mấy ngày hả chị {n}",
    "hôm trước mua {n} hộp ngon lắm",
    "chốt {n} hũ mật nhé shop {n}",
)


@dataclass
class Talk:
    """What was said and seen; written by the crowd's thread, read when it has ended, or as a copy."""

    troll_texts: set[str] = field(default_factory=set)
    honest_texts: set[str] = field(default_factory=set)
    honest_refused: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    tried: int = 0


class Crowd:
    """`begins` starts the honest ones, `raid` the trolls; `ends` stops all of them."""

    def __init__(self, base: str, session_id: str, secret: str, *, seed: int) -> None:
        self.talk = Talk()
        self._url = f"{base.replace('http', 'ws', 1)}/ws/sessions/{session_id}"
        self._base = base
        self._signer = TicketSigner(KeyRing(secret))
        self._choice = random.Random(seed)  # noqa: S311 - to be repeated
        self._raid, self._over = threading.Event(), threading.Event()
        self._here = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="crowd")

    def begins(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + 60
        while self._here < HONEST + TROLL_DEVICES * TROLL_SOCKETS_EACH:
            assert time.monotonic() < deadline, self._here
            time.sleep(0.1)

    def raid(self) -> None:
        self._raid.set()

    def ends(self) -> None:
        self._over.set()
        self._thread.join(timeout=30)

    def ticket(self, *, known_for_seconds: int) -> str:
        """The ticket of a device that the service gave it so long ago."""
        return self._signer.issue(new_device_id(int((time.time() - known_for_seconds) * 1000)))[1]

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(HONEST):
                age = 5 if number < NEWCOMERS else 900
                group.create_task(self._honest(number, self.ticket(known_for_seconds=age)))
            for number in range(TROLL_DEVICES):
                ticket = self.ticket(known_for_seconds=300)
                for socket in range(TROLL_SOCKETS_EACH):
                    group.create_task(self._troll(number, ticket, random.Random(self._choice.random() + socket)))  # noqa: S311

    async def _enters(self, ticket: str, name: str, address: str) -> ClientConnection:
        headers = {"Cookie": f"{TICKET_COOKIE}={ticket}", "X-Forwarded-For": address}
        socket = await connect(self._url, additional_headers=headers, origin=self._base, open_timeout=30)  # type: ignore[arg-type]  # any text
        await socket.send(json.dumps({"type": "viewer.hello", "id": "hello", "version": 1, "name": name}))
        self._here += 1
        return socket

    async def _troll(self, number: int, ticket: str, choice: random.Random) -> None:
        socket = await self._enters(ticket, f"{TROLL_NAME} {number:02}", f"198.51.100.{number + 1}")
        reading = asyncio.ensure_future(self._reads(socket))
        said = 0
        with suppress(ConnectionClosed):
            while not self._over.is_set():
                await asyncio.sleep(choice.uniform(1.0, 3.0))
                if not self._raid.is_set():
                    continue
                words = _UNKNOWN if number < SLY_DEVICES else _UNKNOWN + _KNOWN
                text = choice.choice(words).format(n=choice.randrange(1_000, 9_999))
                self.talk.troll_texts.add(text)
                self.talk.tried += 1
                said += 1
                await socket.send(json.dumps({"type": "comment.post", "id": f"t{said}", "text": text}))
        await socket.close()
        reading.cancel()

    async def _honest(self, number: int, ticket: str) -> None:
        choice = random.Random(number)  # noqa: S311
        socket = await self._enters(ticket, f"{HONEST_NAME} {number:02}", f"203.0.113.{number + 1}")
        waiting: dict[str, str] = {}
        reading = asyncio.ensure_future(self._reads(socket, waiting))
        said = 0
        await asyncio.sleep(choice.uniform(0, 5))
        while not self._over.is_set():
            said += 1
            text = choice.choice(_HONEST).format(n=100 * number + said)
            waiting[f"h{said}"] = text
            await socket.send(json.dumps({"type": "comment.post", "id": f"h{said}", "text": text}))
            for _ in range(26):  # slower than the strict room's ten seconds
                if self._over.is_set():
                    break
                await asyncio.sleep(0.5)
        await asyncio.sleep(1.5)
        await socket.close()
        reading.cancel()

    async def _reads(self, socket: ClientConnection, waiting: dict[str, str] | None = None) -> None:
        """Keep what comes; trolls only take it."""
        with suppress(ConnectionClosed):
            async for text in socket:
                if waiting is None:
                    continue
                frame = json.loads(text)
                if (words := waiting.pop(str(frame.get("id")), None)) is not None:
                    if frame["type"] == "command.done":
                        self.talk.honest_texts.add(words)
                    elif frame.get("code") not in {"new_viewer_waits", "comments_too_fast"}:
                        self.talk.honest_refused.append(frame)
                for each in frame.get("events", ()):
                    if each["event"]["type"] == "comment.posted":
                        comment = each["event"]["comment"]
                        self.talk.seen[comment["id"]] = comment
