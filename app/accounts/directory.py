"""Names of organisations and users, read inside another package's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Organisation, User


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


async def is_active_member(db: AsyncSession, *, organisation_id: UUID, user_id: UUID) -> bool:
    """Whether this user belongs to the organisation and may sign in."""
    member = select(User.id).where(User.id == user_id, User.organisation_id == organisation_id, User.is_active)
    return await db.scalar(member) is not None
