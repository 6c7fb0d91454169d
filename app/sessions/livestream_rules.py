"""The rules of an organisation's livestreams, in versions: what organisers write holds from then on, and what held during a session stays known.

The law asks the platform to publish them (Law 122/2025/QH15, FIELD.md §3). Whoever has written none shows the usual ones of the program, which
are stored with the first session that goes live by them, so that a later program cannot change what was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.directory import names_of_users
from app.accounts.intentions import Intention, claim_intention
from app.accounts.service import CurrentUser
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database
from app.sessions.errors import SessionNotFound
from app.sessions.lookup import SessionLookup
from app.sessions.models import RULES_TEXT, LivestreamRulesRow
from app.sessions.usual_rules import USUAL_RULES_EN, USUAL_RULES_VI

# Of one session, or in the organisation's list; the newest.
VERSIONS_SHOWN = 50


class RulesText(BaseModel):
    """Rules in both languages of the pages. Plain text with paragraphs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"text_vi": "Nói đúng về hàng, giá nói là giá thật.", "text_en": "Say what is true of the goods."}]
        },
    )

    text_vi: Annotated[str, *RULES_TEXT.rules]
    text_en: Annotated[str, *RULES_TEXT.rules]


class RulesVersion(BaseModel):
    """One version. `valid_from_ms` null: the usual rules, which no session has gone live by yet."""

    version: int = Field(description="1 is the first; 0: the usual rules, not stored yet")
    text_vi: str
    text_en: str
    valid_from_ms: int | None
    is_usual: bool = Field(description="came with the program, nobody of the organisation wrote it")


class EarlierRules(BaseModel):
    """When a version began to hold, and who wrote it; null: it came with the program."""

    version: int
    valid_from_ms: int
    written_by: str | None


class RulesOfOrganisation(BaseModel):
    current: RulesVersion
    usual: RulesText = Field(description="the program's own, to start from")
    versions: list[EarlierRules] = Field(description="newest first, the current one among them")


class RulesOfSession(BaseModel):
    """What held during a session, newest first; before it starts, what holds now."""

    session_title: str
    organisation_name: str
    versions: list[RulesVersion]


USUAL = RulesVersion(version=0, text_vi=USUAL_RULES_VI, text_en=USUAL_RULES_EN, valid_from_ms=None, is_usual=True)


class LivestreamRules:
    """Organisers write them, everybody reads them."""

    def __init__(self, database: Database, *, sessions: SessionLookup) -> None:
        self._transactions = database.transactions
        self._sessions = sessions

    async def of_organisation(self, user: CurrentUser) -> RulesOfOrganisation:
        async with self._transactions() as db:
            return await _of_organisation(db, user.organisation_id)

    async def write(self, user: CurrentUser, text: RulesText, intention: Intention | None = None) -> RulesOfOrganisation:
        """Make this the next version. What holds already makes none."""
        async with self._transactions.begin() as db:
            if (await claim_intention(db, user.id, intention, user.organisation_id)).is_first:
                await _lock(db, user.organisation_id)
                newest = await _newest(db, user.organisation_id)
                if newest is None or (newest.text_vi, newest.text_en) != (text.text_vi, text.text_en):
                    version = 1 if newest is None else newest.version + 1
                    texts = {"text_vi": text.text_vi, "text_en": text.text_en}
                    row = LivestreamRulesRow(
                        organisation_id=user.organisation_id, version=version, valid_from=utc_now(), written_by=user.id, **texts
                    )
                    db.add(row)
                    about = {"version": version}
                    record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="livestream_rules.set", details=about)
            await db.flush()
            return await _of_organisation(db, user.organisation_id)

    async def of_session(self, session_id: UUID) -> RulesOfSession:
        """For everybody. Raises `SessionNotFound`, for drafts too: they are nobody's business yet."""
        facts = await self._sessions.facts(session_id)
        record = facts.record
        if record.state == "draft":
            raise SessionNotFound
        async with self._transactions() as db:
            held = await _held(db, record.organisation_id, since=record.started_at, until=record.ended_at)
        return RulesOfSession(
            session_title=record.title, organisation_name=facts.view.organisation_name, versions=[_view(row) for row in held] or [USUAL]
        )


async def _held(db: AsyncSession, organisation_id: UUID, *, since: datetime | None, until: datetime | None) -> Sequence[LivestreamRulesRow]:
    """The version at `since` and those that followed until the end, newest first; without `since` the one that holds now."""
    found = select(LivestreamRulesRow).where(LivestreamRulesRow.organisation_id == organisation_id)
    found = found.order_by(LivestreamRulesRow.version.desc())
    if since is None:
        return (await db.scalars(found.limit(1))).all()
    if until is not None:
        found = found.where(LivestreamRulesRow.valid_from <= until)
    rows = (await db.scalars(found.limit(VERSIONS_SHOWN))).all()
    before = next((place for place, row in enumerate(rows) if row.valid_from <= since), len(rows))
    return rows[: before + 1]


async def _of_organisation(db: AsyncSession, organisation_id: UUID) -> RulesOfOrganisation:
    found = select(LivestreamRulesRow).where(LivestreamRulesRow.organisation_id == organisation_id)
    rows = (await db.scalars(found.order_by(LivestreamRulesRow.version.desc()).limit(VERSIONS_SHOWN))).all()
    names = await names_of_users(db, [row.written_by for row in rows])
    return RulesOfOrganisation(
        current=_view(rows[0]) if rows else USUAL,
        usual=RulesText(text_vi=USUAL_RULES_VI, text_en=USUAL_RULES_EN),
        versions=[
            EarlierRules(
                version=row.version,
                valid_from_ms=to_ms(row.valid_from) or 0,
                written_by=None if row.written_by is None else names.get(row.written_by, ""),
            )
            for row in rows
        ],
    )


async def _newest(db: AsyncSession, organisation_id: UUID) -> LivestreamRulesRow | None:
    found = select(LivestreamRulesRow).where(LivestreamRulesRow.organisation_id == organisation_id)
    row: LivestreamRulesRow | None = await db.scalar(found.order_by(LivestreamRulesRow.version.desc()).limit(1))
    return row


async def _lock(db: AsyncSession, organisation_id: UUID) -> None:
    """Two who write at once make two versions, one after the other."""
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"livestream rules {organisation_id}", 0))))


def _view(row: LivestreamRulesRow) -> RulesVersion:
    return RulesVersion(
        version=row.version,
        text_vi=row.text_vi,
        text_en=row.text_en,
        valid_from_ms=to_ms(row.valid_from),
        is_usual=row.written_by is None,
    )


async def keep_rules(db: AsyncSession, organisation_id: UUID, moment: datetime) -> int:
    """Store the usual rules if the organisation has none yet; returns the version that holds now. Inside the transaction that goes live."""
    found = select(func.max(LivestreamRulesRow.version)).where(LivestreamRulesRow.organisation_id == organisation_id)
    if (version := await db.scalar(found)) is not None:
        return version
    await _lock(db, organisation_id)
    usual = {"text_vi": USUAL_RULES_VI, "text_en": USUAL_RULES_EN, "valid_from": moment}
    first = insert(LivestreamRulesRow).values(organisation_id=organisation_id, version=1, **usual)
    await db.execute(first.on_conflict_do_nothing())
    return await db.scalar(found) or 1
