"""What staff does to a session: create it, change it, set its run-down, pin, and move it along its life."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.directory import is_active_member
from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import RULES, Action, Place, Reach
from app.accounts.service import CurrentUser
from app.catalog.addresses import book
from app.catalog.listing_gate import require_complete, require_no_alcohol
from app.catalog.producer_goods import not_goods_of
from app.catalog.service import CatalogService
from app.catalog.video import parse_video_url
from app.errors import Forbidden
from app.infra.clock import utc_now, vietnam_day
from app.infra.database import Database
from app.protocol.server_events import ProductPinned, SessionChanged
from app.protocol.views import SessionState, SessionView
from app.sessions.errors import (
    BoothHasNoPlan,
    InvalidHost,
    InvalidProducts,
    InvalidWard,
    ProductNotInSession,
    SessionIncomplete,
    TransitionRefused,
)
from app.sessions.in_charge import lock_in_charge, require_editable
from app.sessions.lifecycle import action_of_move, missing_for
from app.sessions.livestream_rules import keep_rules
from app.sessions.lookup import SessionLookup
from app.sessions.models import LivestreamSession, SessionProduct
from app.sessions.outbox import Told, event_to_tell, tell_room
from app.sessions.reading import SessionFacts, broadcast_day, record_of, run_down, session_views
from app.sessions.schemas import SessionChanges, SessionContent
from app.sessions.telling import RoomTeller


class SessionEditor:
    """An organiser acts for every session of the organisation, a host for the sessions that name them as host."""

    def __init__(
        self,
        database: Database,
        *,
        catalog: CatalogService,
        lookup: SessionLookup,
        teller: RoomTeller,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._transactions = database.transactions
        self._catalog = catalog
        self._lookup = lookup
        self._teller = teller
        self._clock = clock

    async def create(self, user: CurrentUser, content: SessionContent, intention: Intention | None = None) -> SessionFacts:
        """A new draft of the user's organisation. A host may only name themselves as host.

        Raises `InvalidVideoUrl`, `InvalidHost`, `InvalidWard`.
        """
        host_id = content.host_id or user.id
        async with self._transactions.begin() as db:
            claim = await claim_intention(db, user.id, intention, uuid4())
            if claim.is_first:
                await _require_host(db, user, host_id)
                if content.ward_code is not None:
                    _require_ward(user, content.ward_code)
                row = LivestreamSession(
                    id=claim.subject_id,
                    organisation_id=user.organisation_id,
                    host_id=host_id,
                    title=content.title,
                    planned_start_at=content.planned_start_at,
                    is_rehearsal=content.is_rehearsal,
                    ward_code=content.ward_code or _ward_of_creator(user),
                )
                _set_video(row, content.video_url)
                db.add(row)
                await db.flush()
                _audit(db, user, "session.created", row, {"title": row.title})
        return await self._lookup.facts(claim.subject_id)

    async def update(
        self, user: CurrentUser, session_id: UUID, changes: SessionChanges, intention: Intention | None = None
    ) -> SessionFacts:
        """Change what was given; the room is told. Raises `SessionClosed`, `InvalidVideoUrl`, `InvalidHost`, `InvalidWard` and those of access."""
        given = changes.model_dump(exclude_unset=True)
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.PREPARE_SESSIONS)
            if not (await claim_intention(db, user.id, intention, session_id)).is_first:
                return await self._lookup.facts(session_id)
            require_editable(row)
            if (host_id := given.get("host_id")) is not None:
                await _require_host(db, user, host_id)
                row.host_id = host_id
            if given.get("title") is not None:
                row.title = given["title"]
            if row.kind == "booth" and given.get("planned_start_at") is not None:
                raise BoothHasNoPlan
            if "planned_start_at" in given:
                row.planned_start_at = given["planned_start_at"]
            if "ward_code" in given and given["ward_code"] != row.ward_code:
                _require_ward(user, given["ward_code"], is_booth=row.kind == "booth")
                row.ward_code = given["ward_code"]
            if "video_url" in given:
                _set_video(row, given["video_url"])
            if missing := missing_for(_state(row), title=row.title, has_plan=row.planned_start_at is not None, product_count=1):
                raise SessionIncomplete(details={"missing": list(missing)})
            await _tell_session(db, row)
            _audit(db, user, "session.updated", row, {"fields": sorted(given)})
        await self._teller.tell_soon(session_id)
        return await self._lookup.facts(session_id)

    async def transition(self, user: CurrentUser, session_id: UUID, to: SessionState, intention: Intention | None = None) -> SessionView:
        """Move a session along its life and tell the room.

        Raises `TransitionRefused` when there is no such move, `Forbidden` when the role may not make it, `SessionIncomplete`,
        `ProductsIncomplete` and `AlcoholNotShown` before going live.
        """
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.RUN_SESSIONS)
            if not (await claim_intention(db, user.id, intention, session_id)).is_first:
                return (await session_views(db, [row]))[0]
            came_from = _state(row)
            if (needed := action_of_move(came_from, to)) is None:
                raise TransitionRefused(details={"state": came_from, "to": to})
            if not user.may_at(needed, Place(row.id, row.host_id, row.ward_code)):
                raise Forbidden(f"You may not move this session from {came_from} to {to}.")
            places = await run_down(db, session_id)
            if missing := missing_for(to, title=row.title, has_plan=row.planned_start_at is not None, product_count=len(places)):
                raise SessionIncomplete(details={"missing": list(missing)})
            if to == "live" and not row.is_rehearsal:
                on = vietnam_day(self._clock())
                await require_complete(db, row.organisation_id, [place.product_id for place in places], on=on)
            if to == "live":
                await require_no_alcohol(db, *(place.product_id for place in places))
            # Kept first: the rules that a session starts with are at least as old as it is.
            held: dict[str, object] = {"rules_version": await keep_rules(db, row.organisation_id, self._clock())} if to == "live" else {}
            self._move(row, to)
            await db.flush()
            _audit(db, user, "session.moved", row, {"from": came_from, "to": to} | held)
            view = await _tell_session(db, row)
        await self._teller.tell_soon(session_id)
        return view

    async def set_products(
        self,
        user: CurrentUser,
        session_id: UUID,
        product_ids: Sequence[UUID],
        intention: Intention | None = None,
        *,
        codes: Mapping[UUID, str] | None = None,
    ) -> SessionFacts:
        """Set the run-down in this order. Products that stay keep their code; new ones get the next free one, or theirs in `codes`.

        Raises `InvalidProducts` when one is listed twice, two would have one code, or a live session would have none; of the catalogue `ProductNotFound`,
        `AlcoholNotShown`, and `ProductsIncomplete` below what the organisation asks for.
        """
        if len(set(product_ids)) != len(product_ids):
            raise InvalidProducts("A product is listed twice.")
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.PREPARE_SESSIONS)
            if not (await claim_intention(db, user.id, intention, session_id)).is_first:
                return await self._lookup.facts(session_id)
            require_editable(row)
            await self._catalog.require_products(db, user.organisation_id, product_ids)
            await require_no_alcohol(db, *product_ids)
            if row.producer_id is not None and (others := await not_goods_of(db, row.producer_id, product_ids)):
                raise InvalidProducts(details={"product_ids": [str(product_id) for product_id in others]})
            if not product_ids and row.state == "live":
                raise InvalidProducts("A live session keeps at least one product.")
            if not row.is_rehearsal:
                on = broadcast_day(row, self._clock())
                await require_complete(db, row.organisation_id, product_ids, on=on)
            places = {place.product_id: place for place in await run_down(db, session_id)}
            await db.execute(
                delete(SessionProduct).where(SessionProduct.session_id == session_id, SessionProduct.product_id.not_in(product_ids))
            )
            codes_now = _codes(product_ids, codes or {}, {place.product_id: place.code for place in places.values()})
            for position, (product_id, code) in enumerate(codes_now.items()):
                if place := places.get(product_id):
                    place.position, place.code = position, code
                else:
                    db.add(SessionProduct(session_id=session_id, product_id=product_id, position=position, code=code))
            await tell_room(db, session_id, Told("products"))
            if row.pinned_product_id is not None and row.pinned_product_id not in product_ids:
                row.pinned_product_id = None
                await tell_room(db, session_id, event_to_tell(ProductPinned(product_id=None)))
            _audit(db, user, "session.products_set", row, {"product_ids": [str(product_id) for product_id in product_ids], **_own(codes)})
        await self._teller.tell_soon(session_id)
        return await self._lookup.facts(session_id)

    async def pin(self, user: CurrentUser, session_id: UUID, product_id: UUID | None, intention: Intention | None = None) -> None:
        """Pin a product of the run-down, or none. Raises `ProductNotInSession`, `AlcoholNotShown`, `SessionClosed`."""
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.RUN_SESSIONS)
            if not (await claim_intention(db, user.id, intention, session_id)).is_first:
                return
            require_editable(row)
            if product_id is not None and await db.get(SessionProduct, (session_id, product_id)) is None:
                raise ProductNotInSession
            if product_id is not None:
                await require_no_alcohol(db, product_id)
            row.pinned_product_id = product_id
            await tell_room(db, session_id, event_to_tell(ProductPinned(product_id=product_id)))
            _audit(db, user, "session.pinned", row, {"product_id": None if product_id is None else str(product_id)})
        await self._teller.tell_soon(session_id)

    def _move(self, row: LivestreamSession, to: SessionState) -> None:
        row.state = row.announced_state = to
        match to:
            case "live":
                row.started_at = self._clock()
            case "ended":
                row.ended_at = self._clock()
            case "closed":
                row.closed_at = self._clock()
            case "draft" | "scheduled":
                pass


async def _tell_session(db: AsyncSession, row: LivestreamSession) -> SessionView:
    await db.flush()
    (view,) = await session_views(db, [row])
    await tell_room(db, row.id, event_to_tell(SessionChanged(session=view)))
    return view


def _state(row: LivestreamSession) -> SessionState:
    return record_of(row).state


async def _require_host(db: AsyncSession, user: CurrentUser, host_id: UUID) -> None:
    if host_id != user.id and not _may_name_anybody(user):
        raise InvalidHost("A host may only name themselves as host.")
    if not await is_active_member(db, organisation_id=user.organisation_id, user_id=host_id):
        raise InvalidHost


def _may_name_anybody(user: CurrentUser) -> bool:
    return any(RULES[Action.CREATE_SESSIONS].of(grant.role) is Reach.ALL for grant in user.grants_for(Action.CREATE_SESSIONS))


def may_choose_ward(user: CurrentUser) -> bool:
    """Whether somebody may say which commune holds a session, and so whose people reach it: those whose role is no commune's."""
    return any(grant.ward_code is None for grant in user.grants_for(Action.CREATE_SESSIONS))


def _require_ward(user: CurrentUser, ward_code: int | None, *, is_booth: bool = False) -> None:
    """Raises `InvalidWard` for a code that no commune has, for a booth, which is where its producer is, and for another commune than one's own."""
    own = {grant.ward_code for grant in user.grants_for(Action.CREATE_SESSIONS)}
    is_known = ward_code is None or book.ward_name(ward_code) is not None
    if is_booth or not is_known or not (may_choose_ward(user) or ward_code in own):
        raise InvalidWard(details={"ward_code": ward_code})


def _ward_of_creator(user: CurrentUser) -> int | None:
    """The commune that holds a new session: that of whoever may create sessions only there."""
    found = user.grants_for(Action.CREATE_SESSIONS)
    return None if any(grant.ward_code is None for grant in found) else next((grant.ward_code for grant in found), None)


def _set_video(row: LivestreamSession, url: str | None) -> None:
    video = None if url is None or not url.strip() else parse_video_url(url)
    row.video_kind, row.video_url = (None, None) if video is None else (video.kind, video.url)


def _own(codes: Mapping[UUID, str] | None) -> dict[str, object]:
    return {"codes": {str(product_id): code for product_id, code in codes.items()}} if codes else {}


def _codes(product_ids: Sequence[UUID], own: Mapping[UUID, str], before: Mapping[UUID, str]) -> dict[UUID, str]:
    """The code of each product: the organiser's own, that of before, or A1, A2 … without the codes that viewers may already have heard."""
    taken = {*own.values(), *before.values()}
    free = (code for number in itertools.count(1) if (code := f"A{number}") not in taken)
    codes = {product_id: own.get(product_id) or before.get(product_id) or next(free) for product_id in product_ids}
    if len(set(codes.values())) != len(codes) or not set(own) <= set(codes):
        raise InvalidProducts("Each product has one code, and each code one product of the run-down.")
    return codes


def _audit(db: AsyncSession, user: CurrentUser, action: str, row: LivestreamSession, details: dict[str, object]) -> None:
    record_audit(db, organisation_id=row.organisation_id, user_id=user.id, action=action, subject_id=row.id, details=details)
