"""Names of organisations and users, read inside another package's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Organisation, RoleGrant, User
from app.accounts.permissions import RULES, Action, Grant, Place, Role, grant_allows


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id; ids that do not exist are left out."""

    organisations: Mapping[UUID, str]
    users: Mapping[UUID, str]


async def names_of(db: AsyncSession, *, organisation_ids: Collection[UUID], user_ids: Collection[UUID]) -> Names:
    """The names of organisations and the display names of users."""
    organisations = await db.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(organisation_ids)))
    users = await db.execute(select(User.id, User.display_name).where(User.id.in_(user_ids)))
    return Names({row.id: row.name for row in organisations}, {row.id: row.display_name for row in users})


async def names_of_users(db: AsyncSession, user_ids: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """The display names of users; None among the ids is nobody."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return (await names_of(db, organisation_ids=(), user_ids=wanted)).users if wanted else {}


@dataclass(frozen=True, slots=True)
class Login:
    """A login as the organisation sees it."""

    user_id: UUID
    login: str
    display_name: str
    is_active: bool


async def logins_of(db: AsyncSession, *, organisation_id: UUID, user_ids: Collection[UUID]) -> list[Login]:
    """These users of the organisation by login."""
    found = select(User.id, User.login, User.display_name, User.is_active)
    rows = await db.execute(found.where(User.organisation_id == organisation_id, User.id.in_(user_ids)).order_by(User.login))
    return [Login(row.id, row.login, row.display_name, row.is_active) for row in rows]


async def is_active_member(db: AsyncSession, *, organisation_id: UUID, user_id: UUID) -> bool:
    """Whether this person of the organisation may sign in and has a role that runs sessions."""
    found = select(User.id).join(RoleGrant, RoleGrant.user_id == User.id)
    runs_sessions = RoleGrant.role.in_(RULES[Action.RUN_SESSIONS].roles)
    member = found.where(User.id == user_id, User.organisation_id == organisation_id, User.is_active, runs_sessions)
    return await db.scalar(member.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the organisation, as colleagues name each other."""

    user_id: UUID
    display_name: str


async def colleagues_who_may(db: AsyncSession, *, organisation_id: UUID, action: Action, place: Place | None = None) -> list[Colleague]:
    """Who may sign in and do that at this place, or anywhere at all; by name."""
    grants: dict[UUID, list[Grant]] = {}
    found = select(RoleGrant.user_id, RoleGrant.role, RoleGrant.ward_code, RoleGrant.session_id)
    for row in await db.execute(found.where(RoleGrant.organisation_id == organisation_id)):
        grants.setdefault(row.user_id, []).append(Grant(cast("Role", row.role), row.ward_code, row.session_id))
    people = select(User.id, User.display_name, User.role).where(User.organisation_id == organisation_id, User.is_active)
    return [
        Colleague(row.id, row.display_name)
        for row in await db.execute(people.order_by(User.display_name, User.id))
        if any(_may(grant, action, row.id, place) for grant in grants.get(row.id) or [Grant(cast("Role", row.role))])
    ]


def _may(grant: Grant, action: Action, user_id: UUID, place: Place | None) -> bool:
    return grant.counts_for(action) if place is None else grant_allows(grant, action, user_id, place)
