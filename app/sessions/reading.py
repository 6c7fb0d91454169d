"""Reads sessions with their run-down, in the form that clients see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.directory import names_of
from app.catalog.service import CatalogService, ProductCard
from app.catalog.video import video_view
from app.infra.clock import to_ms, utc_now, vietnam_day
from app.protocol.shipping import ShippingRule
from app.protocol.views import ProductView, SessionKind, SessionState, SessionView, VideoKind
from app.sessions.models import LivestreamSession, SessionProduct, ShippingRuleRow


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as other packages may know it."""

    id: UUID
    organisation_id: UUID
    host_id: UUID
    title: str
    state: SessionState
    planned_start_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    closed_at: datetime | None
    video_url: str | None
    pinned_product_id: UUID | None
    kind: SessionKind
    producer_id: UUID | None
    ward_code: int | None = None


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session with everything on its page that PostgreSQL knows, read at one moment."""

    record: SessionRecord
    view: SessionView
    products: tuple[ProductView, ...]


def record_of(row: LivestreamSession) -> SessionRecord:
    return SessionRecord(
        id=row.id,
        organisation_id=row.organisation_id,
        host_id=row.host_id,
        title=row.title,
        state=cast("SessionState", row.state),
        planned_start_at=row.planned_start_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        closed_at=row.closed_at,
        video_url=row.video_url,
        pinned_product_id=row.pinned_product_id,
        kind=cast("SessionKind", row.kind),
        producer_id=row.producer_id,
        ward_code=row.ward_code,
    )


async def session_views(db: AsyncSession, rows: Sequence[LivestreamSession]) -> list[SessionView]:
    """The public form of sessions, in the same order."""
    names = await names_of(db, organisation_ids={row.organisation_id for row in rows}, user_ids={row.host_id for row in rows})
    shipping = await _shipping_rules(db, rows)
    return [
        SessionView(
            id=row.id,
            title=row.title,
            state=cast("SessionState", row.state),
            organisation_name=names.organisations.get(row.organisation_id, ""),
            host_name="" if row.kind == "booth" else names.users.get(row.host_id, ""),
            planned_start_at_ms=to_ms(row.planned_start_at),
            started_at_ms=to_ms(row.started_at),
            ended_at_ms=to_ms(row.ended_at),
            video=video_view(cast("VideoKind | None", row.video_kind), row.video_url),
            is_rehearsal=row.is_rehearsal,
            shipping=shipping.get(row.id, shipping.get(row.organisation_id)),
            kind=cast("SessionKind", row.kind),
            producer_id=row.producer_id,
        )
        for row in rows
    ]


async def _shipping_rules(db: AsyncSession, rows: Sequence[LivestreamSession]) -> dict[UUID, ShippingRule]:
    """By session where it has a rule of its own, and by organisation."""
    found = await db.execute(
        select(ShippingRuleRow.organisation_id, ShippingRuleRow.session_id, ShippingRuleRow.rule).where(
            ShippingRuleRow.organisation_id.in_({row.organisation_id for row in rows}),
            or_(ShippingRuleRow.session_id.is_(None), ShippingRuleRow.session_id.in_([row.id for row in rows])),
        )
    )
    return {session_id or organisation_id: ShippingRule.model_validate(rule) for organisation_id, session_id, rule in found}


async def run_down(db: AsyncSession, session_id: UUID) -> list[SessionProduct]:
    """The rows of a session's run-down in order."""
    found = select(SessionProduct).where(SessionProduct.session_id == session_id).order_by(SessionProduct.position)
    return list((await db.scalars(found)).all())


def broadcast_day(row: LivestreamSession, now: datetime) -> date:
    """The day in Vietnam that certificates must hold on: a booth shows its goods every day anew."""
    return vietnam_day(now if row.kind == "booth" else row.started_at or row.planned_start_at or now)


async def product_views(catalog: CatalogService, row: LivestreamSession, places: Sequence[SessionProduct]) -> tuple[ProductView, ...]:
    """The products of a session. Stars are those that hold on the day of the broadcast; what turned out to be alcohol is not shown."""
    day = broadcast_day(row, utc_now())
    cards = await catalog.cards([place.product_id for place in places], on=day)
    return tuple(
        _product_view(cards[place.product_id], place.code)
        for place in places
        if place.product_id in cards and not cards[place.product_id].is_alcohol
    )


def _product_view(card: ProductCard, code: str) -> ProductView:
    return ProductView(
        id=card.id,
        code=code,
        name=card.name,
        story=card.story,
        price_vnd=card.price_vnd,
        unit=card.unit,
        weight_grams=card.weight_grams,
        ocop_stars=card.ocop_stars,
        ocop_certificate_number=card.ocop_certificate_number,
        picture_url=card.picture_url,
        picture_alt=card.picture_alt,
        producer_id=card.producer_id,
        producer_name=card.producer_name,
        commune_name=card.commune_name,
    )
