"""Comments: paced, masked, shown through the room's log, and archived in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any
from uuid import UUID, uuid4

import structlog
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.infra.clock import from_ms, now_ms, to_ms
from app.infra.database import Database
from app.live.errors import CommentsBusy, CommentsTooFast
from app.live.masking import mask_phone_numbers
from app.live.models import ArchivedComment
from app.live.room import Room
from app.protocol.server_events import CommentPosted
from app.protocol.views import CommentView
from app.realtime.connection import Connection
from app.realtime.room_log import RoomLog
from app.sessions.errors import SessionNotLive

log = structlog.get_logger(__name__)

_BUFFER_MAX = 20_000
_BATCH = 500


class CommentArchive:
    """Writes comments to PostgreSQL in batches. What a killed process can lose is what came since its last flush, about a second."""

    def __init__(self, database: Database) -> None:
        self._transactions = database.transactions
        self._waiting: deque[dict[str, Any]] = deque()
        self._writing = asyncio.Lock()

    def add(self, session_id: UUID, device_id: UUID, comment: CommentView) -> None:
        """Queue a comment for the archive. Raises `CommentsBusy` when the database has not taken any for long."""
        if len(self._waiting) >= _BUFFER_MAX:
            raise CommentsBusy
        self._waiting.append(
            {
                "id": UUID(comment.id),
                "session_id": session_id,
                "device_id": device_id,
                "author": comment.author,
                "text": comment.text,
                "by_staff": comment.by_staff,
                "posted_at": from_ms(comment.at_ms),
            }
        )

    async def flush(self) -> None:
        """Write what waits. When a batch fails it stays queued; writing one twice changes nothing."""
        async with self._writing:
            while self._waiting:
                batch = [self._waiting[index] for index in range(min(_BATCH, len(self._waiting)))]
                async with self._transactions.begin() as db:
                    await db.execute(insert(ArchivedComment).values(batch).on_conflict_do_nothing())
                for _ in batch:
                    self._waiting.popleft()

    async def latest(self, session_id: UUID, count: int) -> tuple[CommentView, ...]:
        """The last comments of a session as far as they are archived, oldest first."""
        newest = (
            select(ArchivedComment)
            .where(ArchivedComment.session_id == session_id)
            .order_by(ArchivedComment.posted_at.desc(), ArchivedComment.id)
            .limit(count)
        )
        async with self._transactions() as db:
            rows = (await db.scalars(newest)).all()
        return tuple(
            CommentView(id=str(row.id), at_ms=to_ms(row.posted_at) or 0, author=row.author, text=row.text, by_staff=row.by_staff)
            for row in reversed(rows)
        )


class CommentService:
    """Takes comments from sockets."""

    def __init__(self, *, room_log: RoomLog, archive: CommentArchive) -> None:
        self._log = room_log
        self._archive = archive

    async def post(self, connection: Connection, room: Room, text: str) -> None:
        """Show a comment to the room and archive it; phone numbers are masked in both.

        Raises `SessionNotLive`, `CommentsTooFast`, or `CommentsBusy` when it is not known whether the comment was shown.
        """
        if room.session.state != "live":
            raise SessionNotLive(details={"state": room.session.state})
        if connection.device is not None and (wait_seconds := connection.device.take_comment()) > 0:
            raise CommentsTooFast(retry_after_seconds=wait_seconds)
        by_staff = connection.audience == "staff"
        speaker = connection.identity
        comment = CommentView(
            id=str(uuid4()),
            at_ms=now_ms(),
            author=mask_phone_numbers(speaker.name or _guest_name(speaker.device_id)),
            text=mask_phone_numbers(text),
            by_staff=by_staff,
        )
        # Archived first: whatever may have been seen by the room is in the archive.
        self._archive.add(room.session_id, speaker.device_id, comment)
        try:
            await self._log.append(room.session_id, CommentPosted(comment=comment))
        except (RedisError, OSError) as error:
            raise CommentsBusy from error
        if not by_staff:
            room.counters.commented(connection.device_key)


def _guest_name(device_id: UUID) -> str:
    """What somebody is called who has given no name: the same on every way in."""
    return f"Khách {device_id.int % 10_000:04d}"
