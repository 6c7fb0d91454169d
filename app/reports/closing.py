"""The door to closing statements: signing closed sessions, exports that anyone can check, the published keys."""

from __future__ import annotations

from uuid import UUID

import structlog

from app.accounts.service import CurrentUser
from app.errors import AppError, NotFound
from app.infra.database import Database, RawConnection
from app.infra.stores_away import STORE_ERRORS
from app.reports import queries
from app.reports.errors import ReportBeingPrepared
from app.reports.export import export_zip
from app.reports.signing import Signer
from app.reports.statement import Statement, write_statement
from app.sessions.errors import SessionNotFound

log = structlog.get_logger(__name__)

# closed, and no statement yet, or entries since the last one (a return weeks later)
_TO_SIGN = """
SELECT s.id FROM sessions s LEFT JOIN ledgers l ON l.session_id = s.id
WHERE s.state = 'closed' AND coalesce(l.last_seq, 0) > coalesce(
  (SELECT max(c.last_seq) FROM closing_statements c WHERE c.session_id = s.id), -1)
  AND s.id > $1
ORDER BY s.id LIMIT $2
"""
_FIRST = UUID(int=0)
SIGNED_PER_STEP = 20
_ORGANISATION = "SELECT EXISTS (SELECT FROM organisations WHERE id = $1)"


class ClosingService:
    """Statements are written once per state of the ledger and never changed."""

    def __init__(self, database: Database, signer: Signer) -> None:
        self._database = database
        self._signer = signer
        self._signed_after = _FIRST

    async def statement(self, user: CurrentUser, session_id: UUID) -> Statement:
        """The newest statement of a closed session. Raises `SessionNotFound`, `StatementNotDue`, `LedgerBroken`."""
        async with self._database.pool.acquire() as db, db.transaction():
            await _require_own(db, user, session_id)
            return await write_statement(db, session_id, self._signer)

    async def export(self, user: CurrentUser, session_id: UUID) -> bytes:
        """The ZIP file of the newest statement; raises like `statement`."""
        async with self._database.pool.acquire() as db, db.transaction():
            await _require_own(db, user, session_id)
            return await export_zip(db, session_id, await write_statement(db, session_id, self._signer))

    async def public_key(self, organisation_id: UUID) -> bytes:
        """An organisation's public key, for everybody. Raises `NotFound`."""
        async with self._database.pool.acquire() as db:
            if not await db.fetchval(_ORGANISATION, organisation_id):
                raise NotFound
            return await self._signer.public_key(db, organisation_id)

    async def sign_closed(self) -> None:
        """Sign what was closed since the last run, some at a time, round and round.

        Sessions that cannot be signed do not hold up the others, however many they are.
        """
        session_ids = [row["id"] for row in await self._database.pool.fetch(_TO_SIGN, self._signed_after, SIGNED_PER_STEP)]
        self._signed_after = session_ids[-1] if len(session_ids) == SIGNED_PER_STEP else _FIRST
        for session_id in session_ids:
            try:
                async with self._database.pool.acquire() as db, db.transaction():
                    await write_statement(db, session_id, self._signer)
            except ReportBeingPrepared:
                # signed in a later run, when its fold is stored
                continue
            except AppError as error:
                log.exception("statement_not_signed", session=str(session_id), code=error.code, **error.details)
            except STORE_ERRORS as error:
                log.warning("statement_signed_later", session=str(session_id), error=repr(error))


async def _require_own(db: RawConnection, user: CurrentUser, session_id: UUID) -> None:
    facts = await queries.session_facts(db, session_id)
    if facts is None or facts.organisation_id != user.organisation_id:
        raise SessionNotFound(details={"session_id": str(session_id)})
