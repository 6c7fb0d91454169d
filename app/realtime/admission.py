"""Who may enter a room as a viewer: one rule for both doors, `doorway.py` (bare descriptors) and `app/live/sockets.py` (ASGI).

In this order, the cheap before the dear: room on this node, the host asked for, the page that asks, the ticket, the pace of the
address; then the session. Nothing waits but the last, and only when its room is not open here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import structlog
from starlette.requests import cookie_parser

from app.errors import AppError, OriginRefused, TooManyRequests, Unavailable
from app.infra.bounded_requests import HostRefused, host_allowed
from app.realtime.address_limits import AddressLimits
from app.realtime.errors import TicketInvalid
from app.realtime.networks import NetworkDigests
from app.realtime.origin import origin_allowed
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from app.settings import Settings

log = structlog.get_logger(__name__)

_RETRY_AFTER_SECONDS = 2.0


class Rooms(Protocol):
    """What the doors ask of the rooms."""

    def takes_viewers_now(self, session_id: UUID) -> bool:
        """Whether the room is open on this node and its session live."""

    async def room_for_viewer(self, session_id: UUID) -> object:
        """Open the room if need be. Raises the reason why nobody may enter."""

    def check_capacity(self) -> None:
        """Raises when this node takes no more sockets."""

    def refuse_banned(self, session_id: UUID, device_key: bytes, network: bytes) -> None:
        """Raises when this device, or everybody behind this network, is banned from the room, which is open here."""


def check_page(settings: Settings, *, host: str, origin: str | None, scheme: str) -> None:
    """Whether the page may open sockets here, viewers' or others. Raises `HostRefused`, `OriginRefused`."""
    if not host_allowed(host, settings.allowed_hosts):
        raise HostRefused
    if not origin_allowed(origin, host=host, scheme=scheme, allowed=settings.allowed_origins):
        raise OriginRefused


@dataclass(frozen=True, slots=True)
class ViewerAdmission:
    """Ask `check` first, then `wait_for_room` unless `rooms.takes_viewers_now`, then `welcome`."""

    settings: Settings
    tickets: TicketSigner
    addresses: AddressLimits
    rooms: Rooms
    networks: NetworkDigests

    def check(self, *, host: str, origin: str | None, scheme: str, cookie: str, address: str) -> UUID:
        """The device that asks to enter; `cookie` is the whole header. Whether the upgrade is well-formed was asked before.

        Raises `CapacityReached`, `Unavailable`, `HostRefused`, `OriginRefused`, `TicketInvalid`, `TooManyRequests`.
        """
        self.rooms.check_capacity()
        check_page(self.settings, host=host, origin=origin, scheme=scheme)
        ticket = cookie_parser(cookie).get(TICKET_COOKIE)
        if ticket is None:
            raise TicketInvalid
        device_id = self.tickets.read(ticket)
        if wait_seconds := self.addresses.take(address):
            raise TooManyRequests(retry_after_seconds=wait_seconds)
        return device_id

    async def wait_for_room(self, session_id: UUID) -> None:
        """Until the room takes this viewer. Raises what `room_for_viewer` raises, and `Unavailable` whatever else failed."""
        try:
            await self.rooms.room_for_viewer(session_id)
            # Asked again: many may have waited for this room at once.
            self.rooms.check_capacity()
        except AppError:
            raise
        except Exception as error:
            log.warning("viewer_not_admitted", error=repr(error))
            raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS) from error

    def welcome(self, session_id: UUID, device_id: UUID, address: str) -> bytes:
        """The digest of the network from which this device may enter now. Raises what `refuse_banned` raises."""
        network = self.networks.of(session_id, address)
        self.rooms.refuse_banned(session_id, device_id.bytes, network)
        return network
