"""A producer's booth: a session that is live from the moment it is opened until it is closed. Orders, ledger and report are a session's.

What is closed stays closed, with final figures; opening again begins a new session behind the same page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.catalog.listing_gate import require_complete
from app.catalog.producer_goods import ProducerFacts, goods_of, producers_in_ward, public_producer
from app.catalog.reach import require_producer
from app.errors import NotFound
from app.infra.clock import utc_now, vietnam_day
from app.infra.database import Database
from app.protocol.views import SessionView
from app.sessions.editing import SessionEditor
from app.sessions.errors import BoothHasNoGoods, SessionNotFound
from app.sessions.livestream_rules import keep_rules
from app.sessions.lookup import SessionLookup
from app.sessions.models import LivestreamSession, SessionProduct
from app.sessions.reading import SessionFacts, session_views

_STREAMS_MOST = 20
_BOOTHS_MOST = 200
_NOBODY = UUID(int=0)

CarryStock = Callable[[AsyncSession, Sequence[UUID], UUID], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BoothPage:
    """A booth with its producer, and the producer's streams: `coming` live ones and planned ones by time, `past` the latest first."""

    producer: ProducerFacts
    facts: SessionFacts
    coming: list[SessionView]
    past: list[SessionView]


class BoothService:
    """Opens and closes booths, one open booth per producer, for organisers of the producer's organisation.

    `carry_stock` moves pools of units from one session to another; orders have it, which this package does not know.
    """

    def __init__(
        self,
        database: Database,
        *,
        editor: SessionEditor,
        lookup: SessionLookup,
        carry_stock: CarryStock,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._transactions = database.transactions
        self._carry_stock = carry_stock
        self._editor = editor
        self._lookup = lookup
        self._clock = clock

    async def open(self, user: CurrentUser, producer_id: UUID) -> SessionFacts:
        """Open the booth with the producer's active products and what was left of them; one that is open gets the goods as they are now.

        Raises `ProducerNotFound`, `BoothHasNoGoods`, and `ProductsIncomplete` below what the organisation asks for.
        """
        async with self._transactions.begin() as db:
            # Two who open at once: the second finds what the first has opened.
            producer = await require_producer(db, user, producer_id, Action.OPEN_BOOTHS, for_update=True)
            if not (product_ids := await goods_of(db, producer_id)):
                raise BoothHasNoGoods
            row = await _newest(db, producer_id)
            is_open = row is not None and row.state == "live"
            if row is None or not is_open:
                await require_complete(db, user.organisation_id, product_ids, on=vietnam_day(self._clock()))
                rules_version = await keep_rules(db, user.organisation_id, self._clock())
                row = LivestreamSession(
                    organisation_id=user.organisation_id,
                    host_id=user.id,
                    title=producer.name,
                    state="live",
                    announced_state="live",
                    started_at=self._clock(),
                    kind="booth",
                    producer_id=producer_id,
                    ward_code=producer.commune_code,
                )
                db.add(row)
                await db.flush()
                db.add_all(
                    SessionProduct(session_id=row.id, product_id=product_id, position=position, code=f"A{position + 1}")
                    for position, product_id in enumerate(product_ids)
                )
                await db.flush()
                await self._carry_stock(db, await _closed(db, producer_id), row.id)
                record_audit(
                    db,
                    organisation_id=user.organisation_id,
                    user_id=user.id,
                    action="booth.opened",
                    subject_id=row.id,
                    details={"producer_id": str(producer_id), "rules_version": rules_version},
                )
            session_id = row.id
        return await (self._editor.set_products(user, session_id, product_ids) if is_open else self._lookup.facts(session_id))

    async def close(self, user: CurrentUser, producer_id: UUID) -> SessionFacts:
        """Close the booth, if it is open. Raises `ProducerNotFound`, and `SessionNotFound` where there was never one."""
        async with self._transactions() as db:
            await require_producer(db, user, producer_id, Action.OPEN_BOOTHS)
            row = await _newest(db, producer_id)
        if row is None:
            raise SessionNotFound
        if row.state == "live":
            await self._editor.transition(user, row.id, "ended")
        return await self._lookup.facts(row.id)

    async def newest(self, producer_id: UUID) -> SessionFacts | None:
        """The producer's booth as it is, or as it was when it was closed; None where there was never one."""
        async with self._transactions() as db:
            row = await _newest(db, producer_id)
        return None if row is None else await self._lookup.facts(row.id)

    async def page(self, producer_id: UUID) -> BoothPage:
        """What the page of a producer's booth shows. Raises `SessionNotFound` where there was never a booth."""
        facts = await self.newest(producer_id)
        async with self._transactions() as db:
            producer = await public_producer(db, producer_id)
            if facts is None or producer is None:
                raise SessionNotFound
            goods = await goods_of(db, producer_id)
            in_run_down = select(SessionProduct.session_id).where(SessionProduct.product_id.in_(goods))
            found = select(LivestreamSession).where(
                LivestreamSession.id.in_(in_run_down),
                LivestreamSession.kind == "stream",
                LivestreamSession.state != "draft",
                ~LivestreamSession.is_rehearsal,
            )
            newest = func.coalesce(LivestreamSession.started_at, LivestreamSession.planned_start_at).desc()
            streams = await session_views(db, (await db.scalars(found.order_by(newest, LivestreamSession.id).limit(_STREAMS_MOST))).all())
        coming = [view for view in reversed(streams) if view.state in {"scheduled", "live"}]
        return BoothPage(producer, facts, coming, [view for view in streams if view.state in {"ended", "closed"}])

    async def of_ward(self, ward_code: int) -> tuple[str, list[SessionView]]:
        """A ward's name and the booths that are open there, by their producers' names. Raises `NotFound` where there are none."""
        async with self._transactions() as db:
            places = await producers_in_ward(db, ward_code)
            found = select(LivestreamSession).where(
                LivestreamSession.producer_id.in_(places), LivestreamSession.kind == "booth", LivestreamSession.state == "live"
            )
            rows = (await db.scalars(found.order_by(LivestreamSession.title, LivestreamSession.id).limit(_BOOTHS_MOST))).all()
            if not rows:
                raise NotFound
            views = await session_views(db, rows)
        return places[views[0].producer_id or _NOBODY], views


async def _closed(db: AsyncSession, producer_id: UUID) -> Sequence[UUID]:
    found = select(LivestreamSession.id).where(
        LivestreamSession.producer_id == producer_id, LivestreamSession.kind == "booth", LivestreamSession.state != "live"
    )
    return (await db.scalars(found)).all()


async def _newest(db: AsyncSession, producer_id: UUID) -> LivestreamSession | None:
    found = select(LivestreamSession).where(LivestreamSession.producer_id == producer_id, LivestreamSession.kind == "booth")
    row: LivestreamSession | None = await db.scalar(found.order_by(LivestreamSession.created_at.desc(), LivestreamSession.id).limit(1))
    return row
