"""The people of an organisation, for those who manage them: who is here, which roles each has, and closing somebody's account."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.errors import InvalidRoles, LastOrganiser, PersonNotFound
from app.accounts.models import Organisation, RoleGrant, SecondFactor, SignIn, User
from app.accounts.permissions import Grant, Role, main_role
from app.accounts.service import CurrentUser, close_user
from app.infra.clock import utc_now
from app.infra.database import Database

GRANTS_PER_PERSON = 50
WARD_CODE_MOST = 99_999

_OWN_SESSIONS = text("SELECT count(*) FROM sessions WHERE organisation_id = :organisation_id AND id = ANY(:session_ids)")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as their organisation sees them. `signed_in_at` is the newest sign-in that still holds."""

    user_id: UUID
    login: str
    display_name: str
    is_active: bool
    has_second_factor: bool
    signed_in_at: datetime | None
    grants: tuple[Grant, ...]


class PeopleService:
    """Who may call it, the routes ask. Whatever is taken here ends open sockets within a second (`app/live/staff_watch.py`)."""

    def __init__(self, database: Database) -> None:
        self._transactions = database.transactions

    async def list(self, user: CurrentUser) -> list[Person]:
        """Everybody, active ones first, by name."""
        async with self._transactions() as db:
            return await _people(db, user.organisation_id)

    async def set_roles(self, user: CurrentUser, user_id: UUID, wanted: Sequence[Grant]) -> Person:
        """These roles and no others from now on. A producer's login keeps that role, and nobody else gets it here.

        Raises `PersonNotFound`, `InvalidRoles`, and `LastOrganiser` when nobody would be left who manages people.
        """
        async with self._transactions.begin() as db:
            person = await _lock_person(db, user, user_id)
            new = tuple(dict.fromkeys(wanted))
            await require_grants(db, user.organisation_id, new, had=person.grants)
            await db.execute(delete(RoleGrant).where(RoleGrant.user_id == user_id))
            add_grants(db, user.organisation_id, user_id, new, granted_by=user.id)
            await db.execute(update(User).where(User.id == user_id).values(role=main_role(new)))
            await db.flush()
            await _require_an_organiser(db, user.organisation_id)
            details = {"before": [_words(grant) for grant in person.grants], "after": [_words(grant) for grant in new]}
            _audit(db, user, "user.roles_set", user_id, details)
            return await _person(db, user, user_id)

    async def close(self, user: CurrentUser, user_id: UUID) -> Person:
        """Nobody signs in by this account any more, and whoever is signed in is out. Closing twice is no error.

        Raises `PersonNotFound`, `LastOrganiser`.
        """
        async with self._transactions.begin() as db:
            await _lock_person(db, user, user_id)
            await close_user(db, user.organisation_id, user_id, closed_by=user.id)
            await _require_an_organiser(db, user.organisation_id)
            return await _person(db, user, user_id)

    async def forget_second_factor(self, user: CurrentUser, user_id: UUID) -> Person:
        """For somebody whose phone is lost: the password alone signs in again. Raises `PersonNotFound`."""
        async with self._transactions.begin() as db:
            await _lock_person(db, user, user_id)
            gone = await db.scalar(delete(SecondFactor).where(SecondFactor.user_id == user_id).returning(SecondFactor.user_id))
            if gone is not None:
                _audit(db, user, "user.second_factor_forgotten", user_id)
            return await _person(db, user, user_id)


async def require_grants(db: AsyncSession, organisation_id: UUID, wanted: Sequence[Grant], *, had: Collection[Grant] = ()) -> None:
    """Raises `InvalidRoles` for none at all, too many, sessions of others, and the role of producers, which comes with a producer's login."""
    if not 0 < len(wanted) <= GRANTS_PER_PERSON:
        raise InvalidRoles(f"A person has 1 to {GRANTS_PER_PERSON} roles.")
    if [grant for grant in wanted if grant.role == "producer" and grant not in had]:
        raise InvalidRoles("Logins of producers are made on the producer's page.")
    if [grant for grant in had if grant.role == "producer" and grant not in wanted]:
        raise InvalidRoles("A producer's login keeps its role; close it instead.")
    session_ids = {grant.session_id for grant in wanted if grant.session_id is not None}
    found = await db.scalar(_OWN_SESSIONS, {"organisation_id": organisation_id, "session_ids": list(session_ids)})
    if found != len(session_ids):
        raise InvalidRoles("A role is for a session that does not exist.")


def add_grants(db: AsyncSession, organisation_id: UUID, user_id: UUID, grants: Sequence[Grant], *, granted_by: UUID | None) -> None:
    """Add rows to the open transaction."""
    now = utc_now()
    db.add_all(
        RoleGrant(
            id=uuid4(),
            organisation_id=organisation_id,
            user_id=user_id,
            role=grant.role,
            ward_code=grant.ward_code,
            session_id=grant.session_id,
            granted_by=granted_by,
            granted_at=now,
        )
        for grant in grants
    )


async def _lock_person(db: AsyncSession, user: CurrentUser, user_id: UUID) -> Person:
    # One change of an organisation's people at a time, so that two cannot take the last two organisers from it together.
    await db.execute(select(Organisation.id).where(Organisation.id == user.organisation_id).with_for_update(key_share=True))
    return await _person(db, user, user_id)


async def _person(db: AsyncSession, user: CurrentUser, user_id: UUID) -> Person:
    found = await _people(db, user.organisation_id, user_id)
    if not found:
        raise PersonNotFound(details={"user_id": str(user_id)})
    return found[0]


async def _people(db: AsyncSession, organisation_id: UUID, user_id: UUID | None = None) -> list[Person]:
    of_organisation = User.organisation_id == organisation_id
    found = select(User).where(of_organisation).order_by(User.is_active.desc(), User.display_name, User.id)
    users = (await db.scalars(found if user_id is None else found.where(User.id == user_id))).all()
    ids = [user.id for user in users]
    rows = await db.scalars(select(RoleGrant).where(RoleGrant.user_id.in_(ids)).order_by(RoleGrant.granted_at, RoleGrant.id))
    grants: dict[UUID, list[Grant]] = {}
    for row in rows:
        grants.setdefault(row.user_id, []).append(Grant(cast("Role", row.role), row.ward_code, row.session_id))
    newest = select(SignIn.user_id, func.max(SignIn.created_at).label("at")).where(SignIn.user_id.in_(ids), SignIn.expires_at > utc_now())
    signed_in = {row.user_id: row.at for row in await db.execute(newest.group_by(SignIn.user_id))}
    confirmed = SecondFactor.user_id.in_(ids), SecondFactor.confirmed_at.is_not(None)
    with_factor = set(await db.scalars(select(SecondFactor.user_id).where(*confirmed)))
    return [
        Person(
            user_id=each.id,
            login=each.login,
            display_name=each.display_name,
            is_active=each.is_active,
            has_second_factor=each.id in with_factor,
            signed_in_at=signed_in.get(each.id),
            grants=tuple(grants.get(each.id, ())),
        )
        for each in users
    ]


async def _require_an_organiser(db: AsyncSession, organisation_id: UUID) -> None:
    whole = RoleGrant.role == "organiser", RoleGrant.ward_code.is_(None), RoleGrant.session_id.is_(None)
    found = (
        select(User.id).join(RoleGrant, RoleGrant.user_id == User.id).where(User.organisation_id == organisation_id, User.is_active, *whole)
    )
    if await db.scalar(found.limit(1)) is None:
        raise LastOrganiser


def _words(grant: Grant) -> dict[str, object]:
    return {"role": grant.role, "ward_code": grant.ward_code, "session_id": None if grant.session_id is None else str(grant.session_id)}


def _audit(db: AsyncSession, user: CurrentUser, action: str, user_id: UUID, details: Mapping[str, object] | None = None) -> None:
    record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=user_id, details=details)
