"""Flash offers: made, opened, extended and ended by the host or by the server's clock; the room is told after COMMIT."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.service import CurrentUser
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database
from app.ledger.append import begin_ledger
from app.orders.calling import Calls
from app.orders.errors import OfferNotFound, OfferNotOpen, PriceRuleBroken
from app.orders.models import Offer
from app.orders.queries import offer_view, offers_of
from app.orders.schemas import NewOffer
from app.protocol.server_events import OfferChanged, OfferEnded, OfferOpened, OfferSoldOut, RoomEvent, WaitlistCalled
from app.protocol.views import OfferView
from app.sessions.announcing import Announcer
from app.sessions.errors import NotYourSession, ProductNotInSession, SessionNotFound
from app.sessions.lookup import SessionLookup

_RUN_DOWN_PRODUCT = text(
    "SELECT p.id, p.producer_id, p.price_vnd FROM session_products r JOIN products p ON p.id = r.product_id "
    "WHERE r.session_id = :session_id AND r.product_id = :product_id"
)


LONGEST_OPEN = timedelta(days=1)


class OfferService:
    """Use cases around flash offers. Every change is one transaction, told to the room afterwards.

    `offers.announced_state` trails `offers.state` until the room has been told, so a crash in between is repaired by the clock job.
    """

    def __init__(self, database: Database, *, sessions: SessionLookup, announcer: Announcer) -> None:
        self._database = database
        self._sessions = sessions
        self._announcer = announcer

    async def views(self, session_id: UUID) -> tuple[OfferView, ...]:
        """All offers of a session, oldest first; prepared ones are the staff's business."""
        async with self._database.transactions() as db:
            return tuple(await offers_of(db, session_id))

    async def public_views(self, session_id: UUID) -> tuple[OfferView, ...]:
        """Offers of a session, oldest first, as anyone may see them."""
        return tuple(view for view in await self.views(session_id) if not _is_prepared(view))

    async def views_for(self, user: CurrentUser | None, session_id: UUID) -> tuple[OfferView, ...]:
        """All offers for those in charge of the session, the public ones for everybody else."""
        if user is not None:
            with suppress(NotYourSession, SessionNotFound):
                await self._sessions.managed(user, session_id)
                return await self.views(session_id)
        return await self.public_views(session_id)

    async def create(self, user: CurrentUser, session_id: UUID, new: NewOffer) -> OfferView:
        """Make an offer for a product of the run-down. Raises `ProductNotInSession`, `PriceRuleBroken`, `SessionNotLive` with `open_now`."""
        session = await self._sessions.managed(user, session_id)
        if new.open_now:
            await self._sessions.require_live(session_id)
        async with self._database.transactions.begin() as db:
            product = (await db.execute(_RUN_DOWN_PRODUCT, {"session_id": session_id, "product_id": new.product_id})).one_or_none()
            if product is None:
                raise ProductNotInSession(details={"product_id": str(new.product_id)})
            if new.flash_price_vnd > product.price_vnd:
                raise PriceRuleBroken("the flash price is above the product's price", details={"price_vnd": product.price_vnd})
            await begin_ledger(db, session_id)
            offer = _new_offer(session_id, product.producer_id, product.price_vnd, new)
            db.add(offer)
            await db.flush()
            record_audit(
                db,
                organisation_id=session.organisation_id,
                user_id=user.id,
                action="offer.created",
                subject_id=str(offer.id),
                details=new.model_dump(mode="json"),
            )
            view = offer_view(offer)
        await self._tell(session_id, view)
        return view

    async def open(self, user: CurrentUser, session_id: UUID, offer_id: UUID, duration_seconds: int | None) -> OfferView:
        """Open a waiting offer now. Raises `SessionNotLive`, `OfferNotOpen` when it has ended."""
        await self._sessions.managed(user, session_id)
        await self._sessions.require_live(session_id)
        async with self._database.transactions.begin() as db:
            offer = await _locked(db, session_id, offer_id)
            if offer.state == "ended":
                raise OfferNotOpen(details={"offer_id": str(offer_id), "state": offer.state})
            if offer.state == "scheduled":
                offer.starts_at = utc_now()
                offer.ends_at = offer.starts_at + timedelta(seconds=duration_seconds or offer.duration_seconds)
                offer.state = "open"
            self._audit(db, user, "offer.opened", offer)
            view = offer_view(offer)
        await self._tell(session_id, view)
        return view

    async def extend(self, user: CurrentUser, session_id: UUID, offer_id: UUID, seconds: int) -> OfferView:
        """Give an open offer more time. Raises `OfferNotOpen`, `PriceRuleBroken` when it would be open for longer than a day."""
        await self._sessions.managed(user, session_id)
        async with self._database.transactions.begin() as db:
            offer = await _locked(db, session_id, offer_id)
            if offer.state != "open" or offer.ends_at is None:
                raise OfferNotOpen(details={"offer_id": str(offer_id), "state": offer.state})
            if offer.starts_at is not None and offer.ends_at + timedelta(seconds=seconds) > offer.starts_at + LONGEST_OPEN:
                raise PriceRuleBroken("the offer would be open for longer than a day", details={"ends_at_ms": to_ms(offer.ends_at)})
            offer.ends_at += timedelta(seconds=seconds)
            self._audit(db, user, "offer.extended", offer)
            view = offer_view(offer)
        await self._announcer.announce(session_id, OfferChanged(offer=view))
        return view

    async def end(self, user: CurrentUser, session_id: UUID, offer_id: UUID) -> OfferView:
        """End an offer now. Orders that had already reached the server are still counted. Ending twice changes nothing."""
        await self._sessions.managed(user, session_id)
        async with self._database.transactions.begin() as db:
            offer = await _locked(db, session_id, offer_id)
            if offer.state != "ended":
                offer.state = "ended"
                offer.ends_at = max(utc_now(), (offer.starts_at or utc_now()) + timedelta(milliseconds=1))
                offer.starts_at = offer.starts_at or offer.ends_at - timedelta(milliseconds=1)
                self._audit(db, user, "offer.ended", offer)
            view = offer_view(offer)
        await self._tell(session_id, view)
        return view

    async def keep_time(self) -> None:
        """Open and end what is due by the server's clock, and tell rooms what they have not been told. Run every half second."""
        await self._move_due()
        for session_id, view in await self._untold():
            await self._tell(session_id, view)

    async def tell_freed(self, session_id: UUID, offer_ids: Collection[UUID]) -> None:
        """Units came back: the room hears the offers as they are now."""
        async with self._database.transactions() as db:
            offers = (await db.scalars(select(Offer).where(Offer.id.in_(offer_ids), Offer.state == "open"))).all()
        for offer in offers:
            await self._announcer.announce(session_id, OfferChanged(offer=offer_view(offer)))

    async def tell_calls(self, session_id: UUID, calls: Calls) -> None:
        """The next on the waitlist are called, by entry ids that only they know to be theirs."""
        event = WaitlistCalled(offer_id=calls.offer_id, entry_ids=calls.entry_ids, until_ms=to_ms(calls.until) or 0)
        await self._announcer.announce(session_id, event)

    async def tell_sold_out(self, session_id: UUID, offer_ids: Sequence[UUID]) -> None:
        for offer_id in offer_ids:
            await self._announcer.announce(session_id, OfferSoldOut(offer_id=offer_id))

    async def _move_due(self) -> None:
        now = utc_now()
        async with self._database.transactions.begin() as db:
            await db.execute(
                update(Offer)
                .where(
                    Offer.state == "scheduled",
                    Offer.starts_at <= now,
                    text("EXISTS (SELECT FROM sessions s WHERE s.id = offers.session_id AND s.state = 'live')"),
                )
                .values(state="open")
            )
            await db.execute(
                update(Offer)
                .where(
                    Offer.state != "ended",
                    (Offer.ends_at <= now)
                    | text("EXISTS (SELECT FROM sessions s WHERE s.id = session_id AND s.state IN ('ended', 'closed'))"),
                )
                .values(state="ended")
            )

    async def _untold(self) -> list[tuple[UUID, OfferView]]:
        async with self._database.transactions() as db:
            rows = await db.scalars(select(Offer).where(Offer.announced_state != Offer.state).order_by(Offer.created_at).limit(200))
            return [(offer.session_id, offer_view(offer)) for offer in rows]

    async def _tell(self, session_id: UUID, view: OfferView) -> None:
        """Append to the room's log, then note that it was told: at least once, and applying it twice changes nothing."""
        if not _is_prepared(view):
            await self._announcer.announce(session_id, _event_of(view))
        async with self._database.transactions.begin() as db:
            await db.execute(update(Offer).where(Offer.id == view.id).values(announced_state=view.state))

    def _audit(self, db: AsyncSession, user: CurrentUser, action: str, offer: Offer) -> None:
        record_audit(
            db,
            organisation_id=user.organisation_id,
            user_id=user.id,
            action=action,
            subject_id=str(offer.id),
            details={"ends_at": offer.ends_at.isoformat() if offer.ends_at else None},
        )


def _new_offer(session_id: UUID, producer_id: UUID, regular_price_vnd: int, new: NewOffer) -> Offer:
    starts_at = utc_now() if new.open_now else new.starts_at
    duration = timedelta(seconds=new.duration_seconds)
    return Offer(
        session_id=session_id,
        product_id=new.product_id,
        producer_id=producer_id,
        state="open" if new.open_now else "scheduled",
        flash_price_vnd=new.flash_price_vnd,
        regular_price_vnd=regular_price_vnd,
        total_quantity=new.total_quantity,
        buffer_quantity=new.buffer_quantity,
        remaining=new.total_quantity + new.buffer_quantity,
        per_viewer_limit=new.per_viewer_limit,
        hold_seconds=new.hold_seconds,
        duration_seconds=new.duration_seconds,
        starts_at=starts_at,
        ends_at=starts_at + duration if starts_at else None,
    )


async def _locked(db: AsyncSession, session_id: UUID, offer_id: UUID) -> Offer:
    offer = await db.scalar(select(Offer).where(Offer.session_id == session_id, Offer.id == offer_id).with_for_update())
    if offer is None:
        raise OfferNotFound(details={"offer_id": str(offer_id)})
    return offer


def _is_prepared(view: OfferView) -> bool:
    """Waiting for the host's hand: nobody shall see beforehand what may never be opened."""
    return view.state == "scheduled" and view.starts_at_ms is None


def _event_of(view: OfferView) -> RoomEvent:
    match view.state:
        case "open":
            return OfferOpened(offer=view)
        case "ended":
            return OfferEnded(offer_id=view.id)
        case "scheduled":
            return OfferChanged(offer=view)
