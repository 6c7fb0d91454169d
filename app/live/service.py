"""Sessions: who may create, change and move them, and what others may ask about them. The package's door besides `rooms`."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import case, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.directory import is_active_member
from app.accounts.service import CurrentUser
from app.catalog.service import CatalogService
from app.errors import Forbidden
from app.infra.clock import utc_now
from app.infra.database import Database
from app.live.announcing import Announcer, mark_outstanding
from app.live.errors import (
    BridgeTokenInvalid,
    InvalidHost,
    InvalidProducts,
    NotYourSession,
    ProductNotInSession,
    SessionClosed,
    SessionIncomplete,
    SessionNotFound,
    SessionNotLive,
    TransitionRefused,
)
from app.live.lifecycle import EDITABLE, may_move, missing_for, move_exists
from app.live.models import BridgeToken, LivestreamSession, SessionProduct
from app.live.schemas import SessionChanges, SessionContent
from app.live.video import parse_video_url
from app.live.views import SessionFacts, SessionRecord, product_views, record_of, run_down, session_views
from app.protocol.events import RoomEvent
from app.protocol.views import SessionState, SessionView
from app.realtime.room_log import RoomLog

_LIST_MAX = 200
_KNOWN_MAX = 10_000
_BRIDGE_TOKEN_BYTES = 32
_BRIDGE_TOKEN_PREFIX = "ocopb_"  # noqa: S105 - makes a leaked token recognisable


class SessionService:
    """An organiser acts for every session of the organisation, a host for the sessions that name them as host."""

    def __init__(self, database: Database, *, catalog: CatalogService, room_log: RoomLog, clock: Callable[[], datetime] = utc_now) -> None:
        self._transactions = database.transactions
        self._catalog = catalog
        self._log = room_log
        self._announcer = Announcer(database, catalog=catalog, room_log=room_log)
        self._clock = clock
        self._known: set[UUID] = set()

    async def create(self, user: CurrentUser, content: SessionContent) -> SessionFacts:
        """A new draft of the user's organisation. A host may only name themselves as host.

        Raises `InvalidVideoUrl`, `InvalidHost`.
        """
        host_id = content.host_id or user.id
        async with self._transactions.begin() as db:
            await _require_host(db, user, host_id)
            row = LivestreamSession(
                id=uuid4(),
                organisation_id=user.organisation_id,
                host_id=host_id,
                title=content.title,
                planned_start_at=content.planned_start_at,
            )
            _set_video(row, content.video_url)
            db.add(row)
            await db.flush()
            _audit(db, user, "session.created", row, {"title": row.title})
        return await self.facts(row.id)

    async def update(self, user: CurrentUser, session_id: UUID, changes: SessionChanges) -> SessionFacts:
        """Change what was given; the room is told. Raises `SessionClosed`, `InvalidVideoUrl`, `InvalidHost` and those of access."""
        given = changes.model_dump(exclude_unset=True)
        async with self._transactions.begin() as db:
            row = await _lock_editable(db, user, session_id)
            if (host_id := given.get("host_id")) is not None:
                await _require_host(db, user, host_id)
                row.host_id = host_id
            if given.get("title") is not None:
                row.title = given["title"]
            if "planned_start_at" in given:
                row.planned_start_at = given["planned_start_at"]
            if "video_url" in given:
                _set_video(row, given["video_url"])
            if missing := missing_for(_state(row), title=row.title, has_plan=row.planned_start_at is not None, product_count=1):
                raise SessionIncomplete(details={"missing": list(missing)})
            mark_outstanding(row, "session")
            _audit(db, user, "session.updated", row, {"fields": sorted(given)})
        await self._announcer.tell(session_id)
        return await self.facts(session_id)

    async def transition(self, user: CurrentUser, session_id: UUID, to: SessionState) -> SessionView:
        """Move a session along its life and tell the room.

        Raises `TransitionRefused` when there is no such move, `Forbidden` when the role may not make it, `SessionIncomplete`.
        """
        async with self._transactions.begin() as db:
            row = await _lock_in_charge(db, user, session_id)
            came_from = _state(row)
            if not move_exists(came_from, to):
                raise TransitionRefused(details={"state": came_from, "to": to})
            if not may_move(user.role, came_from, to):
                raise Forbidden(f"A {user.role} may not move a session from {came_from} to {to}.")
            places = await run_down(db, session_id)
            if missing := missing_for(to, title=row.title, has_plan=row.planned_start_at is not None, product_count=len(places)):
                raise SessionIncomplete(details={"missing": list(missing)})
            self._move(row, to)
            await db.flush()
            _audit(db, user, "session.moved", row, {"from": came_from, "to": to})
            (view,) = await session_views(db, [row])
        await self._announcer.tell(session_id)
        return view

    async def set_products(self, user: CurrentUser, session_id: UUID, product_ids: Sequence[UUID]) -> SessionFacts:
        """Set the run-down in this order. Products that stay keep their code; new ones get the next free one.

        Raises `InvalidProducts` when one is listed twice or a live session would have none, `ProductNotFound` of the catalogue.
        """
        if len(set(product_ids)) != len(product_ids):
            raise InvalidProducts("A product is listed twice.")
        await self._catalog.require_products(user.organisation_id, product_ids)
        async with self._transactions.begin() as db:
            row = await _lock_editable(db, user, session_id)
            if not product_ids and row.state == "live":
                raise InvalidProducts("A live session keeps at least one product.")
            places = {place.product_id: place for place in await run_down(db, session_id)}
            await db.execute(
                delete(SessionProduct).where(SessionProduct.session_id == session_id, SessionProduct.product_id.not_in(product_ids))
            )
            codes = _free_codes(place.code for place in places.values())
            for position, product_id in enumerate(product_ids):
                if place := places.get(product_id):
                    place.position = position
                else:
                    db.add(SessionProduct(session_id=session_id, product_id=product_id, position=position, code=next(codes)))
            mark_outstanding(row, "products")
            if row.pinned_product_id is not None and row.pinned_product_id not in product_ids:
                row.pinned_product_id = None
                mark_outstanding(row, "pin")
            _audit(db, user, "session.products_set", row, {"product_ids": [str(product_id) for product_id in product_ids]})
        await self._announcer.tell(session_id)
        return await self.facts(session_id)

    async def pin(self, user: CurrentUser, session_id: UUID, product_id: UUID | None) -> None:
        """Pin a product of the run-down, or none. Raises `ProductNotInSession`, `SessionClosed`."""
        async with self._transactions.begin() as db:
            row = await _lock_editable(db, user, session_id)
            if product_id is not None and await db.get(SessionProduct, (session_id, product_id)) is None:
                raise ProductNotInSession
            row.pinned_product_id = product_id
            mark_outstanding(row, "pin")
            _audit(db, user, "session.pinned", row, {"product_id": None if product_id is None else str(product_id)})
        await self._announcer.tell(session_id)

    async def announce(self, session_id: UUID, event: RoomEvent) -> None:
        """Append an event to the room's log; call after COMMIT. Raises `RedisError` when it is not known whether it was appended."""
        await self._log.append(session_id, event)

    async def tell_outstanding(self) -> None:
        """Tell rooms what a crashed process committed but did not tell. For a periodic job on every node."""
        await self._announcer.tell_outstanding()

    async def get_record(self, session_id: UUID) -> SessionRecord:
        """The session's own row. Raises `SessionNotFound`."""
        async with self._transactions() as db:
            return record_of(await _find(db, session_id))

    async def get_view(self, session_id: UUID) -> SessionView:
        """The session as anyone may see it, in any state. Raises `SessionNotFound`."""
        async with self._transactions() as db:
            (view,) = await session_views(db, [await _find(db, session_id)])
        return view

    async def facts(self, session_id: UUID) -> SessionFacts:
        """Session, run-down and pin. Raises `SessionNotFound`."""
        async with self._transactions() as db:
            row = await _find(db, session_id)
            (view,) = await session_views(db, [row])
            places = await run_down(db, session_id)
        return SessionFacts(record_of(row), view, await product_views(self._catalog, row, places))

    async def list_for(self, user: CurrentUser) -> list[SessionView]:
        """All sessions of the organisation: live ones first, then the newest."""
        order = (case((LivestreamSession.state == "live", 0), else_=1), LivestreamSession.created_at.desc())
        found = select(LivestreamSession).where(LivestreamSession.organisation_id == user.organisation_id)
        async with self._transactions() as db:
            return await session_views(db, (await db.scalars(found.order_by(*order).limit(_LIST_MAX))).all())

    async def list_managed(self, user: CurrentUser) -> tuple[list[SessionView], list[SessionView]]:
        """Sessions that the user is in charge of, live ones first: those that name them as host, then (an organiser's) all others."""
        order = (case((LivestreamSession.state == "live", 0), else_=1), LivestreamSession.created_at.desc())
        found = select(LivestreamSession).where(LivestreamSession.organisation_id == user.organisation_id)
        if user.role != "organiser":
            found = found.where(LivestreamSession.host_id == user.id)
        async with self._transactions() as db:
            rows = (await db.scalars(found.order_by(*order).limit(_LIST_MAX))).all()
            views = await session_views(db, rows)
        own = [view for row, view in zip(rows, views, strict=True) if row.host_id == user.id]
        return own, [view for row, view in zip(rows, views, strict=True) if row.host_id != user.id]

    async def list_public(self) -> list[SessionView]:
        """Live sessions, then the scheduled ones by their time."""
        order = (case((LivestreamSession.state == "live", 0), else_=1), LivestreamSession.planned_start_at, LivestreamSession.created_at)
        found = select(LivestreamSession).where(LivestreamSession.state.in_(("live", "scheduled")))
        async with self._transactions() as db:
            return await session_views(db, (await db.scalars(found.order_by(*order).limit(_LIST_MAX))).all())

    async def require_live(self, session_id: UUID) -> SessionRecord:
        """The session if it is live now. Raises `SessionNotLive`, `SessionNotFound`."""
        record = await self.get_record(session_id)
        if record.state != "live":
            raise SessionNotLive(details={"state": record.state})
        return record

    async def require_known(self, session_id: UUID) -> None:
        """Raises `SessionNotFound`. Asks the database once per session: sessions are never deleted."""
        if session_id not in self._known:
            await self.get_record(session_id)
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known.add(session_id)

    async def managed(self, user: CurrentUser, session_id: UUID) -> SessionRecord:
        """The session if this user is in charge of it. Raises `SessionNotFound`, `NotYourSession`."""
        async with self._transactions() as db:
            row = await _find(db, session_id)
        _require_in_charge(user, row)
        return record_of(row)

    async def create_bridge_token(self, user: CurrentUser, session_id: UUID, label: str) -> str:
        """A token with which a program may report outside counts of this session. It cannot be read again."""
        token = _BRIDGE_TOKEN_PREFIX + secrets.token_urlsafe(_BRIDGE_TOKEN_BYTES)
        async with self._transactions.begin() as db:
            row = await _lock_in_charge(db, user, session_id)
            db.add(BridgeToken(token_digest=_digest(token), session_id=session_id, label=label))
            _audit(db, user, "session.bridge_token_created", row, {"label": label})
        return token

    async def bridge_label(self, session_id: UUID, token: str) -> str:
        """The name of the program behind a bridge token. Raises `BridgeTokenInvalid`."""
        found = select(BridgeToken.label).where(BridgeToken.token_digest == _digest(token), BridgeToken.session_id == session_id)
        async with self._transactions() as db:
            label = await db.scalar(found)
        if label is None:
            raise BridgeTokenInvalid
        return label

    def _move(self, row: LivestreamSession, to: SessionState) -> None:
        row.state = to
        match to:
            case "live":
                row.started_at = self._clock()
            case "ended":
                row.ended_at = self._clock()
            case "closed":
                row.closed_at = self._clock()
            case "draft" | "scheduled":
                pass


def _state(row: LivestreamSession) -> SessionState:
    return record_of(row).state


async def _find(db: AsyncSession, session_id: UUID) -> LivestreamSession:
    row = await db.get(LivestreamSession, session_id)
    if row is None:
        raise SessionNotFound
    return row


async def _lock_in_charge(db: AsyncSession, user: CurrentUser, session_id: UUID) -> LivestreamSession:
    """The session's row, locked against other changes but not against orders that refer to it."""
    row = await db.get(LivestreamSession, session_id, with_for_update={"key_share": True})
    if row is None:
        raise SessionNotFound
    _require_in_charge(user, row)
    return row


async def _lock_editable(db: AsyncSession, user: CurrentUser, session_id: UUID) -> LivestreamSession:
    row = await _lock_in_charge(db, user, session_id)
    if _state(row) not in EDITABLE:
        raise SessionClosed(details={"state": row.state})
    return row


def _require_in_charge(user: CurrentUser, row: LivestreamSession) -> None:
    if user.organisation_id != row.organisation_id:
        # As if it did not exist: ids of other organisations are not confirmed.
        raise SessionNotFound
    if user.role != "organiser" and user.id != row.host_id:
        raise NotYourSession


async def _require_host(db: AsyncSession, user: CurrentUser, host_id: UUID) -> None:
    if user.role != "organiser" and host_id != user.id:
        raise InvalidHost("A host may only name themselves as host.")
    if not await is_active_member(db, organisation_id=user.organisation_id, user_id=host_id):
        raise InvalidHost


def _set_video(row: LivestreamSession, url: str | None) -> None:
    video = None if url is None or not url.strip() else parse_video_url(url)
    row.video_kind, row.video_url = (None, None) if video is None else (video.kind, video.url)


def _free_codes(used: Iterable[str]) -> Iterator[str]:
    """A1, A2 … without the codes that viewers may already have heard."""
    taken = set(used)
    return (code for number in itertools.count(1) if (code := f"A{number}") not in taken)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _audit(db: AsyncSession, user: CurrentUser, action: str, row: LivestreamSession, details: dict[str, object]) -> None:
    record_audit(db, organisation_id=row.organisation_id, user_id=user.id, action=action, subject_id=row.id, details=details)
