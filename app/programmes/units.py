"""Youth-union units: which there are, which unit a session is of, and which one a host's next sessions get."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.database import Database, RawConnection
from app.programmes.errors import TooManyUnionUnits, UnionUnitExists, UnionUnitNotFound
from app.programmes.schemas import HostUnitView, UnitChoice, UnitContent, UnitList, UnitView
from app.sessions.errors import SessionNotFound

UNITS_MOST = 2_000
_LIST = "SELECT id, name FROM union_units WHERE organisation_id = $1 ORDER BY name, id"
_HOSTS = """
SELECT u.id AS user_id, u.display_name AS name, h.unit_id FROM users u LEFT JOIN host_units h ON h.user_id = u.id
WHERE u.organisation_id = $1 AND u.is_active AND (
  EXISTS (SELECT FROM role_grants g WHERE g.user_id = u.id AND g.role = 'host') OR EXISTS (SELECT FROM sessions s WHERE s.host_id = u.id))
ORDER BY u.display_name, u.id LIMIT 1000
"""
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('union_units:' || $1::text, 0))"
_COUNT = "SELECT count(*) FROM union_units WHERE organisation_id = $1"
_INSERT = "INSERT INTO union_units (id, organisation_id, name) VALUES ($1, $2, $3)"
_RENAME = "UPDATE union_units SET name = $3 WHERE id = $1 AND organisation_id = $2 RETURNING id"
_OF_ORGANISATION = "SELECT id, name FROM union_units WHERE id = $1 AND organisation_id = $2"
_OWN_SESSION = "SELECT EXISTS (SELECT FROM sessions WHERE id = $1 AND organisation_id = $2)"
_OWN_USER = "SELECT EXISTS (SELECT FROM users WHERE id = $1 AND organisation_id = $2)"
_SET_SESSION = """
INSERT INTO session_units (session_id, unit_id, set_by) VALUES ($1, $2, $3)
ON CONFLICT (session_id) DO UPDATE SET unit_id = excluded.unit_id, set_by = excluded.set_by
"""
_SET_HOST = "INSERT INTO host_units (user_id, unit_id) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET unit_id = excluded.unit_id"
_CLEAR_HOST = "DELETE FROM host_units WHERE user_id = $1"


class UnionUnits:
    """Keeps them. What it changes is in the audit trail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, user: CurrentUser) -> UnitList:
        """All units by name, and for who may change it the hosts with theirs."""
        async with self._database.reading.acquire() as db:
            units = tuple(UnitView(**dict(row)) for row in await db.fetch(_LIST, user.organisation_id))
            hosts = await db.fetch(_HOSTS, user.organisation_id) if user.may(Action.KEEP_PROGRAMMES) else []
        return UnitList(units=units, hosts=tuple(HostUnitView(**dict(row)) for row in hosts))

    async def add(self, user: CurrentUser, content: UnitContent, intention: Intention | None) -> UnitView:
        """Raises `UnionUnitExists`, `TooManyUnionUnits`, `IntentionKeyReused`."""
        try:
            async with self._database.pool.acquire() as db, db.transaction():
                await db.execute(_TURN, str(user.organisation_id))
                claim = await claim_intention_raw(db, user.id, intention, uuid4())
                if claim.is_first:
                    if await db.fetchval(_COUNT, user.organisation_id) >= UNITS_MOST:
                        raise TooManyUnionUnits(details={"most": UNITS_MOST})
                    await db.execute(_INSERT, claim.subject_id, user.organisation_id, content.name)
                    await _audit(db, user, "union_unit.created", claim.subject_id, {"name": content.name})
                return await _find(db, user, claim.subject_id)
        except asyncpg.UniqueViolationError as error:
            raise UnionUnitExists from error

    async def rename(self, user: CurrentUser, unit_id: UUID, content: UnitContent) -> UnitView:
        """Raises `UnionUnitNotFound`, `UnionUnitExists`."""
        try:
            async with self._database.pool.acquire() as db, db.transaction():
                if await db.fetchval(_RENAME, unit_id, user.organisation_id, content.name) is None:
                    raise UnionUnitNotFound(details={"unit_id": str(unit_id)})
                await _audit(db, user, "union_unit.renamed", unit_id, {"name": content.name})
        except asyncpg.UniqueViolationError as error:
            raise UnionUnitExists from error
        return UnitView(id=unit_id, name=content.name)

    async def set_session(self, user: CurrentUser, session_id: UUID, choice: UnitChoice) -> UnitChoice:
        """Say of which unit a session is, or of none. Raises `SessionNotFound`, `UnionUnitNotFound`."""
        async with self._database.pool.acquire() as db, db.transaction():
            if not await db.fetchval(_OWN_SESSION, session_id, user.organisation_id):
                raise SessionNotFound(details={"session_id": str(session_id)})
            await _require(db, user, choice)
            await db.execute(_SET_SESSION, session_id, choice.unit_id, user.id)
            await _audit(db, user, "session.unit_set", session_id, {"unit_id": str(choice.unit_id) if choice.unit_id else None})
        return choice

    async def set_host(self, user: CurrentUser, host_id: UUID, choice: UnitChoice) -> UnitChoice:
        """Say which unit a host's sessions get from now on; those that have one keep it. Raises `UnionUnitNotFound`, for the host too."""
        async with self._database.pool.acquire() as db, db.transaction():
            if not await db.fetchval(_OWN_USER, host_id, user.organisation_id):
                raise UnionUnitNotFound(details={"user_id": str(host_id)})
            await _require(db, user, choice)
            if choice.unit_id is None:
                await db.execute(_CLEAR_HOST, host_id)
            else:
                await db.execute(_SET_HOST, host_id, choice.unit_id)
            await _audit(db, user, "user.unit_set", host_id, {"unit_id": str(choice.unit_id) if choice.unit_id else None})
        return choice


async def _find(db: RawConnection, user: CurrentUser, unit_id: UUID) -> UnitView:
    row = await db.fetchrow(_OF_ORGANISATION, unit_id, user.organisation_id)
    if row is None:
        raise UnionUnitNotFound(details={"unit_id": str(unit_id)})
    return UnitView(**dict(row))


async def _require(db: RawConnection, user: CurrentUser, choice: UnitChoice) -> None:
    if choice.unit_id is not None:
        await _find(db, user, choice.unit_id)


async def _audit(db: RawConnection, user: CurrentUser, action: str, subject_id: UUID, details: dict[str, object]) -> None:
    await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=subject_id, details=details)
