"""Comments: paced, judged by the session's rules, masked, shown through the room's log, and archived in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import structlog
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.infra.clock import from_ms, now_ms, to_ms
from app.infra.database import Database
from app.live.errors import CommentHeldBack, CommentNotFound, CommentsBusy, CommentsTooFast
from app.live.masking import mask_phone_numbers
from app.live.models import ArchivedComment, CommentHiding, CommentToRead
from app.live.room import Room
from app.live.speaking import SHOWN, Speaking, Verdict
from app.live.to_read import ReadingLater
from app.protocol.client_commands import PostComment
from app.protocol.moderation import HiddenMark
from app.protocol.server_events import CommentEchoed, CommentHeld, CommentPosted
from app.protocol.views import CommentView, ReplyView
from app.realtime.connection import Connection
from app.realtime.networks import UNKNOWN_NETWORK
from app.realtime.room_log import RoomLog
from app.realtime.router import encode
from app.sessions.errors import SessionNotLive

log = structlog.get_logger(__name__)

_BUFFER_MAX = 20_000
_BATCH = 500
_FIND_SECONDS = 2.0
_FIND_STEP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whom a comment came from: the device, and the digest of its network if it is known."""

    device_id: UUID
    network: bytes | None
    by_staff: bool


@dataclass(frozen=True, slots=True)
class _Archived:
    """A comment as it goes into the archive, with why it is hidden from the start, and the words with whatever is masked in it."""

    row: dict[str, Any]
    hiding: dict[str, Any] | None
    comment: CommentView
    said: str


def archived(session_id: UUID, speaker: Speaker, comment: CommentView, mark: HiddenMark | None, *, said: str) -> _Archived:
    """The rows of a comment."""
    row = {
        "id": UUID(comment.id),
        "session_id": session_id,
        "device_id": speaker.device_id,
        "author": comment.author,
        "text": comment.text,
        "by_staff": comment.by_staff,
        "posted_at": from_ms(comment.at_ms),
        "network": speaker.network,
        "reply_to_id": None if comment.reply_to is None else UUID(comment.reply_to.id),
        "reply_to_author": None if comment.reply_to is None else comment.reply_to.author,
        "source": comment.source,
    }
    return _Archived(row, None if mark is None else _hiding(session_id, comment, mark), comment, said)


async def write_comments(db: AsyncSession, comments: Sequence[_Archived], later: ReadingLater | None) -> set[UUID]:
    """Write comments inside a transaction of the caller; returns those that were not there before. Writing one twice changes nothing.

    Those that somebody shall read later are noted here, not on the way of a comment; what is hidden from the start is not.
    """
    new = await db.scalars(
        insert(ArchivedComment).values([each.row for each in comments]).on_conflict_do_nothing().returning(ArchivedComment.id)
    )
    written = set(new.all())
    hidings = [each.hiding for each in comments if each.hiding is not None]
    shown = [each for each in comments if later is not None and each.hiding is None and each.row["id"] in written]
    notes = [later.row(each.row["session_id"], each.comment, each.said) for each in shown if later is not None]
    to_read = [note for note in notes if note is not None]
    if hidings:
        await db.execute(insert(CommentHiding).values(hidings).on_conflict_do_nothing())
    if to_read:
        await db.execute(insert(CommentToRead).values(to_read).on_conflict_do_nothing())
    return written


class CommentArchive:
    """Writes comments to PostgreSQL in batches. What a killed process can lose is what came since its last flush, a moment."""

    def __init__(self, database: Database, *, later: ReadingLater | None = None) -> None:
        self._transactions = database.transactions
        self._later = later
        self._waiting: deque[_Archived] = deque()
        self._writing = asyncio.Lock()

    def add(self, session_id: UUID, speaker: Speaker, comment: CommentView, mark: HiddenMark | None, *, said: str = "") -> None:
        """Queue a comment for the archive; `mark`: why it is hidden from the start; `said`: the words with whatever is masked in it. Raises `CommentsBusy` when the database has not taken any for long."""
        if len(self._waiting) >= _BUFFER_MAX:
            raise CommentsBusy
        self._waiting.append(archived(session_id, speaker, comment, mark, said=said))

    async def flush(self) -> None:
        """Write what waits. When a batch fails it stays queued; writing one twice changes nothing."""
        async with self._writing:
            while self._waiting:
                batch = [self._waiting[index] for index in range(min(_BATCH, len(self._waiting)))]
                async with self._transactions.begin() as db:
                    await write_comments(db, batch, self._later)
                for _ in batch:
                    self._waiting.popleft()

    async def latest(self, session_id: UUID, count: int) -> tuple[CommentView, ...]:
        """The last comments of a session that are not hidden, as far as they are archived, oldest first."""
        newest = (
            select(ArchivedComment)
            .where(ArchivedComment.session_id == session_id, ~is_hidden(ArchivedComment.id))
            .order_by(ArchivedComment.posted_at.desc(), ArchivedComment.id)
            .limit(count)
        )
        async with self._transactions() as db:
            rows = (await db.scalars(newest)).all()
            gone = await hidden_among(db, [row.reply_to_id for row in rows if row.reply_to_id is not None])
        return tuple(comment_view(row, without_reply=row.reply_to_id in gone) for row in reversed(rows))

    async def wait_for(self, session_id: UUID, comment_id: UUID) -> None:
        """Until a comment is archived: one that was said a moment ago may wait on another node. Raises `CommentNotFound`."""
        found = select(ArchivedComment.id).where(ArchivedComment.id == comment_id, ArchivedComment.session_id == session_id)
        await self.flush()
        for _ in range(int(_FIND_SECONDS / _FIND_STEP_SECONDS)):
            async with self._transactions() as db:
                if await db.scalar(found) is not None:
                    return
            await asyncio.sleep(_FIND_STEP_SECONDS)
        raise CommentNotFound


class CommentService:
    """Takes comments from sockets."""

    def __init__(self, *, room_log: RoomLog, archive: CommentArchive, speaking: Speaking) -> None:
        self._log = room_log
        self._archive = archive
        self._speaking = speaking

    async def post(self, connection: Connection, room: Room, command: PostComment) -> None:
        """Show a comment to the room and archive it; phone numbers are masked in both.

        Raises `SessionNotLive`, `CommentsTooFast`, what the session's rules raise (`Speaking.judge`), `CommentHeldBack`, `CommentNotFound`
        when it answers one that is not among the latest, or `CommentsBusy` when it is not known whether it was shown.
        """
        if room.session.state != "live":
            raise SessionNotLive(details={"state": room.session.state})
        if connection.device is not None and (wait_seconds := connection.device.take_comment()) > 0:
            raise CommentsTooFast(retry_after_seconds=wait_seconds)
        reply_to = _reply(room, command.reply_to)
        by_staff = connection.audience == "staff"
        verdict = SHOWN if by_staff else await self._judge(connection, room, command.text)
        speaker = connection.identity
        comment = CommentView(
            id=str(uuid4()),
            at_ms=now_ms(),
            author=mask_phone_numbers(speaker.name or _guest_name(speaker.device_id)),
            text=mask_phone_numbers(command.text),
            by_staff=by_staff,
            reply_to=reply_to,
        )
        network = None if connection.network == UNKNOWN_NETWORK else connection.network
        # Archived first: whatever may have been seen by the room is in the archive.
        self._archive.add(room.session_id, Speaker(speaker.device_id, network, by_staff), comment, verdict.mark, said=command.text)
        if verdict.is_unheard:
            connection.send(encode(CommentEchoed(comment=comment)))
            return
        said = CommentPosted(comment=comment) if verdict.mark is None else CommentHeld(comment=comment, mark=verdict.mark)
        try:
            await self._log.append(room.session_id, said)
        except (RedisError, OSError) as error:
            raise CommentsBusy from error
        if verdict.mark is not None:
            raise CommentHeldBack(details={"reason": verdict.mark.reason})
        if not by_staff:
            room.counters.commented(connection.device_key)

    async def _judge(self, connection: Connection, room: Room, text: str) -> Verdict:
        try:
            return await self._speaking.judge(connection, room.session_id, room.moderation, text)
        except (RedisError, OSError) as error:
            raise CommentsBusy from error


def is_hidden(comment_id: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column or a value
    """SQL: whether a comment is hidden now."""
    return exists().where(CommentHiding.comment_id == comment_id, CommentHiding.is_hidden)


async def hidden_among(db: AsyncSession, comment_ids: list[UUID]) -> frozenset[UUID]:
    """Those of these comments that are hidden."""
    if not comment_ids:
        return frozenset()
    found = select(CommentHiding.comment_id).where(CommentHiding.comment_id.in_(comment_ids), CommentHiding.is_hidden)
    return frozenset((await db.scalars(found)).all())


def comment_view(row: ArchivedComment, *, without_reply: bool = False) -> CommentView:
    """An archived comment as it is shown."""
    reply_to = None
    if row.reply_to_id is not None and not without_reply:
        reply_to = ReplyView(id=str(row.reply_to_id), author=row.reply_to_author or "")
    return CommentView(
        id=str(row.id),
        at_ms=to_ms(row.posted_at) or 0,
        author=row.author,
        text=row.text,
        by_staff=row.by_staff,
        reply_to=reply_to,
        source=row.source,
    )


def _hiding(session_id: UUID, comment: CommentView, mark: HiddenMark) -> dict[str, Any]:
    return {
        "comment_id": UUID(comment.id),
        "session_id": session_id,
        "is_hidden": True,
        "reason": mark.reason,
        "word": mark.word,
        "hidden_at": from_ms(mark.at_ms),
    }


def _reply(room: Room, comment_id: UUID | None) -> ReplyView | None:
    if comment_id is None:
        return None
    comment = room.find_comment(str(comment_id))
    if comment is None:
        raise CommentNotFound
    return ReplyView(id=comment.id, author=comment.author)


def _guest_name(device_id: UUID) -> str:
    """What somebody is called who has given no name: the same on every way in."""
    return f"Khách {device_id.int % 10_000:04d}"
