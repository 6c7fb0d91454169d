"""The pool of a product in a session: set by staff in the run-down or while live, told to the room, on the shelf or kept off it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.catalog.errors import AlcoholNotShown
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.ledger.append import begin_ledger_raw, open_ledger
from app.orders.errors import StockBelowSold
from app.orders.pools import call_for_pool, offers_of_pools
from app.orders.schemas import NewStock, StockRow
from app.orders.sold_out import SoldOutMemory
from app.protocol.server_events import RoomEvent, StockChanged
from app.protocol.views import StockView
from app.sessions.errors import ProductNotInSession, SessionClosed
from app.sessions.lookup import SessionLookup
from app.sessions.outbox import Told, tell_room_raw
from app.sessions.telling import RoomTeller
from app.settings import OrderSettings

_ROWS = """
SELECT t.product_id, t.units, t.sold, t.held, t.units - t.sold - t.held AS left, t.per_viewer_limit, t.on_shelf
FROM session_stock t
WHERE t.session_id = $1 AND ($2::uuid IS NULL OR t.product_id = $2)
ORDER BY t.product_id
"""
# What offers of the product have sold and keep for people who were called, before it had a pool.
_BEFORE = """
SELECT coalesce(sum(total_quantity + buffer_quantity - remaining), 0)::int AS sold, coalesce(sum(set_aside), 0)::int AS held
FROM (SELECT * FROM offers WHERE session_id = $1 AND product_id = $2 ORDER BY id FOR UPDATE) AS locked
"""
_LOCK = "SELECT units, sold, held, on_shelf FROM session_stock WHERE session_id = $1 AND product_id = $2 FOR UPDATE"
_INSERT = (
    "INSERT INTO session_stock (session_id, product_id, units, sold, held, per_viewer_limit, on_shelf) VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_UPDATE = "UPDATE session_stock SET units = $3, per_viewer_limit = $4, on_shelf = $5 WHERE session_id = $1 AND product_id = $2"
_HAS_STOCK = "UPDATE ledgers SET has_stock = true WHERE session_id = $1 AND NOT has_stock"
_IN_RUN_DOWN = """
SELECT p.is_alcohol FROM session_products r JOIN products p ON p.id = r.product_id WHERE r.session_id = $1 AND r.product_id = $2
"""
_OVER = frozenset({"ended", "closed"})


class StockService:
    """Use cases around pools. Every change is one transaction under the locks of an order, with an audit entry and news for the room."""

    def __init__(
        self, database: Database, *, sessions: SessionLookup, teller: RoomTeller, sold_out: SoldOutMemory, settings: OrderSettings
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._teller = teller
        self._sold_out = sold_out
        self._call_seconds = settings.waitlist_call_seconds
        teller.reads("stock", self._changed_event)

    async def views(self, session_id: UUID) -> tuple[StockView, ...]:
        """The pools of a session as anyone may see them, by product id."""
        return tuple(_view(row) for row in await self._database.pool.fetch(_ROWS, session_id, None))

    async def rows(self, user: CurrentUser, session_id: UUID) -> list[StockRow]:
        """The pools with what was sold and is held, for those in charge of the session."""
        await self._sessions.managed(user, session_id, Action.SEE_BOARD)
        return [StockRow(**row) for row in await self._database.pool.fetch(_ROWS, session_id, None)]

    async def set(
        self, user: CurrentUser, session_id: UUID, product_id: UUID, new: NewStock, intention: Intention | None = None
    ) -> StockRow:
        """Give a product a pool, or change it. `units` are all that there is, those already sold included.

        A first pool begins with what the product's offers have sold so far. Units that are added go to whoever waits first.
        Raises `ProductNotInSession`, `AlcoholNotShown`, `StockBelowSold`, `SessionClosed` once the session is over, and those of access.
        """
        await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        async with self._database.pool.acquire() as db, db.transaction():
            if (await claim_intention_raw(db, user.id, intention, product_id)).is_first:
                await self._set(db, user, session_id, product_id, new)
                freed = await offers_of_pools(db, session_id, [product_id])
            else:
                freed = ()
            row = await db.fetchrow(_ROWS, session_id, product_id)
        if row is None:
            raise ProductNotInSession(details={"product_id": str(product_id)})
        self._sold_out.forget(freed)
        await self._teller.tell_soon(session_id)
        return StockRow(**row)

    async def tell_emptied(self, session_id: UUID, product_ids: Sequence[UUID]) -> None:
        """The room hears that nothing is left of these products."""
        async with self._database.pool.acquire() as db, db.transaction():
            await tell_room_raw(db, session_id, [Told("stock", product_id) for product_id in product_ids])
        self._teller.kick(session_id)

    async def _set(self, db: RawConnection, user: CurrentUser, session_id: UUID, product_id: UUID, new: NewStock) -> None:
        await begin_ledger_raw(db, session_id)
        ledger = await open_ledger(db, session_id, utc_now())
        if ledger is not None and ledger.session_state in _OVER:
            raise SessionClosed(details={"state": ledger.session_state})
        is_alcohol = await db.fetchval(_IN_RUN_DOWN, session_id, product_id)
        if is_alcohol is None:
            raise ProductNotInSession(details={"product_id": str(product_id)})
        if is_alcohol and new.on_shelf:
            raise AlcoholNotShown(details={"product_ids": [str(product_id)]})
        pool = await db.fetchrow(_LOCK, session_id, product_id)
        used = pool or await db.fetchrow(_BEFORE, session_id, product_id)
        if used is None or used["sold"] + used["held"] > new.units:
            raise StockBelowSold(details={"sold": used["sold"], "held": used["held"]} if used else {})
        if pool is None:
            made = (new.units, used["sold"], used["held"], new.per_viewer_limit, new.on_shelf)
            await db.execute(_INSERT, session_id, product_id, *made)
            await db.execute(_HAS_STOCK, session_id)
        else:
            await db.execute(_UPDATE, session_id, product_id, new.units, new.per_viewer_limit, new.on_shelf)
        calls = await call_for_pool(db, session_id, product_id, now=utc_now(), call_seconds=self._call_seconds)
        await tell_room_raw(db, session_id, [*(each.to_tell for each in calls), Told("stock", product_id)])
        changes = {name: {"from": pool[name] if pool else None, "to": getattr(new, name)} for name in ("units", "on_shelf")}
        details = {"session_id": str(session_id), **changes, "sold": used["sold"]}
        await insert_audit(
            db, organisation_id=user.organisation_id, user_id=user.id, action="stock.set", subject_id=product_id, details=details
        )

    async def _changed_event(self, session_id: UUID, product_id: UUID | None) -> RoomEvent | None:
        row = await self._database.pool.fetchrow(_ROWS, session_id, product_id)
        return None if row is None else StockChanged(stock=_view(row))


def _view(row: asyncpg.Record) -> StockView:
    return StockView(**{name: row[name] for name in StockView.model_fields})
