"""What others may ask about sessions: single ones, lists, and who is in charge."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ColumnExpressionArgument, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.permissions import Action, Place
from app.accounts.service import CurrentUser
from app.catalog.service import CatalogService
from app.infra.database import Database
from app.protocol.server_events import ProductsChanged
from app.protocol.views import SessionView
from app.sessions.errors import SessionNotFound, SessionNotLive
from app.sessions.in_charge import find_in_charge, sessions_in_reach
from app.sessions.models import LivestreamSession
from app.sessions.reading import SessionFacts, SessionRecord, product_views, record_of, run_down, session_views

LIST_MAX = 200
REACH_MAX = 2_000
# What somebody opens a session for: its board, or its orders.
_WORK = (Action.SEE_BOARD, Action.WORK_ORDERS)
_KNOWN_MAX = 10_000


@dataclass(frozen=True, slots=True)
class ManagedSessions:
    """Sessions somebody works in: those that name them as host, and others; of all of them, those whose board they see."""

    own: list[SessionView]
    others: list[SessionView]
    with_board: set[UUID]


class SessionLookup:
    """Reads sessions; changes nothing. `facts` is what a page or a room starts from, `record` the row alone."""

    def __init__(self, database: Database, *, catalog: CatalogService) -> None:
        self._transactions = database.transactions
        self._catalog = catalog
        self._known: set[UUID] = set()

    async def get_record(self, session_id: UUID) -> SessionRecord:
        """The session's own row. Raises `SessionNotFound`."""
        async with self._transactions() as db:
            return record_of(await _find(db, session_id))

    async def facts(self, session_id: UUID) -> SessionFacts:
        """Session, run-down and pin. Raises `SessionNotFound`."""
        async with self._transactions() as db:
            row = await _find(db, session_id)
            (view,) = await session_views(db, [row])
            places = await run_down(db, session_id)
        return SessionFacts(record_of(row), view, await product_views(self._catalog, row, places))

    async def products_to_tell(self, session_id: UUID, _subject_id: UUID | None) -> ProductsChanged:
        """What the room hears when the run-down has changed: all of it as it is now."""
        return ProductsChanged(products=(await self.facts(session_id)).products)

    async def list_for(self, user: CurrentUser, *, limit: int = LIST_MAX, offset: int = 0) -> list[SessionView]:
        """Sessions that the person sees: live ones first, then the newest."""
        found = select(LivestreamSession).where(_seen_by(user)).order_by(*_newest()).limit(limit).offset(offset)
        async with self._transactions() as db:
            return await session_views(db, (await db.scalars(found)).all())

    async def count(self, user: CurrentUser | None) -> int:
        """How many sessions there are for this user, or for everybody."""
        async with self._transactions() as db:
            return await db.scalar(select(func.count()).select_from(LivestreamSession).where(_seen_by(user))) or 0

    async def list_managed(self, user: CurrentUser) -> ManagedSessions:
        """Sessions with work for this person, live ones first."""
        found = select(LivestreamSession).where(sessions_in_reach(user, *_WORK))
        async with self._transactions() as db:
            rows = (await db.scalars(found.order_by(*_newest()).limit(LIST_MAX))).all()
            views = await session_views(db, rows)
        return ManagedSessions(
            own=[view for row, view in zip(rows, views, strict=True) if row.host_id == user.id],
            others=[view for row, view in zip(rows, views, strict=True) if row.host_id != user.id],
            with_board={row.id for row in rows if user.may_at(Action.SEE_BOARD, Place(row.id, row.host_id, row.ward_code))},
        )

    async def list_public(self, *, limit: int = LIST_MAX, offset: int = 0) -> list[SessionView]:
        """Live sessions, then the scheduled ones by their time."""
        order = (_live_first(), LivestreamSession.planned_start_at, LivestreamSession.created_at, LivestreamSession.id)
        found = select(LivestreamSession).where(_seen_by(None)).order_by(*order).limit(limit).offset(offset)
        async with self._transactions() as db:
            return await session_views(db, (await db.scalars(found)).all())

    async def require_live(self, db: AsyncSession, session_id: UUID) -> None:
        """Inside a transaction of the caller: raises `SessionNotLive`, `SessionNotFound`."""
        row = await _find(db, session_id)
        if row.state != "live":
            raise SessionNotLive(details={"state": row.state})

    async def require_known(self, session_id: UUID) -> None:
        """Raises `SessionNotFound`. Asks the database once per session: sessions are never deleted."""
        if session_id not in self._known:
            await self.get_record(session_id)
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known.add(session_id)

    async def places(self, session_ids: Collection[UUID]) -> dict[UUID, Place]:
        """Where these sessions stand in the eyes of roles; ids that do not exist are left out."""
        found = select(LivestreamSession.id, LivestreamSession.host_id, LivestreamSession.ward_code)
        async with self._transactions() as db:
            rows = await db.execute(found.where(LivestreamSession.id.in_(session_ids)))
            return {row.id: Place(row.id, row.host_id, row.ward_code) for row in rows}

    async def ids_in_reach(self, user: CurrentUser, action: Action) -> list[UUID]:
        """All sessions of their organisation to which this person may do that."""
        async with self._transactions() as db:
            return list(await db.scalars(select(LivestreamSession.id).where(sessions_in_reach(user, action))))

    async def reach_of(self, user: CurrentUser, action: Action) -> list[UUID] | None:
        """The sessions to which the person may do that, newest first; None = to all of their organisation."""
        if user.may_everywhere(action):
            return None
        found = select(LivestreamSession.id).where(sessions_in_reach(user, action)).order_by(LivestreamSession.created_at.desc())
        async with self._transactions() as db:
            return list(await db.scalars(found.limit(REACH_MAX)))

    async def managed(self, user: CurrentUser, session_id: UUID, action: Action) -> SessionRecord:
        """The session if this person may do that to it. Raises `SessionNotFound`, `NotYourSession`, `Forbidden`."""
        async with self._transactions() as db:
            return record_of(await find_in_charge(db, user, session_id, action))


def _seen_by(user: CurrentUser | None) -> ColumnElement[bool]:
    if user is None:
        # Booths are open at all times: they have pages of their own and would bury what is on now.
        return and_(LivestreamSession.kind == "stream", LivestreamSession.state.in_(("live", "scheduled")))
    return sessions_in_reach(user, Action.SEE_SESSIONS)


def _live_first() -> ColumnElement[int]:
    return case((LivestreamSession.state == "live", 0), else_=1)


def _newest() -> tuple[ColumnExpressionArgument[Any], ...]:
    return _live_first(), LivestreamSession.created_at.desc(), LivestreamSession.id


async def _find(db: AsyncSession, session_id: UUID) -> LivestreamSession:
    row = await db.get(LivestreamSession, session_id)
    if row is None:
        raise SessionNotFound
    return row
