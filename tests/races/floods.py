"""Crowds at the other doors of a running service, for a moment each: none of them may be felt where orders come in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
from datetime import timedelta
from typing import Any

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from app.accounts.access import LOGIN_COOKIE
from app.accounts.models import SignIn
from app.accounts.service import token_digest
from app.infra.clock import utc_now
from app.infra.database import Database
from tests.orders.builders import Market

AT_ONCE = 24
ROUNDS = 3
_PATIENCE_SECONDS = 10.0


async def signed_in(database: Database, market: Market) -> str:
    """The cookie's token of the market's host, who has no password."""
    token = secrets.token_urlsafe(16)
    async with database.transactions.begin() as db:
        db.add(SignIn(token_digest=token_digest(token), user_id=market.user_id, expires_at=utc_now() + timedelta(days=1)))
    return token


class Floods:
    """Each method is one flood; what it is answered does not matter here, only that the flood ends."""

    def __init__(self, port: int, market: Market, *, sold_out: str, staff_token: str, choice: random.Random) -> None:
        self._address = f"127.0.0.1:{port}"
        self._session = f"/api/v1/sessions/{market.session_id}"
        self._room = f"/ws/sessions/{market.session_id}"
        self._sold_out = sold_out
        self._staff = {"cookie": f"{LOGIN_COOKIE}={staff_token}"}
        self._choice = choice

    async def joins(self) -> None:
        """People who join the waitlist of what is sold out."""
        await asyncio.gather(*(self._join() for _ in range(AT_ONCE)))

    async def logins(self) -> None:
        """Wrong passwords, each for a login of its own."""
        names = [f"ai-do-{self._choice.randrange(10**6)}" for _ in range(AT_ONCE * ROUNDS)]
        await self._ask_all("POST", "/api/v1/login", [{"username": name, "password": "không phải mật khẩu này"} for name in names])

    async def reports(self) -> None:
        """Staff who read the report of the session that sells."""
        await self._ask_all("GET", f"{self._session}/report", [None] * AT_ONCE * ROUNDS)

    async def _ask_all(self, method: str, path: str, bodies: list[Any]) -> None:
        address = f"http://{self._address}"
        headers = {"origin": address} | self._staff
        limits = httpx2.Limits(max_connections=AT_ONCE)
        async with httpx2.AsyncClient(base_url=address, headers=headers, limits=limits, timeout=_PATIENCE_SECONDS, verify=False) as crowd:
            await asyncio.gather(*(crowd.request(method, path, json=body) for body in bodies), return_exceptions=True)

    async def _join(self) -> None:
        address = f"http://{self._address}"
        join = {"type": "waitlist.join", "offer_id": self._sold_out, "quantity": self._choice.randint(1, 3)}
        with contextlib.suppress(OSError, TimeoutError, WebSocketException, httpx2.HTTPError, KeyError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                async with httpx2.AsyncClient(base_url=address, headers={"origin": address}, timeout=30, verify=False) as browser:
                    ticket = (await browser.post(f"{self._session}/tickets")).headers["set-cookie"].partition(";")[0]
                async with connect(f"ws://{self._address}{self._room}", additional_headers={"cookie": ticket}) as viewer:
                    await viewer.send(json.dumps({"type": "viewer.hello", "id": "hello", "version": 1}))
                    await viewer.recv()
                    for number in range(ROUNDS):
                        await viewer.send(json.dumps(join | {"id": f"join-{number}"}))
                        await viewer.recv()
