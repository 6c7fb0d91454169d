"""One simulated viewer: arrives, watches, comments, likes, orders when a flash offer opens, loses the connection, comes back, leaves."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import httpx2

from app.infra.clock import monotonic
from app.protocol.client_commands import Buyer, BuyerAddress, OrderContent, OrderLine
from app.protocol.close_codes import CloseCode
from app.protocol.server_events import OfferOpened, OfferSoldOut, OrderPlaced, RoomEvent
from app.protocol.views import OfferView
from app.rehearsal.client import CommandRefused, ConnectionLost, ConnectionRefused, RoomClient
from app.rehearsal.service_address import ServiceAddress
from app.rehearsal.tally import DemoTally
from app.rehearsal.voices import DemoBuyer, Moment, buyer_for, comment_for, nickname_for

_PLANS_MAX = 16
_ORDER_TRIES_MAX = 5
_RETURN_SECONDS_MAX = 15.0
_NETWORK_TROUBLE = (ConnectionLost, OSError, TimeoutError, httpx2.HTTPError)


@dataclass(frozen=True, slots=True)
class Temper:
    """How people behave. Times in seconds; chances from 0 to 1."""

    stay_min: float = 30.0
    stay_max: float = 600.0
    comment_every: float = 55.0
    like_every: float = 14.0
    wants_offer: float = 0.3
    reaction_median: float = 3.5
    reaction_spread: float = 0.7
    loses_connection: float = 0.06


@dataclass(frozen=True, slots=True)
class Device:
    """A phone with its owner. The ticket stays, so who returns is known as the same device."""

    ticket: str
    nickname: str
    buyer: DemoBuyer


@dataclass(frozen=True, slots=True)
class Room:
    """What all viewers of one session share."""

    service: ServiceAddress
    session_id: UUID
    tally: DemoTally
    temper: Temper


async def new_device(room: Room, rng: random.Random) -> Device:
    """Fetch a ticket for somebody new. Raises `httpx2.HTTPError`."""
    ticket = await room.service.take_ticket(room.session_id)
    return Device(ticket, nickname_for(rng), buyer_for(rng))


class SimulatedViewer:
    """One visit of one device. `visit` returns when the person has left, or the session or the service lets nobody in."""

    def __init__(self, room: Room, device: Device, rng: random.Random) -> None:
        self._room = room
        self._device = device
        self._rng = rng
        self._client = RoomClient(name=device.nickname)
        self._client.on_event = self._notice
        self._plans: list[tuple[float, int, Callable[[], Awaitable[None]]]] = []
        self._numbers = itertools.count()
        self._news = asyncio.Event()
        self._unanswered: OrderContent | None = None
        self._is_in = False

    async def visit(self) -> bool:
        """Come in, stay as long as one likes, go. Failures of the network are met by coming back, as a page does.

        False when the door was shut: the session is over, or the ticket is not taken any more.
        """
        temper = self._room.temper
        leaves_at = monotonic() + math.exp(self._rng.uniform(math.log(temper.stay_min), math.log(temper.stay_max)))
        failures = 0
        try:
            while monotonic() < leaves_at:
                try:
                    await self._enter()
                    failures = 0
                    await self._stay(leaves_at)
                except _NETWORK_TROUBLE as trouble:
                    if isinstance(trouble, ConnectionLost) and not trouble.come_back:
                        return False
                    failures += 1
                    self._room.tally.reconnects += 1
                    await asyncio.sleep(min(self._pause_before_return(failures), max(0.0, leaves_at - monotonic())))
                except ConnectionRefused as refused:
                    self._room.tally.troubles[f"http_{refused.status}"] += 1
                    if refused.status < httpx2.codes.INTERNAL_SERVER_ERROR:
                        return False
                    failures += 1
                    await asyncio.sleep((refused.retry_after_seconds or 2.0) * self._rng.uniform(1.0, 2.0))
            await self._client.leave()
            return True
        finally:
            if self._unanswered is not None:
                self._room.tally.orders_given_up += 1
            if self._is_in:
                self._room.tally.left()
            await self._client.drop()

    async def _enter(self) -> None:
        cookie = {"Cookie": f"ocop_ticket={self._device.ticket}"}
        await self._client.open(self._room.service.socket_url(self._room.session_id), cookie)
        if self._unanswered is not None:
            self._room.tally.orders_repeated += 1
            self._plan(0.2, self._try_order)
        if self._is_in:
            return
        self._is_in = True
        self._room.tally.entered()
        if self._rng.random() < 0.25:
            self._plan(self._rng.uniform(1, 6), lambda: self._say("arrive"))
        self._plan_comment()
        self._plan_likes()
        for offer in self._client.offers.values():
            if offer.state == "open":
                self._consider(offer)

    async def _stay(self, leaves_at: float) -> None:
        """Do what is planned, in order of time, until it is time to go or the connection is gone."""
        while (now := monotonic()) < leaves_at:
            if not self._client.is_open:
                raise ConnectionLost(await self._client.wait_closed(within=1))
            if self._client.session is not None and (self._client.session.state != "live" or not self._client.session.is_rehearsal):
                raise ConnectionLost(CloseCode.SESSION_ENDED)
            due_at = self._plans[0][0] if self._plans else leaves_at
            if due_at > now:
                self._news.clear()
                # One second at most, so that a lost connection is noticed.
                await _wait(self._news, min(due_at, leaves_at, now + 1.0) - now)
                continue
            _, _, act = heapq.heappop(self._plans)
            try:
                await act()
            except CommandRefused as refused:
                self._room.tally.refusals[refused.failed.code] += 1
        if self._rng.random() < 0.05:
            await self._say("leave")

    def _plan(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        if len(self._plans) < _PLANS_MAX:
            heapq.heappush(self._plans, (monotonic() + seconds, next(self._numbers), act))
            self._news.set()

    def _pause_before_return(self, failures: int) -> float:
        told = self._client.return_after_seconds
        longest = min(_RETURN_SECONDS_MAX, 0.5 * 2.0**failures)
        return self._rng.uniform(0.2, longest) + (told or 0.0)

    def _notice(self, event: RoomEvent) -> None:
        match event:
            case OfferOpened():
                self._consider(event.offer)
            case OfferSoldOut() if self._rng.random() < 0.04:
                self._plan(self._rng.uniform(1, 8), lambda: self._say("sold_out"))
            case _:
                pass

    # --- talking -----------------------------------------------------------------------------------------------------

    async def _say(self, moment: Moment, product_id: UUID | None = None) -> None:
        product = self._client.products.get(product_id or self._client.pinned_product_id or UUID(int=0))
        await self._client.comment(comment_for(moment, self._rng, product.name if product else None))
        self._room.tally.comments += 1

    def _plan_comment(self) -> None:
        self._plan(self._rng.expovariate(1 / self._room.temper.comment_every), self._chat)

    async def _chat(self) -> None:
        self._plan_comment()
        await self._say("watch")

    def _plan_likes(self) -> None:
        self._plan(self._rng.expovariate(1 / self._room.temper.like_every), self._tap)

    async def _tap(self) -> None:
        self._plan_likes()
        count = min(100, 1 + int(self._rng.expovariate(1 / 6)))
        await self._client.like(count)
        self._room.tally.likes += count

    # --- ordering ----------------------------------------------------------------------------------------------------

    def _consider(self, offer: OfferView) -> None:
        """Some want it; how fast they are is log-normal, so most tap within seconds and a few think for long."""
        if self._unanswered is not None or self._rng.random() > self._room.temper.wants_offer:
            if self._rng.random() < 0.06:
                self._plan(self._rng.uniform(1, 6), lambda: self._say("flash_open", offer.product_id))
            return
        temper = self._room.temper
        reaction = self._rng.lognormvariate(math.log(temper.reaction_median), temper.reaction_spread)
        self._plan(reaction, lambda: self._order(offer.id))

    async def _order(self, offer_id: UUID) -> None:
        offer = self._client.offers.get(offer_id)
        if offer is None or offer.state != "open" or self._unanswered is not None:
            return
        quantity = min(offer.per_viewer_limit, self._rng.choice((1, 1, 1, 2, 2, 3)))
        self._unanswered = self._order_content(OrderLine(offer_id=offer_id, quantity=quantity))
        if self._rng.random() < self._room.temper.loses_connection:
            await self._client.send_order(self._unanswered)
            await asyncio.sleep(self._rng.uniform(0.0, 0.05))
            await self._client.drop()
            return
        await self._try_order()

    async def _try_order(self) -> None:
        """Send the waiting order until it has an answer; a lost connection leaves it waiting for the next socket."""
        last_refusal = ""
        for attempt in range(1, _ORDER_TRIES_MAX + 1):
            content = self._unanswered
            if content is None:
                return
            try:
                placed = await self._client.place_order(content)
            except CommandRefused as refused:
                last_refusal = refused.failed.code
                self._room.tally.refusals[last_refusal] += 1
                if not refused.failed.retryable:
                    self._unanswered = None
                    return
                await asyncio.sleep((refused.failed.retry_after_ms or 1_000) / 1_000 + self._rng.uniform(0.0, 0.5 * attempt))
                continue
            self._take_receipt(placed)
            return
        if last_refusal != "outcome_unknown":
            self._unanswered = None

    def _take_receipt(self, placed: OrderPlaced) -> None:
        self._unanswered = None
        tally = self._room.tally
        tally.orders_placed += 1
        tally.units_ordered += sum(line.quantity for line in placed.lines)
        tally.revenue_vnd += placed.total_vnd
        if self._rng.random() < 0.15:
            self._plan(self._rng.uniform(1, 5), lambda: self._say("ordered", placed.lines[0].product_id))

    def _order_content(self, line: OrderLine) -> OrderContent:
        owner = self._device.buyer
        address = BuyerAddress(province_code=owner.province_code, ward_code=owner.ward_code, street=owner.street)
        key = UUID(int=self._rng.getrandbits(128), version=4)
        return OrderContent(key=key, lines=(line,), buyer=Buyer(name=owner.name, phone=owner.phone, address=address))


async def _wait(news: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return
