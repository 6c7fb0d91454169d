"""A hundred people who came to spoil a session: each with a device and a socket of its own, in a thread beside the browser."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import threading

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.realtime.tickets import TICKET_COOKIE

INSULT = "hàng dởm đừng mua"
_PAUSE_SECONDS = (2.0, 5.0)


class Trolls(threading.Thread):
    """They write until `go_home`. `answers` counts by type or code what they were answered."""

    def __init__(self, base: str, session_id: str, count: int) -> None:
        super().__init__(name="trolls")
        self._base, self._session_id, self._count = base, session_id, count
        self._stop = threading.Event()
        self.answers: dict[str, int] = {}
        self.echoes = 0

    def run(self) -> None:
        asyncio.run(self._spoil())

    def go_home(self) -> None:
        self._stop.set()
        self.join()

    async def _spoil(self) -> None:
        everybody = [asyncio.ensure_future(self._one(number)) for number in range(self._count)]
        while not self._stop.is_set():  # noqa: ASYNC110 - a thread's event
            await asyncio.sleep(0.1)
        for each in everybody:
            each.cancel()
        await asyncio.gather(*everybody, return_exceptions=True)

    async def _one(self, number: int) -> None:
        async with httpx2.AsyncClient(base_url=self._base, headers={"origin": self._base}) as client:
            answer = await client.post(f"/api/v1/sessions/{self._session_id}/tickets")
            ticket = answer.cookies[TICKET_COOKIE]
        url = f"{self._base.replace('http', 'ws', 1)}/ws/sessions/{self._session_id}"
        with contextlib.suppress(ConnectionClosed):
            async with connect(url, additional_headers={"Cookie": f"{TICKET_COOKIE}={ticket}"}, compression=None) as opened:
                await opened.send(json.dumps({"type": "viewer.hello", "id": "hello", "version": 1, "name": f"Kẻ phá {number}"}))
                listening = asyncio.ensure_future(self._listen(opened))
                try:
                    for said in itertools.count(1):
                        await opened.send(json.dumps({"type": "comment.post", "id": f"c{said}", "text": f"{INSULT} {number}.{said}"}))
                        await asyncio.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311 - spreads what they say
                finally:
                    listening.cancel()

    async def _listen(self, opened: ClientConnection) -> None:
        async for text in opened:
            frame = json.loads(text)
            if str(frame.get("id", "")).startswith("c"):
                kind = frame.get("code") or frame["type"]
                self.answers[kind] = self.answers.get(kind, 0) + 1
            self.echoes += frame["type"] == "comment.echoed"
