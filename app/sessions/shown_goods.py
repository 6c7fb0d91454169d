"""Rooms hear of goods that were changed in the catalogue: their shelves and cards show the new name, price and pictures at once.

Entered by the catalogue (`ShownGoods` in `app/catalog/shown.py`), which does not know sessions.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.sessions.models import LivestreamSession, SessionProduct
from app.sessions.outbox import Told, tell_room
from app.sessions.telling import RoomTeller


class GoodsOnAir:
    """Writes into the outbox, in the transaction of the change, what open rooms must hear."""

    def __init__(self, teller: RoomTeller) -> None:
        self._teller = teller

    async def changed(self, db: AsyncSession, product_ids: Collection[UUID]) -> tuple[UUID, ...]:
        """Have the live sessions with these products told; returns their ids. Locks nothing beyond the outbox's own rows."""
        found = select(SessionProduct.session_id).join(LivestreamSession, LivestreamSession.id == SessionProduct.session_id)
        on_air = found.where(SessionProduct.product_id.in_(product_ids), LivestreamSession.state == "live").distinct()
        session_ids = tuple(sorted((await db.scalars(on_air)).all()))
        for session_id in session_ids:
            await tell_room(db, session_id, Told("products"))
        return session_ids

    async def told(self, session_ids: Collection[UUID]) -> None:
        """After COMMIT: tell them now, and wait a moment for it."""
        for session_id in session_ids:
            await self._teller.tell_soon(session_id)
