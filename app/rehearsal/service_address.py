"""How simulated people reach the service: HTTP with and without cookies, tickets, addresses of the sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from uuid import UUID

import httpx2

from app.realtime.tickets import TICKET_COOKIE
from app.settings import Settings

_CONNECTIONS_MAX = 40
_REQUEST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """Where the service is. `http` never remembers a cookie, so every simulated viewer is a device of its own."""

    base_url: str
    http: httpx2.AsyncClient

    def socket_url(self, session_id: UUID, kind: str = "") -> str:
        """Address of a session's socket: the viewers', or with `kind` "board" or "bridge" another one."""
        scheme, _, rest = self.base_url.partition("://")
        path = f"/ws/sessions/{session_id}" + (f"/{kind}" if kind else "")
        return f"{'wss' if scheme == 'https' else 'ws'}://{rest}{path}"

    async def take_ticket(self, session_id: UUID) -> str:
        """A ticket of a new device. Raises `httpx2.HTTPError`."""
        response = await self.http.post(f"/api/v1/sessions/{session_id}/tickets")
        response.raise_for_status()
        return str(response.cookies[TICKET_COOKIE])


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[ServiceAddress]:
    """The service that these settings start, on this machine."""
    host = "127.0.0.1" if settings.host in {"", "0.0.0.0", "::"} else settings.host  # noqa: S104 - compared, not bound
    base_url = f"http://{host}:{settings.port}"
    async with httpx2.AsyncClient(
        base_url=base_url,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=_REQUEST_SECONDS,
        limits=httpx2.Limits(max_connections=_CONNECTIONS_MAX, max_keepalive_connections=_CONNECTIONS_MAX),
        trust_env=False,
    ) as http:
        yield ServiceAddress(base_url, http)
