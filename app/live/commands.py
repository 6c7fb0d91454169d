"""Socket commands of the room: command → service → reply. `orders` adds its own; `main` merges them into the router's table."""

from __future__ import annotations

from uuid import UUID

from app.accounts.permissions import Action
from app.live.comments import CommentService
from app.live.errors import NameReserved
from app.live.outside import OutsideCounts
from app.live.posing import poses_as_staff
from app.live.room import Room
from app.live.rooms import RoomDirectory
from app.protocol.base import PROTOCOL_VERSION
from app.protocol.client_commands import Command, Leave, PostComment, ReportOutsideCount, SendLikes, ShowInterest, ViewerHello
from app.protocol.close_codes import CloseCode
from app.protocol.server_events import CommandDone
from app.realtime.connection import Connection
from app.realtime.errors import VersionUnsupported
from app.realtime.router import Route, encode, failure, handles
from app.sessions.errors import SessionNotLive


def live_handlers(*, rooms: RoomDirectory, comments: CommentService, outside: OutsideCounts) -> dict[type[Command], Route]:
    """Handlers for everything a client may say, except orders."""
    commands = LiveCommands(rooms, comments, outside)
    return dict(
        [
            # It waits for its room, which opens by a deadline of its own, and for its place in the line of those who arrive.
            handles(ViewerHello, commands.hello, deadline_seconds=None, changes=False, action=Action.SEE_BOARD),
            handles(PostComment, commands.comment, action=Action.SPEAK_AS_STAFF),
            handles(SendLikes, commands.like),
            handles(ShowInterest, commands.interest),
            handles(ReportOutsideCount, commands.report_outside, has_key=True, action=Action.RUN_SESSIONS),
            handles(Leave, commands.leave, deadline_seconds=None, changes=False, action=Action.SEE_BOARD),
        ]
    )


class LiveCommands:
    """One method per command."""

    def __init__(self, rooms: RoomDirectory, comments: CommentService, outside: OutsideCounts) -> None:
        self._rooms = rooms
        self._comments = comments
        self._outside = outside

    async def hello(self, connection: Connection, session_id: UUID, command: ViewerHello) -> None:
        """Answered by the room itself, with what the client missed or with a snapshot. Raises `NameReserved` for a viewer who poses as staff."""
        if command.version != PROTOCOL_VERSION:
            connection.send(encode(failure(command.id, VersionUnsupported(details={"version": PROTOCOL_VERSION}))))
            connection.close(CloseCode.VERSION_UNSUPPORTED)
            return
        room = await self._rooms.room(session_id)
        if self._was_banned_at_the_door(connection):
            connection.close(CloseCode.BANNED)
            return
        if command.name is not None and connection.audience == "viewer":
            if poses_as_staff(command.name, organisation_name=room.session.organisation_name):
                raise NameReserved
            connection.author = command.name
        await room.hello(connection, command)

    def _was_banned_at_the_door(self, connection: Connection) -> bool:
        """Banned after it was let in and before the hub knew the socket, so that nobody has closed it."""
        if connection.audience != "viewer":
            return False
        return self._rooms.ban_of(connection.session_id, connection.device_key, connection.network) is not None

    async def comment(self, connection: Connection, session_id: UUID, command: PostComment) -> CommandDone:
        await self._comments.post(connection, await self._rooms.room(session_id), command)
        return CommandDone(id=command.id)

    async def like(self, _connection: Connection, session_id: UUID, command: SendLikes) -> CommandDone:
        room = await self._live_room(session_id)
        room.counters.liked(command.count)
        return CommandDone(id=command.id)

    async def interest(self, connection: Connection, session_id: UUID, command: ShowInterest) -> CommandDone:
        """Told again, or of a product that is none of the session's, it is done without being counted."""
        room = await self._live_room(session_id)
        if any(str(product.id) == str(command.product_id) for product in room.mirror.products):
            if command.step == "opened":
                room.counters.opened_product(connection.device_key, command.product_id.bytes)
            else:
                room.counters.began_basket(connection.device_key)
        return CommandDone(id=command.id)

    async def report_outside(self, connection: Connection, session_id: UUID, command: ReportOutsideCount) -> CommandDone:
        await self._live_room(session_id)
        await self._outside.report(
            session_id,
            source=command.source,
            viewers=command.viewers,
            observed_at_ms=command.observed_at_ms,
            reported_by=connection.identity.name,
        )
        return CommandDone(id=command.id)

    async def leave(self, connection: Connection, _session_id: UUID, command: Leave) -> None:
        connection.send(encode(CommandDone(id=command.id)))
        connection.close(CloseCode.LEFT)

    async def _live_room(self, session_id: UUID) -> Room:
        room = await self._rooms.room(session_id)
        if room.session.state != "live":
            raise SessionNotLive(details={"state": room.session.state})
        return room
