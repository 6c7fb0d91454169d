"""What a room says on one node, exactly as of the last tick: content, latest events and figures, as answers and documents. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from app.infra.clock import now_ms
from app.live.mirror import RoomMirror
from app.live.polling import PolledRoom, PolledTick
from app.live.tellings import SnapshotFrames, ToldFigures, told_to
from app.metrics.service import RoomFigures
from app.protocol.base import PROTOCOL_VERSION, ResumePosition
from app.protocol.server_events import CommentPosted, LoggedEvent, RoomResumed, SessionChanged
from app.protocol.views import CommentView, Counts
from app.realtime.room_log import LogPosition
from app.realtime.router import encode


@dataclass(frozen=True, slots=True)
class LoadedRoom:
    """What a room starts from: content that holds at least everything up to `position`, and the latest events before it."""

    mirror: RoomMirror
    position: LogPosition
    window: tuple[LoggedEvent, ...]


class RoomContent:
    """`position` is the last event that has been told; the content holds it and whatever was told before."""

    def __init__(self, loaded: LoadedRoom, *, window_events: int) -> None:
        self.mirror = loaded.mirror
        self.position = loaded.position
        self._window: deque[LoggedEvent] = deque(loaded.window, window_events)
        self._told = ToldFigures(Counts(viewers=0, likes=0, comments=0), loaded.mirror.stock, None)
        self._snapshots = SnapshotFrames()
        self._polled = PolledRoom()

    def start_anew(self, loaded: LoadedRoom) -> None:
        """Other content from another place; the figures stay."""
        self.mirror, self.position = loaded.mirror, loaded.position
        self._window = deque(loaded.window, self._window.maxlen)
        self._snapshots.forget()

    def take(self, events: Sequence[LoggedEvent]) -> bool:
        """Make the next events part of the content; True when the session is over with them."""
        is_over = False
        for event in events:
            self.mirror.apply(event.event)
            self._window.append(event)
            is_over = is_over or (isinstance(event.event, SessionChanged) and event.event.session.state in {"ended", "closed"})
        if events:
            self.position = LogPosition(self.position.epoch, events[-1].offset)
            self._snapshots.forget()
        return is_over

    def take_figures(self, figures: RoomFigures, *, always: bool) -> ToldFigures | None:
        """What is to be told of the latest figures; None when that was told last and they are not wanted `always`."""
        self.mirror.take_stock(figures.taken)
        counts = Counts(
            viewers=figures.viewers, likes=figures.likes, comments=figures.comments, polling=figures.polling, outside=figures.outside
        )
        latest = ToldFigures(counts, self.mirror.stock, figures.board)
        if latest == self._told and not always:
            return None
        self._told = latest
        self._snapshots.forget()
        return latest

    def answer(self, command_id: str, resume: ResumePosition | None, *, for_staff: bool) -> bytes:
        """The frame that answers a hello: exactly what was missed, or a snapshot when that cannot be told without a gap."""
        missed = self._missed_since(resume)
        if missed is not None:
            return self._resumed(command_id, told_to(missed, self.mirror, for_staff=for_staff))
        return self._snapshots.frame(
            command_id, position=self.position, at_ms=now_ms(), mirror=self.mirror, figures=self._told, for_staff=for_staff
        )

    def find_comment(self, comment_id: str) -> CommentView | None:
        """One of the latest comments, unless it is hidden."""
        if self.mirror.moderation.is_hidden(comment_id):
            return None
        logged = (event.event.comment for event in reversed(self._window) if isinstance(event.event, CommentPosted))
        return next((comment for comment in (*self.mirror.comments, *logged) if comment.id == comment_id), None)

    def polled(self) -> PolledTick:
        """The room as a document for those without a socket; encoded at most once per second and change."""
        return self._polled.document(self.position, mirror=self.mirror, figures=self._told)

    def _missed_since(self, resume: ResumePosition | None) -> list[LoggedEvent] | None:
        if resume is None or resume.epoch != self.position.epoch or resume.offset > self.position.offset:
            return None
        if resume.offset == self.position.offset:
            return []
        if not self._window or self._window[0].offset > resume.offset + 1:
            return None
        return [event for event in self._window if event.offset > resume.offset]

    def _resumed(self, command_id: str, missed: tuple[LoggedEvent, ...]) -> bytes:
        return encode(
            RoomResumed(
                id=command_id,
                version=PROTOCOL_VERSION,
                epoch=self.position.epoch,
                offset=self.position.offset,
                server_time_ms=now_ms(),
                events=missed,
                counts=self._told.counts,
            )
        )
