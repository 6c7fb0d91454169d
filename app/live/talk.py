"""What people in charge set for a room's talk: its rules, the running notice, the pinned comment, the queue of questions."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.clock import utc_now
from app.infra.database import Database
from app.live.comments import CommentArchive, is_hidden
from app.live.errors import CommentIsHidden, QuestionsFull
from app.live.hiding import tell_questions, tell_talk
from app.live.models import RoomQuestion, RoomTalk
from app.live.moderation_reading import QUESTIONS_MOST, questions_of, restrictions_in_force, rules_of, talk_of
from app.live.moderation_schemas import ModerationDetails
from app.protocol.moderation import ModerationRules, QuestionState
from app.protocol.server_events import ModerationChanged
from app.sessions.in_charge import lock_in_charge, require_not_closed
from app.sessions.lookup import SessionLookup
from app.sessions.outbox import event_to_tell, tell_room
from app.sessions.telling import RoomTeller


class TalkService:
    """Whoever is in charge of the session acts, until it is closed."""

    def __init__(self, database: Database, *, sessions: SessionLookup, archive: CommentArchive, teller: RoomTeller) -> None:
        self._transactions = database.transactions
        self._sessions = sessions
        self._archive = archive
        self._teller = teller

    async def details(self, user: CurrentUser, session_id: UUID) -> ModerationDetails:
        """Rules, talk, who is muted or banned, questions. Raises those of access."""
        await self._sessions.managed(user, session_id, Action.MODERATE_COMMENTS)
        async with self._transactions() as db:
            return ModerationDetails(
                rules=await rules_of(db, session_id),
                talk=await talk_of(db, session_id),
                restrictions=tuple(each.view for each in await restrictions_in_force(db, session_id)),
                questions=await questions_of(db, session_id),
            )

    async def set_rules(
        self, user: CurrentUser, session_id: UUID, rules: ModerationRules, intention: Intention | None = None
    ) -> ModerationDetails:
        """From now on these rules hold on every node. Raises `SessionClosed` and those of access."""
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.MODERATE_COMMENTS)
            if (await claim_intention(db, user.id, intention, session_id)).is_first:
                require_not_closed(row)
                await _set(db, session_id, rules=rules.model_dump(mode="json"))
                await tell_room(db, session_id, event_to_tell(ModerationChanged(rules=rules)))
                await tell_talk(db, session_id)
                _audit(db, user, "moderation.rules_set", session_id, rules.model_dump(mode="json"))
        await self._teller.tell_soon(session_id)
        return await self.details(user, session_id)

    async def set_notice(self, user: CurrentUser, session_id: UUID, text: str | None, intention: Intention | None = None) -> None:
        """Show a notice above the comments, or none. Raises `SessionClosed` and those of access."""
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.MODERATE_COMMENTS)
            if not (await claim_intention(db, user.id, intention, session_id)).is_first:
                return
            require_not_closed(row)
            await _set(db, session_id, notice=text)
            await tell_talk(db, session_id)
            _audit(db, user, "notice.set", session_id, {"text": text})
        await self._teller.tell_soon(session_id)

    async def pin(self, user: CurrentUser, session_id: UUID, comment_id: UUID | None, intention: Intention | None = None) -> None:
        """Let a comment stand above the others, or none. Raises `CommentNotFound`, `CommentIsHidden`, `SessionClosed` and those of access."""
        await self._sessions.managed(user, session_id, Action.MODERATE_COMMENTS)
        if comment_id is not None:
            await self._archive.wait_for(session_id, comment_id)
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.MODERATE_COMMENTS)
            if not (await claim_intention(db, user.id, intention, session_id)).is_first:
                return
            require_not_closed(row)
            await _require_shown(db, comment_id)
            await _set(db, session_id, pinned_comment_id=comment_id)
            await tell_talk(db, session_id)
            _audit(db, user, "comment.pinned", session_id, {"comment_id": None if comment_id is None else str(comment_id)})
        await self._teller.tell_soon(session_id)

    async def set_question(
        self, user: CurrentUser, session_id: UUID, comment_id: UUID, state: QuestionState | str, intention: Intention | None = None
    ) -> None:
        """Put a comment into the queue of questions, or move it along there. The one that was being answered before is answered.

        Raises `CommentNotFound`, `CommentIsHidden`, `QuestionsFull`, `SessionClosed` and those of access.
        """
        await self._sessions.managed(user, session_id, Action.MODERATE_COMMENTS)
        await self._archive.wait_for(session_id, comment_id)
        moment = utc_now()
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.MODERATE_COMMENTS)
            if not (await claim_intention(db, user.id, intention, comment_id)).is_first:
                return
            require_not_closed(row)
            await _require_shown(db, comment_id)
            await _require_place(db, session_id, comment_id, state)
            if state == "answering":
                others = (RoomQuestion.session_id == session_id, RoomQuestion.state == "answering", RoomQuestion.comment_id != comment_id)
                await db.execute(update(RoomQuestion).where(*others).values(state="answered", answered_at=moment))
            changes = {"state": state, "answered_at": moment if state == "answered" else None}
            marked = insert(RoomQuestion).values(
                comment_id=comment_id, session_id=session_id, marked_by=user.id, marked_at=moment, **changes
            )
            await db.execute(marked.on_conflict_do_update(index_elements=[RoomQuestion.comment_id], set_=changes))
            await tell_questions(db, session_id)
            await tell_talk(db, session_id)
            _audit(db, user, "question.moved", session_id, {"comment_id": str(comment_id), "state": state})
        await self._teller.tell_soon(session_id)


async def _set(db: AsyncSession, session_id: UUID, **values: object) -> None:
    talk = insert(RoomTalk).values(session_id=session_id, **values)
    await db.execute(talk.on_conflict_do_update(index_elements=[RoomTalk.session_id], set_=values))


async def _require_shown(db: AsyncSession, comment_id: UUID | None) -> None:
    if comment_id is not None and await db.scalar(select(is_hidden(comment_id))):
        raise CommentIsHidden


async def _require_place(db: AsyncSession, session_id: UUID, comment_id: UUID, state: str) -> None:
    if state not in {"waiting", "answering"}:
        return
    waiting = select(func.count()).where(
        RoomQuestion.session_id == session_id, RoomQuestion.state.in_(("waiting", "answering")), RoomQuestion.comment_id != comment_id
    )
    if (await db.scalar(waiting) or 0) >= QUESTIONS_MOST:
        raise QuestionsFull(details={"most": QUESTIONS_MOST})


def _audit(db: AsyncSession, user: CurrentUser, action: str, session_id: UUID, details: dict[str, object]) -> None:
    record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=session_id, details=details)
