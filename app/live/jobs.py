"""Background work of sessions: the comment archive, and telling rooms what a crashed process left untold."""

from __future__ import annotations

import structlog

from app.infra.tasks import TaskOwner, repeat
from app.live.comments import CommentArchive
from app.sessions.announcing import Announcer

log = structlog.get_logger(__name__)

ARCHIVE_SECONDS = 1.0
ANNOUNCE_SECONDS = 2.0


class LiveJobs:
    """Starts and stops the loops; safe to run on every node."""

    def __init__(self, announcer: Announcer, archive: CommentArchive) -> None:
        self._announcer = announcer
        self._archive = archive
        self._tasks = TaskOwner("live_jobs")

    def start(self) -> None:
        # The archive is this node's own buffer, so every node writes its own; telling is safe to do twice.
        self._tasks.spawn("comment archive", repeat("comment_archive", ARCHIVE_SECONDS, self._archive.flush))
        self._tasks.spawn("announcements", repeat("announcements", ANNOUNCE_SECONDS, self._announcer.tell_outstanding))

    async def close(self) -> None:
        """Stop the loops and write the comments that still wait; call after the rooms have stopped, before the database closes."""
        await self._tasks.close()
        try:
            await self._archive.flush()
        except Exception:
            log.exception("comments_not_archived")
