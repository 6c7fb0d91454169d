"""Comments of other platforms, judged by the rules of the room and archived: what our own sockets do, for what comes in batches."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.infra.clock import now_ms
from app.live.comments import Speaker, archived, write_comments
from app.live.moderation import RoomModeration
from app.live.moderation_reading import restrictions_in_force, rules_of
from app.live.restrictions import Restrictions
from app.live.speaking import held_by_rules
from app.live.to_read import ReadingLater
from app.protocol.moderation import HiddenMark
from app.protocol.views import CommentView
from app.realtime.networks import UNKNOWN_NETWORK


class OutsideJudge:
    """Without state: the rules are read anew for every batch. Slow mode, repetitions and buyers-only are for our own devices alone."""

    async def write(
        self, db: AsyncSession, session_id: UUID, comments: Sequence[tuple[CommentView, UUID, str]], *, later: ReadingLater
    ) -> dict[UUID, HiddenMark | None]:
        """Archive comments (as shown, their authors' ids, their words unmasked); returns those that were not there before, with why they are held.

        Somebody who is muted is not shown: their comments are held.
        """
        moderation = RoomModeration(rules=await rules_of(db, session_id))
        restrictions = Restrictions(await restrictions_in_force(db, session_id))
        marks: dict[UUID, HiddenMark | None] = {}
        rows = []
        for view, device_id, said in comments:
            muted = restrictions.find("mute", device_id.bytes, UNKNOWN_NETWORK) or restrictions.find(
                "ban", device_id.bytes, UNKNOWN_NETWORK
            )
            held = (
                HiddenMark(reason="muted", by=muted.by, at_ms=now_ms()) if muted else held_by_rules(moderation, (view.author, said), 0).mark
            )
            marks[UUID(view.id)] = held
            rows.append(archived(session_id, Speaker(device_id, None, False), view, held, said=said))
        if not rows:
            return {}
        written = await write_comments(db, rows, later)
        return {comment_id: mark for comment_id, mark in marks.items() if comment_id in written}
