"""Flash offers: made, opened, extended and ended by the host or by the server's clock; the room is told after COMMIT."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.catalog.listing_gate import require_no_alcohol
from app.errors import Forbidden
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database
from app.ledger.append import begin_ledger
from app.orders.errors import OfferNotFound, OfferNotOpen, PriceRuleBroken
from app.orders.models import Offer
from app.orders.price_rules import check_flash_price
from app.orders.queries import offer_view, offers_of
from app.orders.schemas import NewOffer
from app.protocol.server_events import OfferChanged, OfferEnded, OfferOpened, RoomEvent
from app.protocol.views import OfferView
from app.sessions.errors import ProductNotInSession, SessionNotFound
from app.sessions.lookup import SessionLookup
from app.sessions.outbox import event_to_tell, tell_room
from app.sessions.telling import RoomTeller

_RUN_DOWN_PRODUCT = text(
    "SELECT p.id, p.producer_id, p.price_vnd FROM session_products r JOIN products p ON p.id = r.product_id "
    "WHERE r.session_id = :session_id AND r.product_id = :product_id"
)


_SESSIONS_OVER = text("SELECT id FROM sessions WHERE id = ANY(:ids) AND state IN ('ended', 'closed')")
_DUE_AT_ONCE = 200
LONGEST_OPEN = timedelta(days=1)


class OfferService:
    """Use cases around flash offers. Every change is one transaction, with what the room must hear in the outbox."""

    def __init__(self, database: Database, *, sessions: SessionLookup, teller: RoomTeller) -> None:
        self._database = database
        self._sessions = sessions
        self._teller = teller
        teller.reads("offer", self._changed_event)

    async def views(self, session_id: UUID, *, within_pools: bool = True) -> tuple[OfferView, ...]:
        """All offers of a session, oldest first; prepared ones are the staff's business."""
        async with self._database.transactions() as db:
            return tuple(await offers_of(db, session_id, within_pools=within_pools))

    async def public_views(self, session_id: UUID, *, within_pools: bool = True) -> tuple[OfferView, ...]:
        """Offers of a session, oldest first, as anyone may see them."""
        return tuple(view for view in await self.views(session_id, within_pools=within_pools) if not _is_prepared(view))

    async def views_for_room(self, session_id: UUID) -> tuple[OfferView, ...]:
        """What a room starts from. It knows the pools itself and follows them: here each offer says what is left of it alone."""
        return await self.public_views(session_id, within_pools=False)

    async def views_for(self, user: CurrentUser | None, session_id: UUID) -> tuple[OfferView, ...]:
        """All offers for those in charge of the session, the public ones for everybody else."""
        if user is not None:
            with suppress(Forbidden, SessionNotFound):
                await self._sessions.managed(user, session_id, Action.SEE_BOARD)
                return await self.views(session_id)
        return await self.public_views(session_id)

    async def create(self, user: CurrentUser, session_id: UUID, new: NewOffer, intention: Intention | None = None) -> OfferView:
        """Make an offer for a product of the run-down.

        Raises `ProductNotInSession`, `PriceRuleBroken`, `HalfPriceRule`, `AlcoholNotShown`, `SessionNotLive` with `open_now`.
        """
        session = await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        offer_id = uuid4()
        async with self._database.transactions.begin() as db:
            claim = await claim_intention(db, user.id, intention, offer_id)
            if not claim.is_first:
                return offer_view(await _locked(db, session_id, claim.subject_id))
            if new.open_now:
                await self._sessions.require_live(db, session_id)
            product = (await db.execute(_RUN_DOWN_PRODUCT, {"session_id": session_id, "product_id": new.product_id})).one_or_none()
            if product is None:
                raise ProductNotInSession(details={"product_id": str(new.product_id)})
            await require_no_alcohol(db, new.product_id)
            check_flash_price(new.flash_price_vnd, product.price_vnd, new.below_half)
            await begin_ledger(db, session_id)
            offer = _new_offer(offer_id, session_id, product.producer_id, product.price_vnd, new)
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
            view = await _tell(db, offer)
        await self._teller.tell_soon(session_id)
        return view

    async def open(
        self, user: CurrentUser, session_id: UUID, offer_id: UUID, duration_seconds: int | None, intention: Intention | None = None
    ) -> OfferView:
        """Open a waiting offer now. Raises `SessionNotLive`, `AlcoholNotShown`, `OfferNotOpen` when it has ended."""
        await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        async with self._database.transactions.begin() as db:
            offer = await _locked(db, session_id, offer_id)
            if not (await claim_intention(db, user.id, intention, offer_id)).is_first:
                return offer_view(offer)
            await self._sessions.require_live(db, session_id)
            if offer.state == "ended":
                raise OfferNotOpen(details={"offer_id": str(offer_id), "state": offer.state})
            if offer.state == "scheduled":
                await require_no_alcohol(db, offer.product_id)
                offer.starts_at = utc_now()
                offer.ends_at = offer.starts_at + timedelta(seconds=duration_seconds or offer.duration_seconds)
                offer.state = "open"
            self._audit(db, user, "offer.opened", offer)
            view = await _tell(db, offer)
        await self._teller.tell_soon(session_id)
        return view

    async def extend(
        self, user: CurrentUser, session_id: UUID, offer_id: UUID, seconds: int, intention: Intention | None = None
    ) -> OfferView:
        """Give an open offer more time. Raises `OfferNotOpen`, `PriceRuleBroken` when it would be open for longer than a day."""
        await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        async with self._database.transactions.begin() as db:
            offer = await _locked(db, session_id, offer_id)
            if not (await claim_intention(db, user.id, intention, offer_id)).is_first:
                return offer_view(offer)
            if offer.state != "open" or offer.ends_at is None:
                raise OfferNotOpen(details={"offer_id": str(offer_id), "state": offer.state})
            if offer.starts_at is not None and offer.ends_at + timedelta(seconds=seconds) > offer.starts_at + LONGEST_OPEN:
                raise PriceRuleBroken("the offer would be open for longer than a day", details={"ends_at_ms": to_ms(offer.ends_at)})
            offer.ends_at += timedelta(seconds=seconds)
            self._audit(db, user, "offer.extended", offer)
            view = offer_view(offer)
            await tell_room(db, session_id, event_to_tell(OfferChanged(offer=view)))
        await self._teller.tell_soon(session_id)
        return view

    async def end(self, user: CurrentUser, session_id: UUID, offer_id: UUID, intention: Intention | None = None) -> OfferView:
        """End an offer now. Orders that had already reached the server are still counted. Ending twice changes nothing."""
        await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        async with self._database.transactions.begin() as db:
            offer = await _locked(db, session_id, offer_id)
            if not (await claim_intention(db, user.id, intention, offer_id)).is_first:
                return offer_view(offer)
            if offer.state != "ended":
                offer.state = "ended"
                offer.ends_at = max(utc_now(), (offer.starts_at or utc_now()) + timedelta(milliseconds=1))
                offer.starts_at = offer.starts_at or offer.ends_at - timedelta(milliseconds=1)
                self._audit(db, user, "offer.ended", offer)
            view = await _tell(db, offer)
        await self._teller.tell_soon(session_id)
        return view

    async def keep_time(self) -> None:
        """Open and end what is due by the server's clock. Run every half second."""
        now = utc_now()
        due = (
            (Offer.state == "scheduled")
            & (Offer.starts_at <= now)
            & text("EXISTS (SELECT FROM sessions s WHERE s.id = offers.session_id AND s.state = 'live')")
        ) | (
            (Offer.state != "ended")
            & (
                (Offer.ends_at <= now)
                | text("EXISTS (SELECT FROM sessions s WHERE s.id = offers.session_id AND s.state IN ('ended', 'closed'))")
            )
        )
        async with self._database.transactions.begin() as db:
            # in the order in which batches of orders lock them
            offers = (await db.scalars(select(Offer).where(due).order_by(Offer.id).limit(_DUE_AT_ONCE).with_for_update())).all()
            over = await _sessions_over(db, {offer.session_id for offer in offers})
            for offer in offers:
                is_over = offer.session_id in over or (offer.ends_at is not None and offer.ends_at <= now)
                offer.state = "ended" if is_over else "open"
                await _tell(db, offer)
        for session_id in {offer.session_id for offer in offers}:
            self._teller.kick(session_id)

    async def _changed_event(self, _session_id: UUID, offer_id: UUID | None) -> RoomEvent | None:
        async with self._database.transactions() as db:
            offer = await db.get(Offer, offer_id)
            return None if offer is None or offer.state != "open" else OfferChanged(offer=offer_view(offer))

    def _audit(self, db: AsyncSession, user: CurrentUser, action: str, offer: Offer) -> None:
        record_audit(
            db,
            organisation_id=user.organisation_id,
            user_id=user.id,
            action=action,
            subject_id=str(offer.id),
            details={"ends_at": offer.ends_at.isoformat() if offer.ends_at else None},
        )


def _new_offer(offer_id: UUID, session_id: UUID, producer_id: UUID, regular_price_vnd: int, new: NewOffer) -> Offer:
    starts_at = utc_now() if new.open_now else new.starts_at
    duration = timedelta(seconds=new.duration_seconds)
    return Offer(
        id=offer_id,
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


async def _tell(db: AsyncSession, offer: Offer) -> OfferView:
    """Have the room told what became of an offer, in the same transaction; prepared ones are nobody's business yet."""
    offer.announced_state = offer.state
    view = offer_view(offer)
    if not _is_prepared(view):
        await tell_room(db, offer.session_id, event_to_tell(_event_of(view)))
    return view


async def _sessions_over(db: AsyncSession, session_ids: Collection[UUID]) -> set[UUID]:
    rows = await db.scalars(_SESSIONS_OVER, {"ids": list(session_ids)})
    return set(rows)


async def _locked(db: AsyncSession, session_id: UUID, offer_id: UUID) -> Offer:
    offer = await db.scalar(select(Offer).where(Offer.session_id == session_id, Offer.id == offer_id).with_for_update())
    if offer is None:
        raise OfferNotFound(details={"offer_id": str(offer_id)})
    return offer


def _is_prepared(view: OfferView) -> bool:
    """Waiting for the host's hand, or never opened: nobody shall see beforehand what may never be."""
    return view.starts_at_ms is None


def _event_of(view: OfferView) -> RoomEvent:
    match view.state:
        case "open":
            return OfferOpened(offer=view)
        case "ended":
            return OfferEnded(offer_id=view.id)
        case "scheduled":
            return OfferChanged(offer=view)
