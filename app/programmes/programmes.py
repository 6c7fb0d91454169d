"""The door to programmes themselves: made, changed, their sessions chosen. Their figures are `reading.py`'s."""

from __future__ import annotations

from datetime import UTC, datetime, time
from uuid import UUID, uuid4

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.infra.clock import utc_now
from app.infra.cursors import cursor_of, read_cursor
from app.infra.database import Database, RawConnection
from app.programmes.errors import ProgrammeDaysUnfit, ProgrammeNotFound, ProgrammeSessionUnfit, TooManyProgrammes
from app.programmes.schemas import ChosenSessions, ProgrammeContent, ProgrammePage, ProgrammeView

DAYS_MOST = 3 * 366
PROGRAMMES_MOST = 2_000
_FIELDS = "id, name, first_day, last_day, takes, changed_at"
_LIST = f"""
SELECT {_FIELDS} FROM programmes WHERE organisation_id = $1 AND ($2::date IS NULL OR (first_day, id) < ($2, $3))
ORDER BY first_day DESC, id DESC LIMIT $4
"""  # noqa: S608 - our own words
_FIND = f"SELECT {_FIELDS} FROM programmes WHERE id = $1 AND organisation_id = $2"  # noqa: S608
_LOCK = f"{_FIND} FOR UPDATE"
# of one organisation one after the other, so that the number of its programmes is known
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('programmes:' || $1::text, 0))"
_COUNT = "SELECT count(*) FROM programmes WHERE organisation_id = $1"
_INSERT = """
INSERT INTO programmes (id, organisation_id, name, first_day, last_day, takes, created_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_UPDATE = "UPDATE programmes SET name = $2, first_day = $3, last_day = $4, takes = $5, changed_at = $6 WHERE id = $1"
_FIT = "SELECT id FROM sessions WHERE id = ANY($1::uuid[]) AND organisation_id = $2 AND NOT is_rehearsal"
_CHOSEN = "SELECT session_id FROM programme_sessions WHERE programme_id = $1 ORDER BY session_id"
_CLEAR = "DELETE FROM programme_sessions WHERE programme_id = $1 AND session_id <> ALL($2::uuid[])"
_CHOOSE = "INSERT INTO programme_sessions (programme_id, session_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING"


class Programmes:
    """Keeps programmes. What it changes is in the audit trail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, user: CurrentUser, *, cursor: str | None, limit: int) -> ProgrammePage:
        """Programmes of the organisation, the newest first. Raises `MalformedRequest` for a cursor that is none of ours."""
        moment, row_id = (None, None) if cursor is None else read_cursor(cursor)
        day = None if moment is None else moment.date()
        async with self._database.reading.acquire() as db:
            rows = await db.fetch(_LIST, user.organisation_id, day, row_id, limit + 1)
        found = tuple(ProgrammeView(**dict(row)) for row in rows[:limit])
        if len(rows) <= limit:
            return ProgrammePage(programmes=found)
        last = found[-1]
        return ProgrammePage(programmes=found, next_cursor=cursor_of(datetime.combine(last.first_day, time(), UTC), last.id))

    async def find(self, user: CurrentUser, programme_id: UUID) -> ProgrammeView:
        """Raises `ProgrammeNotFound`."""
        async with self._database.reading.acquire() as db:
            return await find_programme(db, user.organisation_id, programme_id)

    async def make(self, user: CurrentUser, content: ProgrammeContent, intention: Intention | None) -> ProgrammeView:
        """Raises `ProgrammeDaysUnfit`, `TooManyProgrammes`, `IntentionKeyReused`."""
        _require_fit(content)
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_TURN, str(user.organisation_id))
            claim = await claim_intention_raw(db, user.id, intention, uuid4())
            if claim.is_first:
                if await db.fetchval(_COUNT, user.organisation_id) >= PROGRAMMES_MOST:
                    raise TooManyProgrammes(details={"most": PROGRAMMES_MOST})
                days = (content.first_day, content.last_day)
                await db.execute(_INSERT, claim.subject_id, user.organisation_id, content.name, *days, content.takes, user.id, utc_now())
                await _audit(db, user, "programme.created", claim.subject_id, content)
            return await find_programme(db, user.organisation_id, claim.subject_id)

    async def change(self, user: CurrentUser, programme_id: UUID, content: ProgrammeContent) -> ProgrammeView:
        """Raises `ProgrammeNotFound`, `ProgrammeDaysUnfit`."""
        _require_fit(content)
        async with self._database.pool.acquire() as db, db.transaction():
            await _lock(db, user, programme_id)
            await db.execute(_UPDATE, programme_id, content.name, content.first_day, content.last_day, content.takes, utc_now())
            await _audit(db, user, "programme.changed", programme_id, content)
            return await find_programme(db, user.organisation_id, programme_id)

    async def chosen(self, user: CurrentUser, programme_id: UUID) -> ChosenSessions:
        """Raises `ProgrammeNotFound`."""
        async with self._database.reading.acquire() as db:
            await find_programme(db, user.organisation_id, programme_id)
            return ChosenSessions(session_ids=tuple(row["session_id"] for row in await db.fetch(_CHOSEN, programme_id)))

    async def choose(self, user: CurrentUser, programme_id: UUID, chosen: ChosenSessions) -> ChosenSessions:
        """Let it take these sessions and no others. Raises `ProgrammeNotFound`, `ProgrammeSessionUnfit`."""
        wanted = sorted(set(chosen.session_ids))
        async with self._database.pool.acquire() as db, db.transaction():
            await _lock(db, user, programme_id)
            fit = {row["id"] for row in await db.fetch(_FIT, wanted, user.organisation_id)}
            if unfit := [str(each) for each in wanted if each not in fit]:
                raise ProgrammeSessionUnfit(details={"session_ids": unfit[:20]})
            await db.execute(_CLEAR, programme_id, wanted)
            await db.execute(_CHOOSE, programme_id, wanted)
            await insert_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="programme.sessions_chosen",
                subject_id=programme_id,
                details={"sessions": len(wanted)},
            )
        return ChosenSessions(session_ids=tuple(wanted))


async def find_programme(db: RawConnection, organisation_id: UUID, programme_id: UUID) -> ProgrammeView:
    """Raises `ProgrammeNotFound`, also for one of others."""
    row = await db.fetchrow(_FIND, programme_id, organisation_id)
    if row is None:
        raise ProgrammeNotFound(details={"programme_id": str(programme_id)})
    return ProgrammeView(**dict(row))


async def _lock(db: RawConnection, user: CurrentUser, programme_id: UUID) -> None:
    if await db.fetchrow(_LOCK, programme_id, user.organisation_id) is None:
        raise ProgrammeNotFound(details={"programme_id": str(programme_id)})


async def _audit(db: RawConnection, user: CurrentUser, action: str, programme_id: UUID, content: ProgrammeContent) -> None:
    details = content.model_dump(mode="json")
    await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=programme_id, details=details)


def _require_fit(content: ProgrammeContent) -> None:
    if not 0 <= (content.last_day - content.first_day).days < DAYS_MOST:
        raise ProgrammeDaysUnfit(details={"days_most": DAYS_MOST})
