"""The demo host: signs in like a person, pins products, opens flash offers in turn, and reports an outside viewer count now and then."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import structlog

from app.infra.clock import monotonic, now_ms
from app.protocol.views import OfferView
from app.rehearsal.client import CommandRefused, ConnectionLost, ConnectionRefused, RoomClient
from app.rehearsal.demo_accounts import DemoAccounts
from app.rehearsal.market import HOST_LINES, FlashPlan, flash_plan, product_by_key
from app.rehearsal.service_address import ServiceAddress
from app.rehearsal.tally import DemoTally

log = structlog.get_logger(__name__)

_OUTSIDE_EVERY_SECONDS = (25.0, 60.0)
_SOLD_OUT_PAUSE_SECONDS = 4.0
_FILL_UP_UNITS = 2_000
_TROUBLE = (ConnectionLost, ConnectionRefused, httpx2.HTTPError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class HostPace:
    """Pauses of the host in seconds, and the longest time an offer stays open."""

    talk_min: float = 8.0
    talk_max: float = 18.0
    offer_seconds_max: int = 180


class SignInRefused(Exception):
    """The demo host's password does not fit: the accounts file and the database do not belong together."""


class _SessionOver(Exception):
    """Somebody ended the session; the board's socket stays open."""


class DemoHost:
    """Hosts one session until cancelled, or until it is over."""

    def __init__(self, service: ServiceAddress, accounts: DemoAccounts, *, pace: HostPace, seed: int, tally: DemoTally) -> None:
        self._service = service
        self._account = accounts.host
        self._stand_in = accounts.organiser
        self._pace = pace
        self._rng = random.Random(seed)  # noqa: S311 - imitates a person, no secret
        self._tally = tally
        self._cookie = ""
        self._turn = 0
        self._lines = 0
        self._outside_viewers = self._rng.randint(300, 900)
        self._next_outside_at = 0.0

    async def sign_in(self) -> None:
        """Get a login cookie as the login page does. Raises `SignInRefused`, `httpx2.HTTPError`."""
        response = await self._service.http.post("/api/v1/login", json={"login": self._account.login, "password": self._account.password})
        if response.status_code in {401, 403}:
            raise SignInRefused(self._account.login)
        response.raise_for_status()
        self._cookie = "; ".join(f"{name}={value}" for name, value in response.cookies.items())

    async def find_live_session(self) -> UUID | None:
        """The organisation's rehearsal that is live now; the one that began last when there are several.

        Raises `SignInRefused`, `httpx2.HTTPError`.
        """
        # Asked every time: to a stranger the list shows the public sessions of everybody.
        me = await self._service.http.get("/api/v1/me", headers=self._headers)
        if me.status_code == httpx2.codes.UNAUTHORIZED:
            await self.sign_in()
        response = await self._service.http.get("/api/v1/sessions", headers=self._headers)
        response.raise_for_status()
        live = [session for session in response.json()["items"] if session["state"] == "live" and session["is_rehearsal"]]
        live.sort(key=lambda session: session["started_at_ms"] or 0)
        return UUID(live[-1]["id"]) if live else None

    async def host(self, session_id: UUID) -> None:
        """Stand before the camera: talk, pin, open an offer, again. Returns when the session is over; mends lost connections."""
        board = RoomClient()
        try:
            while True:
                try:
                    if not board.is_open:
                        await board.open(self._service.socket_url(session_id, "board"), self._headers)
                    await self._one_turn(board, session_id)
                except _SessionOver:
                    return
                except CommandRefused as refused:
                    log.info("host_refused", code=refused.failed.code)
                    await asyncio.sleep(1.0)
                except _TROUBLE as trouble:
                    if not _may_come_back(trouble):
                        return
                    log.info("host_waits", error=repr(trouble))
                    await asyncio.sleep(self._rng.uniform(0.5, 3.0) + (board.return_after_seconds or 0.0))
                    if isinstance(trouble, ConnectionRefused):
                        await self._sign_in_again(is_forbidden=trouble.status == httpx2.codes.FORBIDDEN)
        finally:
            await board.drop()

    async def _sign_in_again(self, *, is_forbidden: bool) -> None:
        """The sign-in may have run out; a session that names somebody else as host is the organiser's to lead."""
        if is_forbidden:
            self._account = self._stand_in
        with contextlib.suppress(httpx2.HTTPError):
            await self.sign_in()

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"Cookie": self._cookie}

    async def _one_turn(self, board: RoomClient, session_id: UUID) -> None:
        """Present one product and sell it. A person's open offer is waited for, never talked over."""
        await self._wait(board, 0.1)
        plan = flash_plan(self._turn)
        product_id = _find_product(board, plan)
        if product_id is None:
            self._turn += 1
            await self._talk(board)
            return
        await self._post(f"/api/v1/sessions/{session_id}/pin", {"product_id": str(product_id)})
        await self._talk(board)
        while _open_offer(board) is not None:
            await self._wait(board, 1.0)
        await self._fill_up(session_id, product_id, plan.total_quantity)
        offer_id = await self._open_offer(session_id, product_id, plan)
        self._turn += 1
        if offer_id is not None:
            await self._sell(board, session_id, offer_id)

    async def _talk(self, board: RoomClient) -> None:
        if self._rng.random() < 0.5:
            await board.comment(HOST_LINES[self._lines % len(HOST_LINES)])
            self._lines += 1
        await self._wait(board, self._rng.uniform(self._pace.talk_min, self._pace.talk_max))

    async def _fill_up(self, session_id: UUID, product_id: UUID, needed: int) -> None:
        """A pool that cannot serve the next offer gets as much again: a demo that runs for days never sells out for good."""
        path = f"/api/v1/sessions/{session_id}/stock"
        answer = await self._service.http.get(path, headers=self._headers)
        pools = answer.json()["stock"] if answer.is_success else []
        pool = next((each for each in pools if each["product_id"] == str(product_id)), None)
        if pool is not None and pool["left"] < needed:
            wanted = {"units": pool["units"] + _FILL_UP_UNITS, "per_viewer_limit": pool["per_viewer_limit"]}
            await self._service.http.put(f"{path}/{product_id}", json=wanted, headers=self._headers)

    async def _open_offer(self, session_id: UUID, product_id: UUID, plan: FlashPlan) -> UUID | None:
        offers = f"/api/v1/sessions/{session_id}/offers"
        seconds = min(plan.duration_seconds, self._pace.offer_seconds_max)
        wanted = {
            "product_id": str(product_id),
            "flash_price_vnd": plan.flash_price_vnd,
            "total_quantity": plan.total_quantity,
            "per_viewer_limit": plan.per_viewer_limit,
            "duration_seconds": seconds,
        }
        made = await self._post(offers, wanted)
        if made is None:
            return None
        opened = await self._post(f"{offers}/{made['id']}/open", {})
        if opened is None:
            return None
        self._tally.offers_opened += 1
        return UUID(made["id"])

    async def _sell(self, board: RoomClient, session_id: UUID, offer_id: UUID) -> None:
        """Stay with the offer until its clock has run out; a sold-out one is ended by hand a little later."""
        ends_at = monotonic() + self._pace.offer_seconds_max + 5.0
        while monotonic() < ends_at:
            offer = board.offers.get(offer_id)
            if offer is not None and offer.state == "ended":
                return
            if board.stock.get(str(offer_id)) == 0:
                await self._wait(board, _SOLD_OUT_PAUSE_SECONDS)
                await self._post(f"/api/v1/sessions/{session_id}/offers/{offer_id}/end", {})
                return
            await self._wait(board, 0.5)

    async def _wait(self, board: RoomClient, seconds: float) -> None:
        """Let time pass while the socket lives; report the count of the other platform when it is due."""
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            if not board.is_open:
                raise ConnectionLost(await board.wait_closed(within=1))
            if board.session is not None and (board.session.state != "live" or not board.session.is_rehearsal):
                raise _SessionOver
            if monotonic() >= self._next_outside_at:
                await self._report_outside(board)
            await asyncio.sleep(min(left, 0.5))

    async def _report_outside(self, board: RoomClient) -> None:
        self._next_outside_at = monotonic() + self._rng.uniform(*_OUTSIDE_EVERY_SECONDS)
        self._outside_viewers = max(40, round(self._outside_viewers * self._rng.uniform(0.85, 1.18)))
        await board.report_outside_count(source="tiktok", viewers=self._outside_viewers, observed_at_ms=now_ms())
        self._tally.outside_reports += 1

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer's body, empty when it has none; None when the service says no for a reason (4xx), which is logged."""
        response = await self._service.http.post(path, json=body, headers=self._headers)
        if response.status_code == httpx2.codes.UNAUTHORIZED:
            await self.sign_in()
            response = await self._service.http.post(path, json=body, headers=self._headers)
        if response.is_client_error:
            problem = response.json()
            log.info("host_refused", path=path.rsplit("/", 1)[-1], code=problem.get("code"), status=response.status_code)
            await asyncio.sleep(1.0)
            return None
        response.raise_for_status()
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer


def _may_come_back(trouble: Exception) -> bool:
    match trouble:
        case ConnectionLost():
            return trouble.come_back
        case ConnectionRefused():
            return trouble.status not in {httpx2.codes.NOT_FOUND, httpx2.codes.CONFLICT}
        case _:
            return True


def _find_product(board: RoomClient, plan: FlashPlan) -> UUID | None:
    name = product_by_key(plan.product_key).name
    return next((product.id for product in board.products.values() if product.name == name), None)


def _open_offer(board: RoomClient) -> OfferView | None:
    return next((offer for offer in board.offers.values() if offer.state == "open"), None)
