"""What somebody said while the word that they are muted was still on its way to their worker, or waited there for the archive: hidden as well.

Looked for twice, within three seconds of the mute; a process that is killed before leaves at most what was said in that moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select

from app.accounts.service import CurrentUser
from app.infra.database import Database
from app.infra.tasks import TaskOwner
from app.live.comments import is_hidden
from app.live.hiding import hide_comments
from app.live.models import ArchivedComment, SpeakerRestriction
from app.live.moderation_reading import in_force
from app.sessions.telling import RoomTeller

LOOK_AFTER_SECONDS = (0.7, 2.0)
_BEFORE = timedelta(seconds=5)
_AT_ONCE = 500


class LateWords:
    """One per node."""

    def __init__(self, database: Database, *, teller: RoomTeller) -> None:
        self._transactions = database.transactions
        self._teller = teller
        self._tasks = TaskOwner("late_words")

    def watch(self, user: CurrentUser, session_id: UUID, restriction_ids: Sequence[UUID]) -> None:
        """Hide what these restrictions came too late for, in the name of whoever made them."""
        self._tasks.spawn("look", self._look(user, session_id, restriction_ids))

    async def close(self) -> None:
        await self._tasks.close()

    async def _look(self, user: CurrentUser, session_id: UUID, restriction_ids: Sequence[UUID]) -> None:
        for seconds in LOOK_AFTER_SECONDS:
            await asyncio.sleep(seconds)
            if await self.hide(user, session_id, restriction_ids):
                await self._teller.tell_soon(session_id)

    async def hide(self, user: CurrentUser, session_id: UUID, restriction_ids: Sequence[UUID]) -> int:
        """Returns how many were hidden. A restriction that was lifted meanwhile hides nothing."""
        comment, speaker = ArchivedComment, SpeakerRestriction
        is_theirs = or_(comment.device_id == speaker.device_id, comment.network == speaker.network)
        late = (
            select(comment, speaker.id)
            .join(speaker, (speaker.session_id == comment.session_id) & is_theirs)
            .where(comment.session_id == session_id, speaker.id.in_(restriction_ids), *in_force())
            .where(comment.posted_at >= speaker.created_at - _BEFORE, ~comment.by_staff, ~is_hidden(comment.id))
            .order_by(comment.posted_at.desc())
            .limit(_AT_ONCE)
        )
        async with self._transactions.begin() as db:
            found = {row[0].id: (row[0], row[1]) for row in (await db.execute(late)).all()}
            if found:
                restriction_of = {comment_id: restriction_id for comment_id, (_, restriction_id) in found.items()}
                comments = [comment for comment, _ in found.values()]
                await hide_comments(db, user, session_id, comments, reason="muted", restriction_of=restriction_of)
        return len(found)
