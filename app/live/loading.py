"""Loads a room's content from the stores, so that it agrees with a place in the room's log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from app.live.comments import CommentArchive
from app.live.mirror import COMMENTS_SHOWN, RoomMirror
from app.live.moderation import RoomModeration
from app.live.moderation_reading import ModerationReading
from app.live.room_content import LoadedRoom
from app.protocol.server_events import CommentPosted, CommentsRestored, LoggedEvent
from app.protocol.views import CommentView, OfferView, StockView
from app.realtime.room_log import RoomLog
from app.sessions.lookup import SessionLookup
from app.settings import RealtimeSettings

LoadOffers = Callable[[UUID], Awaitable[tuple[OfferView, ...]]]
LoadShelf = Callable[[UUID], Awaitable[tuple[StockView, ...]]]


class RoomLoader:
    """`load_offers` and `load_shelf` come from orders, which this package does not know."""

    def __init__(  # noqa: PLR0913 - one for each part of a room
        self,
        *,
        sessions: SessionLookup,
        room_log: RoomLog,
        archive: CommentArchive,
        moderation: ModerationReading,
        load_offers: LoadOffers,
        load_shelf: LoadShelf,
        settings: RealtimeSettings,
    ) -> None:
        self._sessions = sessions
        self._log = room_log
        self._archive = archive
        self._moderation = moderation
        self._load_offers = load_offers
        self._load_shelf = load_shelf
        self._window_events = settings.room_window_events

    async def load(self, session_id: UUID) -> LoadedRoom:
        """Everything a room starts from. Raises `SessionNotFound`.

        Position first, content afterwards: the content then holds at least what the log said up to the position.
        """
        await self._sessions.require_known(session_id)
        position = await self._log.head(session_id)
        window = await self._log.latest(session_id, position, count=self._window_events)
        return LoadedRoom(await self._mirror(session_id, window), position, window)

    async def load_closed(self, session_id: UUID) -> RoomMirror | None:
        """The content of a closed session as PostgreSQL has it; None for any other. Raises `SessionNotFound`."""
        if (await self._sessions.get_record(session_id)).state != "closed":
            return None
        return await self._mirror(session_id, ())

    async def _mirror(self, session_id: UUID, window: tuple[LoggedEvent, ...]) -> RoomMirror:
        facts = await self._sessions.facts(session_id)
        talk, warning, moderation = await self._moderation.for_room(session_id)
        archived = await self._archive.latest(session_id, COMMENTS_SHOWN)
        return RoomMirror(
            session=facts.view,
            products=facts.products,
            offers=await self._load_offers(session_id),
            shelf=await self._load_shelf(session_id),
            pinned_product_id=facts.record.pinned_product_id,
            comments=_comments(window, archived, moderation),
            talk=talk,
            warning=warning,
            moderation=moderation,
        )


def _comments(window: tuple[LoggedEvent, ...], archived: tuple[CommentView, ...], moderation: RoomModeration) -> tuple[CommentView, ...]:
    """The latest comments that are not hidden: those in the log, and before them the archived ones that the log no longer has."""
    logged: dict[str, CommentView] = {}
    for event in (each.event for each in window):
        if isinstance(event, CommentPosted):
            logged[event.comment.id] = event.comment
        elif isinstance(event, CommentsRestored):
            logged |= {comment.id: comment for comment in event.comments}
    oldest_ms = min((comment.at_ms for comment in logged.values()), default=None)
    older = [comment for comment in archived if comment.id not in logged and (oldest_ms is None or comment.at_ms <= oldest_ms)]
    shown = [comment for comment in (*older, *logged.values()) if not moderation.is_hidden(comment.id)]
    return tuple(sorted(shown, key=lambda comment: comment.at_ms)[-COMMENTS_SHOWN:])
