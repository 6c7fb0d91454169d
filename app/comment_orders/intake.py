"""Comments of other platforms come in: judged by the room's rules, masked, archived and told in one transaction, each once.

A repeat finds its comment in the archive and changes nothing. What the room hears goes through the outbox, so Redis may be away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.comment_orders.outside import OutsideComment, ReadComment, from_social_stream, outside_comment, read_comment
from app.comment_orders.sources import Source
from app.infra.clock import now_ms, to_ms
from app.infra.database import Database
from app.live.judging_outside import OutsideJudge
from app.live.masking import mask_phone_numbers
from app.live.to_read import ReadingLater
from app.protocol.base import COMMENT_TEXT, PERSON_NAME
from app.protocol.server_events import CommentHeld, CommentPosted
from app.protocol.views import CommentView
from app.sessions.lookup import SessionLookup
from app.sessions.outbox import event_to_tell, tell_room
from app.sessions.telling import RoomTeller

Outcome = Literal["taken", "held", "repeated", "refused"]


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What became of one comment; `code` says why it was refused."""

    id: str
    outcome: Outcome
    code: str | None = None


class CommentIntake:
    """Takes batches of sources that were recognised."""

    def __init__(
        self, database: Database, *, sessions: SessionLookup, later: ReadingLater, judge: OutsideJudge, teller: RoomTeller
    ) -> None:
        self._transactions = database.transactions
        self._sessions = sessions
        self._later = later
        self._judge = judge
        self._teller = teller

    async def take(self, source: Source, items: Sequence[dict[str, Any]]) -> list[ItemOutcome]:
        """Take a batch of our own form. Raises `SessionNotLive`; what is wrong with one comment is said of that one."""
        said: list[OutsideComment | ItemOutcome] = []
        for item in items:
            try:
                said.append(outside_comment.validate_python(item))
            except ValidationError:
                said.append(ItemOutcome(str(item.get("id", ""))[:200], "refused", "malformed"))
        return await self._take(source, said)

    async def take_social_stream(self, source: Source, messages: Sequence[object]) -> list[ItemOutcome]:
        """Take messages of `social_stream`; what is no chat is passed by. Raises `SessionNotLive`."""
        return await self._take(source, [each for message in messages if (each := from_social_stream(message)) is not None])

    async def _take(self, source: Source, said: Sequence[OutsideComment | ItemOutcome]) -> list[ItemOutcome]:
        async with self._transactions.begin() as db:
            await self._sessions.require_live(db, source.session_id)
            outcomes = await self._write(db, source, said)
        if any(each.outcome in {"taken", "held"} for each in outcomes):
            self._teller.kick(source.session_id)
        return outcomes

    async def _write(self, db: AsyncSession, source: Source, said: Sequence[OutsideComment | ItemOutcome]) -> list[ItemOutcome]:
        read = [
            read_comment(source.session_id, source.organisation_id, each) if isinstance(each, OutsideComment) else None for each in said
        ]
        shown = {each.comment_id: (each, _shown(each)) for each in read if each is not None}
        judged = await self._judge.write(
            db,
            source.session_id,
            [(view, each.device_id, each.text) for each, view in shown.values()],
            later=self._later,
        )
        for comment_id, mark in judged.items():
            view = shown[comment_id][1]
            event = CommentPosted(comment=view) if mark is None else CommentHeld(comment=view, mark=mark)
            await tell_room(db, source.session_id, event_to_tell(event))
        outcomes, counted = [], set[UUID]()
        for each, comment in zip(said, read, strict=True):
            if isinstance(each, ItemOutcome):
                outcomes.append(each)
            elif comment is None:
                outcomes.append(ItemOutcome(each.id, "refused", "malformed"))
            elif comment.comment_id not in judged or comment.comment_id in counted:
                outcomes.append(ItemOutcome(each.id, "repeated"))
            else:
                counted.add(comment.comment_id)
                outcomes.append(ItemOutcome(each.id, "taken" if judged[comment.comment_id] is None else "held"))
        return outcomes


def _shown(comment: ReadComment) -> CommentView:
    """As the room sees it. A clock that is ahead of ours is not believed."""
    now = now_ms()
    at_ms = now if comment.at is None else min(_ms(comment.at), now)
    return CommentView(
        id=str(comment.comment_id),
        at_ms=at_ms,
        author=mask_phone_numbers(comment.author)[: PERSON_NAME.most],
        text=mask_phone_numbers(comment.text)[: COMMENT_TEXT.most],
        source=comment.source,
    )


def _ms(moment: datetime) -> int:
    return to_ms(moment) or 0
