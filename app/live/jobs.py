"""Background work of rooms: the comment archive."""

from __future__ import annotations

import structlog

from app.infra.tasks import TaskOwner, repeat
from app.live.comments import CommentArchive

log = structlog.get_logger(__name__)

# Whoever mutes the writer of a comment waits for it to be archived.
ARCHIVE_SECONDS = 0.25


class LiveJobs:
    """Starts and stops the loops; safe to run on every node."""

    def __init__(self, archive: CommentArchive) -> None:
        self._archive = archive
        self._tasks = TaskOwner("live_jobs")

    def start(self) -> None:
        # The archive is this node's own buffer, so every node writes its own.
        self._tasks.spawn("comment archive", repeat("comment_archive", ARCHIVE_SECONDS, self._archive.flush))

    async def close(self) -> None:
        """Stop the loops and write the comments that still wait; call after the rooms have stopped, before the database closes."""
        await self._tasks.close()
        try:
            await self._archive.flush()
        except Exception:
            log.exception("comments_not_archived")
