"""What everybody may see of a session: its minutes as open data, its closed report; each only while the organisation wishes it.

The switch is asked for anew with every request, so taking something back holds at once here; copies that others made stay theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from app.accounts.audit import insert_audit
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.exports.errors import NotPublished
from app.exports.kept import KeptFresh
from app.exports.minute_story import Story, story_of
from app.exports.public_report import PublicReport, public_report
from app.exports.schemas import Publication, WantedPublication
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.ledger.chain import chain, genesis_hash
from app.reports import queries
from app.reports.errors import LedgerBroken, StatementNotDue
from app.reports.export import ExportArchive
from app.reports.service import ReportService
from app.reports.statement import Statement, last_statement
from app.sessions.errors import SessionNotFound

DEFAULT_LICENCE: Final = "CC BY 4.0"
FRESH_SECONDS: Final = 30.0
PACKED_AT_ONCE: Final = 2
_KEPT_MOST: Final = 64
_ENTRIES_PER_READ: Final = 500

_READ = "SELECT minutes, report, licence, changed_at FROM publications WHERE session_id = $1"
# What an organisation chose last is what it will most likely choose again.
_USUAL_LICENCE = """
SELECT p.licence FROM publications p JOIN sessions s ON s.id = p.session_id
WHERE s.organisation_id = (SELECT organisation_id FROM sessions WHERE id = $1) ORDER BY p.changed_at DESC LIMIT 1
"""
_WRITE = """
INSERT INTO publications (session_id, minutes, report, licence, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (session_id) DO UPDATE SET minutes = $2, report = $3, licence = $4, changed_by = $5, changed_at = $6
"""


class Publishing:
    """Switches for staff, doors for everybody."""

    def __init__(self, database: Database, reports: ReportService) -> None:
        self._database = database
        self._reports = reports
        self._stories = KeptFresh[Story](seconds=FRESH_SECONDS, most=_KEPT_MOST)
        self._shown = KeptFresh[PublicReport](seconds=FRESH_SECONDS, most=_KEPT_MOST)
        # held while a piece is made, never while it is on its way: who reads slowly keeps nobody waiting
        self._packing = asyncio.Semaphore(PACKED_AT_ONCE)

    async def publication(self, user: CurrentUser, session_id: UUID) -> Publication:
        """What is shown now; nothing yet: under which licence it would be, by the organisation's last choice. Raises `SessionNotFound`."""
        async with self._database.pool.acquire() as db:
            await _require_own(db, user, session_id, Action.READ_REPORTS)
            shown = await _read(db, session_id)
            if shown.changed_at is not None:
                return shown
            return shown.model_copy(update={"licence": await db.fetchval(_USUAL_LICENCE, session_id) or DEFAULT_LICENCE})

    async def publish(self, user: CurrentUser, session_id: UUID, wanted: WantedPublication) -> Publication:
        """Say what shall be shown from now on; written to the audit trail. Raises `SessionNotFound`, `StatementNotDue`."""
        async with self._database.pool.acquire() as db, db.transaction():
            facts = await _require_own(db, user, session_id, Action.PUBLISH_REPORTS)
            if wanted.report and facts.state != "closed":
                raise StatementNotDue(details={"state": facts.state})
            await db.execute(_WRITE, session_id, wanted.minutes, wanted.report, wanted.licence, user.id, utc_now())
            await insert_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="report.published",
                subject_id=session_id,
                details=wanted.model_dump(),
            )
            return await _read(db, session_id)

    async def story(self, session_id: UUID) -> Story:
        """The session minute by minute, at most half a minute old. Raises `NotPublished`, `ReportBeingPrepared`."""
        async with self._database.pool.acquire() as db:
            shown = await _read(db, session_id)
        if not shown.minutes:
            raise NotPublished
        return await self._stories.get(
            (session_id, shown.licence), lambda: story_of(self._database, self._reports, session_id, shown.licence)
        )

    async def named(self, session_id: UUID) -> tuple[str, str]:
        """Title and organisation of a session whose report is shown. Raises `NotPublished`."""
        await self._statement(session_id)
        async with self._database.pool.acquire() as db:
            facts = await queries.session_facts(db, session_id)
        if facts is None:
            raise NotPublished
        return facts.title, facts.organisation_name

    async def report(self, session_id: UUID) -> PublicReport:
        """Figures and newest statement of a closed session. Raises `NotPublished`, `ReportBeingPrepared`."""
        statement = await self._statement(session_id)

        async def made() -> PublicReport:
            return public_report(await self._reports.whole(session_id), statement)

        return await self._shown.get((session_id, statement.number), made)

    async def export(self, session_id: UUID) -> tuple[str, AsyncIterator[bytes]]:
        """A tag that names its content, and the pieces of the file to check the session by, made as they are read. Raises `NotPublished`."""
        statement = await self._statement(session_id)
        return f"{statement.number}-{statement.last_seq}", self._pieces(session_id, statement)

    async def _pieces(self, session_id: UUID, statement: Statement) -> AsyncIterator[bytes]:
        archive, previous, after = ExportArchive(statement), genesis_hash(session_id), 0
        while after < statement.last_seq:
            async with self._packing:
                to = min(statement.last_seq, after + _ENTRIES_PER_READ)
                async with self._database.reading.acquire() as db:
                    rows = await queries.ledger_rows(db, session_id, after=after, to=to)
                for seq, body, stored_hash, _ in rows:
                    previous = chain(previous, body)
                    if previous != stored_hash:
                        raise LedgerBroken(details={"seq": seq})
                if not rows:
                    raise LedgerBroken(details={"seq": after + 1})
                await asyncio.to_thread(archive.add, rows)
                after = rows[-1][0]
            if packed := archive.take():
                yield packed
        yield archive.close()

    async def _statement(self, session_id: UUID) -> Statement:
        async with self._database.pool.acquire() as db:
            shown = await _read(db, session_id)
            statement = await last_statement(db, session_id) if shown.report else None
        if statement is None:
            raise NotPublished
        return statement


async def _read(db: RawConnection, session_id: UUID) -> Publication:
    row = await db.fetchrow(_READ, session_id)
    if row is None:
        return Publication(minutes=False, report=False, licence=DEFAULT_LICENCE, changed_at=None)
    return Publication(**row)


async def _require_own(db: RawConnection, user: CurrentUser, session_id: UUID, action: Action) -> queries.SessionFacts:
    facts = await queries.session_facts(db, session_id)
    if facts is None or facts.organisation_id != user.organisation_id or not user.may_at(action, facts.place):
        raise SessionNotFound(details={"session_id": str(session_id)})
    return facts
