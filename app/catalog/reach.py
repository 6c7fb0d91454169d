"""Whose goods a signed-in person may see and change: by their roles, a producer their own."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.permissions import RULES, Action, Reach
from app.accounts.service import CurrentUser
from app.catalog.errors import ProducerNotFound
from app.catalog.models import Picture, Producer, ProducerLogin, Product
from app.catalog.queries import find_producer
from app.errors import Forbidden

# No row has it: a producer's login without its producer reaches nothing.
_NOBODY = UUID(int=0)


async def products_in_reach(db: AsyncSession, user: CurrentUser) -> tuple[ColumnElement[bool], ...]:
    """Conditions on products."""
    return Product.organisation_id == user.organisation_id, Product.producer_id.in_(select(Producer.id).where(await _reach(db, user)))


async def producers_in_reach(db: AsyncSession, user: CurrentUser) -> tuple[ColumnElement[bool], ...]:
    """Conditions on producers."""
    return (await _reach(db, user),)


async def pictures_in_reach(db: AsyncSession, user: CurrentUser) -> tuple[ColumnElement[bool], ...]:
    """Conditions on uploaded pictures."""
    return Picture.organisation_id == user.organisation_id, Picture.producer_id.in_(select(Producer.id).where(await _reach(db, user)))


async def _reach(db: AsyncSession, user: CurrentUser, action: Action = Action.KEEP_GOODS) -> ColumnElement[bool]:
    """The producers to whose goods a person may do that: of their organisation, of communes where they have a role, or their own."""
    conditions: list[ColumnElement[bool]] = []
    for grant in user.grants_for(action):
        if RULES[action].of(grant.role) is Reach.OWN:
            conditions.append(Producer.id == await own_producer_id(db, user))
        else:
            conditions.append(true() if grant.ward_code is None else Producer.commune_code == grant.ward_code)
    return and_(Producer.organisation_id == user.organisation_id, or_(*conditions) if conditions else ~true())


async def own_producer_id(db: AsyncSession, user: CurrentUser) -> UUID:
    """Whose goods a producer's login is for; an id that nothing has when it is for nobody's."""
    return await db.scalar(select(ProducerLogin.producer_id).where(ProducerLogin.user_id == user.id)) or _NOBODY


async def require_producer(
    db: AsyncSession, user: CurrentUser, producer_id: UUID, action: Action = Action.KEEP_GOODS, *, for_update: bool = False
) -> Producer:
    """The producer if it is in reach. Raises `ProducerNotFound`, also for those of others."""
    producer = await find_producer(db, producer_id, await _reach(db, user, action), for_update=for_update)
    if producer is None:
        raise ProducerNotFound
    return producer


def require_commune(user: CurrentUser, action: Action, ward_code: int) -> None:
    """Raises `Forbidden` when none of the person's roles allows the action in this commune."""
    if not any(grant.ward_code in {None, ward_code} for grant in user.grants_for(action)):
        raise Forbidden
