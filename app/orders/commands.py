"""Socket commands `order.place` and `waitlist.join` → service → reply."""

from __future__ import annotations

from uuid import UUID

from app.infra.clock import to_ms
from app.orders.placing import OrderPlacing
from app.orders.waitlist import Waitlist
from app.protocol.client_commands import Command, JoinWaitlist, PlaceOrder
from app.protocol.server_events import OrderPlaced, WaitlistJoined
from app.realtime.connection import Connection
from app.realtime.router import Route, handles


def order_handlers(placing: OrderPlacing, waitlist: Waitlist) -> dict[type[Command], Route]:
    """What orders adds to the router's list of everything a viewer can ask."""

    async def place_order(connection: Connection, session_id: UUID, command: PlaceOrder) -> OrderPlaced:
        receipt = await placing.place(connection.identity.device_id, session_id, command)
        return OrderPlaced(id=command.id, **{name: getattr(receipt, name) for name in type(receipt).model_fields})

    async def join_waitlist(connection: Connection, session_id: UUID, command: JoinWaitlist) -> WaitlistJoined:
        place = await waitlist.join(session_id, command.offer_id, connection.identity.device_id, command.quantity)
        until_ms = to_ms(place.called_until)
        return WaitlistJoined(id=command.id, offer_id=command.offer_id, entry_id=place.entry_id, place=place.place, until_ms=until_ms)

    # Both wait for PostgreSQL under deadlines of their own, which know whether an order may have been written. An order is known again by
    # its key, a place in the queue by offer and device.
    return dict(
        [
            handles(PlaceOrder, place_order, deadline_seconds=None, apart=True, has_key=True),
            handles(JoinWaitlist, join_waitlist, deadline_seconds=None, apart=True, has_key=True),
        ]
    )
