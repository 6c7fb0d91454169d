"""Whether comments become claims and for how long these hold units: an organisation's rule, or a session's own in place of it."""

from __future__ import annotations

from uuid import UUID

from pydantic import ConfigDict, Field

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.comment_orders.models import HOLD_LEAST_SECONDS, HOLD_MOST_SECONDS
from app.infra.database import Database, RawConnection
from app.protocol.base import Message
from app.sessions.lookup import SessionLookup

_READ = """
SELECT r.is_on, r.hold_seconds FROM sessions s JOIN comment_order_rules r ON r.organisation_id = s.organisation_id
WHERE s.id = $1 AND (r.session_id = s.id OR r.session_id IS NULL) ORDER BY r.session_id NULLS LAST LIMIT 1
"""
_READ_COMMON = "SELECT is_on, hold_seconds FROM comment_order_rules WHERE organisation_id = $1 AND session_id IS NULL"
_WRITE = """
INSERT INTO comment_order_rules (id, organisation_id, session_id, is_on, hold_seconds) VALUES (gen_random_uuid(), $1, $2, $3, $4)
ON CONFLICT (organisation_id, session_id) DO UPDATE SET is_on = excluded.is_on, hold_seconds = excluded.hold_seconds
"""


class CommentOrderRules(Message):
    """`hold_seconds`: how long units are set aside for a comment before they go back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_on": True, "hold_seconds": 900}]})

    is_on: bool = True
    hold_seconds: int = Field(900, ge=HOLD_LEAST_SECONDS, le=HOLD_MOST_SECONDS)


async def rules_of_session(db: RawConnection, session_id: UUID) -> CommentOrderRules:
    """Those that hold in a session now."""
    row = await db.fetchrow(_READ, session_id)
    return CommentOrderRules() if row is None else CommentOrderRules(**row)


class RuleService:
    """Reading and setting rules. What is held already stays held as long as it was promised."""

    def __init__(self, database: Database, *, sessions: SessionLookup) -> None:
        self._database = database
        self._sessions = sessions

    async def of_session(self, user: CurrentUser, session_id: UUID) -> CommentOrderRules:
        """Raises those of access."""
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._database.pool.acquire() as db:
            return await rules_of_session(db, session_id)

    async def set_for_session(
        self, user: CurrentUser, session_id: UUID, rules: CommentOrderRules, intention: Intention | None = None
    ) -> CommentOrderRules:
        """Raises those of access."""
        await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        return await self._set(user, session_id, rules, intention)

    async def of_organisation(self, user: CurrentUser) -> CommentOrderRules:
        async with self._database.pool.acquire() as db:
            row = await db.fetchrow(_READ_COMMON, user.organisation_id)
        return CommentOrderRules() if row is None else CommentOrderRules(**row)

    async def set_for_organisation(
        self, user: CurrentUser, rules: CommentOrderRules, intention: Intention | None = None
    ) -> CommentOrderRules:
        return await self._set(user, None, rules, intention)

    async def _set(
        self, user: CurrentUser, session_id: UUID | None, rules: CommentOrderRules, intention: Intention | None
    ) -> CommentOrderRules:
        subject = session_id or user.organisation_id
        async with self._database.pool.acquire() as db, db.transaction():
            if (await claim_intention_raw(db, user.id, intention, subject)).is_first:
                await db.execute(_WRITE, user.organisation_id, session_id, rules.is_on, rules.hold_seconds)
                await insert_audit(
                    db,
                    organisation_id=user.organisation_id,
                    user_id=user.id,
                    action="comment_orders.rules_set",
                    subject_id=subject,
                    details=rules.model_dump(mode="json"),
                )
        return rules if session_id is None else await self.of_session_now(session_id)

    async def of_session_now(self, session_id: UUID) -> CommentOrderRules:
        async with self._database.pool.acquire() as db:
            return await rules_of_session(db, session_id)
