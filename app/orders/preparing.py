"""Offers that have not opened yet: changed or dropped by the host, before the session or while it runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.database import Database
from app.orders.errors import OfferAlreadyOpened, OfferNotFound
from app.orders.models import Offer
from app.orders.price_rules import check_flash_price
from app.orders.queries import offer_view
from app.orders.schemas import OfferChanges
from app.protocol.server_events import OfferChanged, OfferEnded
from app.protocol.views import OfferView
from app.sessions.lookup import SessionLookup
from app.sessions.outbox import event_to_tell, tell_room
from app.sessions.telling import RoomTeller


class PreparedOffers:
    """Use cases of offers that wait: for the host's hand, or for their time. Only the latter are known to the room."""

    def __init__(self, database: Database, *, sessions: SessionLookup, teller: RoomTeller) -> None:
        self._transactions = database.transactions
        self._sessions = sessions
        self._teller = teller

    async def change(
        self, user: CurrentUser, session_id: UUID, offer_id: UUID, changes: OfferChanges, intention: Intention | None = None
    ) -> OfferView:
        """Change what was given. Raises `OfferNotFound`, `OfferAlreadyOpened`, `PriceRuleBroken`, `HalfPriceRule` and those of access."""
        await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        given = changes.model_dump(exclude_unset=True)
        async with self._transactions.begin() as db:
            offer = await _waiting(db, session_id, offer_id)
            if not (await claim_intention(db, user.id, intention, offer_id)).is_first:
                return offer_view(offer)
            _require_waiting(offer)
            was_announced = offer.starts_at is not None
            _apply(offer, changes, given)
            await db.flush()
            _audit(db, user, "offer.changed", offer, changes.model_dump(mode="json", exclude_unset=True))
            view = offer_view(offer)
            if offer.starts_at is not None:
                await tell_room(db, session_id, event_to_tell(OfferChanged(offer=view)))
            elif was_announced:
                await tell_room(db, session_id, event_to_tell(OfferEnded(offer_id=offer_id)))
        await self._teller.tell_soon(session_id)
        return view

    async def drop(self, user: CurrentUser, session_id: UUID, offer_id: UUID, intention: Intention | None = None) -> OfferView:
        """It will never open; dropping twice changes nothing. Raises `OfferNotFound`, `OfferAlreadyOpened` and those of access."""
        await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        async with self._transactions.begin() as db:
            offer = await _waiting(db, session_id, offer_id)
            is_first = (await claim_intention(db, user.id, intention, offer_id)).is_first
            if is_first and not _never_opened(offer):
                _require_waiting(offer)
                if offer.starts_at is not None:
                    await tell_room(db, session_id, event_to_tell(OfferEnded(offer_id=offer_id)))
                # Without a start nobody hears of it: neither viewers, nor the recording's chapters, nor the report.
                offer.state = offer.announced_state = "ended"
                offer.starts_at = offer.ends_at = None
                _audit(db, user, "offer.dropped", offer, {})
            view = offer_view(offer)
        await self._teller.tell_soon(session_id)
        return view


def _apply(offer: Offer, changes: OfferChanges, given: dict[str, Any]) -> None:
    for name in ("flash_price_vnd", "total_quantity", "per_viewer_limit", "duration_seconds"):
        if given.get(name) is not None:
            setattr(offer, name, given[name])
    if given.get("flash_price_vnd") is not None:
        check_flash_price(offer.flash_price_vnd, offer.regular_price_vnd, changes.below_half)
    offer.remaining = offer.total_quantity + offer.buffer_quantity
    if "starts_at" in given:
        offer.starts_at = changes.starts_at
    offer.ends_at = None if offer.starts_at is None else offer.starts_at + timedelta(seconds=offer.duration_seconds)


async def _waiting(db: AsyncSession, session_id: UUID, offer_id: UUID) -> Offer:
    offer = await db.scalar(select(Offer).where(Offer.session_id == session_id, Offer.id == offer_id).with_for_update())
    if offer is None:
        raise OfferNotFound(details={"offer_id": str(offer_id)})
    return offer


def _require_waiting(offer: Offer) -> None:
    if offer.state != "scheduled":
        raise OfferAlreadyOpened(details={"offer_id": str(offer.id), "state": offer.state})


def _never_opened(offer: Offer) -> bool:
    return offer.state == "ended" and offer.starts_at is None


def _audit(db: AsyncSession, user: CurrentUser, action: str, offer: Offer, details: dict[str, Any]) -> None:
    record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=str(offer.id), details=details)
