"""Socket command `order.place` → service → reply."""

from __future__ import annotations

from uuid import UUID

from app.orders.service import OrderService
from app.protocol.commands import Command, PlaceOrder
from app.protocol.events import OrderPlaced
from app.realtime.connection import Connection
from app.realtime.router import Handler


def order_handlers(orders: OrderService) -> dict[type[Command], Handler]:
    """What orders adds to the router's list of everything a viewer can ask."""

    async def place_order(connection: Connection, session_id: UUID, command: Command) -> OrderPlaced:
        assert isinstance(command, PlaceOrder)  # noqa: S101 - the router maps by type
        receipt = await orders.place(connection.identity.device_id, session_id, command)
        return OrderPlaced(id=command.id, **{name: getattr(receipt, name) for name in type(receipt).model_fields})

    return {PlaceOrder: place_order}
