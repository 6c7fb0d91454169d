"""Commit, then tell: what was committed about a session is told to its room afterwards, even if the committing process died.

`sessions.announced_state` is the outbox: the state last told, then `+` and every other thing that awaits being told
(`live+pin+products`). A session is up to date when it equals `state`.
"""

from __future__ import annotations

import asyncio
from typing import Literal
from uuid import UUID

import structlog
from sqlalchemy import select

from app.catalog.service import CatalogService
from app.infra.database import Database
from app.protocol.server_events import ProductPinned, ProductsChanged, RoomEvent, SessionChanged
from app.realtime.room_log import RoomLog
from app.sessions.models import LivestreamSession
from app.sessions.reading import product_views, run_down, session_views

log = structlog.get_logger(__name__)

Topic = Literal["session", "products", "pin"]
_OUTSTANDING_MAX = 50


def mark_outstanding(row: LivestreamSession, topic: Topic) -> None:
    """Note, inside the transaction that makes a change, that the room has to be told of it."""
    told, *topics = row.announced_state.split("+")
    row.announced_state = "+".join([told, *sorted({*topics, topic})])


class Announcer:
    """Tells rooms what has been committed."""

    def __init__(self, database: Database, *, catalog: CatalogService, room_log: RoomLog) -> None:
        self._transactions = database.transactions
        self._catalog = catalog
        self._log = room_log
        # Products are read over a second connection: one teller per process cannot exhaust the pool.
        self._telling = asyncio.Lock()

    async def announce(self, session_id: UUID, event: RoomEvent) -> None:
        """Append an event to the room's log; call after COMMIT. Raises `RedisError` when it is not known whether it was appended."""
        await self._log.append(session_id, event)

    async def tell(self, session_id: UUID) -> None:
        """Tell what is outstanding. A failure is logged and repeated by `tell_outstanding`; being told twice changes nothing."""
        try:
            await self._tell(session_id)
        except Exception as error:  # noqa: BLE001 - the change is committed, so its caller must not fail
            log.warning("announcement_postponed", session_id=str(session_id), error=repr(error))

    async def tell_outstanding(self) -> None:
        """Tell what was committed by processes that died before telling."""
        found = select(LivestreamSession.id).where(LivestreamSession.announced_state != LivestreamSession.state).limit(_OUTSTANDING_MAX)
        async with self._transactions() as db:
            session_ids = (await db.scalars(found)).all()
        for session_id in session_ids:
            await self.tell(session_id)

    async def _tell(self, session_id: UUID) -> None:
        # Read and told under the row's lock: the last event in the log always is the newest committed state.
        async with self._telling, self._transactions.begin() as db:
            row = await db.get(LivestreamSession, session_id, with_for_update={"key_share": True}, populate_existing=True)
            if row is None or row.announced_state == row.state:
                return
            told, *topics = row.announced_state.split("+")
            events: list[RoomEvent] = []
            if told != row.state or "session" in topics:
                (view,) = await session_views(db, [row])
                events.append(SessionChanged(session=view))
            if "products" in topics:
                events.append(ProductsChanged(products=await product_views(self._catalog, row, await run_down(db, session_id))))
            if "pin" in topics:
                events.append(ProductPinned(product_id=row.pinned_product_id))
            for event in events:
                await self._log.append(session_id, event)
            row.announced_state = row.state
