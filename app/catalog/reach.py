"""Whose goods a signed-in person may see and change: staff those of the organisation, a producer their own."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.service import CurrentUser
from app.catalog.errors import ProducerNotFound
from app.catalog.models import Picture, Producer, ProducerLogin, Product
from app.catalog.queries import find_producer
from app.errors import Forbidden

# No row has it: a producer's login without its producer reaches nothing.
_NOBODY = UUID(int=0)


async def own_producer_id(db: AsyncSession, user: CurrentUser) -> UUID | None:
    """The producer to whom this person is limited; None for staff, who are not."""
    if user.role != "producer":
        return None
    return await db.scalar(select(ProducerLogin.producer_id).where(ProducerLogin.user_id == user.id)) or _NOBODY


async def products_in_reach(db: AsyncSession, user: CurrentUser) -> tuple[ColumnElement[bool], ...]:
    """Conditions on products."""
    own = await own_producer_id(db, user)
    of_organisation = Product.organisation_id == user.organisation_id
    return (of_organisation,) if own is None else (of_organisation, Product.producer_id == own)


async def producers_in_reach(db: AsyncSession, user: CurrentUser) -> tuple[ColumnElement[bool], ...]:
    """Conditions on producers."""
    own = await own_producer_id(db, user)
    of_organisation = Producer.organisation_id == user.organisation_id
    return (of_organisation,) if own is None else (of_organisation, Producer.id == own)


async def pictures_in_reach(db: AsyncSession, user: CurrentUser) -> tuple[ColumnElement[bool], ...]:
    """Conditions on uploaded pictures."""
    own = await own_producer_id(db, user)
    of_organisation = Picture.organisation_id == user.organisation_id
    return (of_organisation,) if own is None else (of_organisation, Picture.producer_id == own)


async def require_producer(db: AsyncSession, user: CurrentUser, producer_id: UUID, *, for_update: bool = False) -> Producer:
    """The producer if it is in reach. Raises `ProducerNotFound`, also for those of others."""
    producer = await find_producer(db, producer_id, *await producers_in_reach(db, user), for_update=for_update)
    if producer is None:
        raise ProducerNotFound
    return producer


def require_staff(user: CurrentUser) -> None:
    """Raises `Forbidden` for a producer's login."""
    if user.role == "producer":
        raise Forbidden
