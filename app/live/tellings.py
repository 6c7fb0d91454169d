"""Builds what a room says: ticks for everybody, and answers to a hello. Pure; `room.py` sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import to_json

from app.live.mirror import RoomMirror
from app.protocol.base import PROTOCOL_VERSION
from app.protocol.server_events import ClaimChanged, CommentHeld, CommentPosted, LoggedEvent, RoomSnapshot
from app.protocol.views import BoardFigures, Counts
from app.realtime.room_log import LogPosition
from app.realtime.router import encode


@dataclass(frozen=True, slots=True)
class ToldFigures:
    """The figures that go beside the events of a tick."""

    counts: Counts
    stock: dict[str, int]
    board: BoardFigures | None


def is_urgent(event: LoggedEvent) -> bool:
    """Whether an event goes out at once instead of with the next tick: everything except comments and claims."""
    return not isinstance(event.event, CommentPosted | CommentHeld | ClaimChanged)


def told_to(events: Sequence[LoggedEvent], mirror: RoomMirror, *, for_staff: bool) -> tuple[LoggedEvent, ...]:
    """The events as one audience may hear them: what is hidden, and why, is for staff alone."""
    heard = ((event, mirror.moderation.told(event.event, for_staff=for_staff)) for event in events)
    return tuple(
        event if told is event.event else LoggedEvent(offset=event.offset, at_ms=event.at_ms, event=told)
        for event, told in heard
        if told is not None
    )


def readable_part(events: Sequence[LoggedEvent], most_comments: int) -> tuple[tuple[LoggedEvent, ...], int]:
    """At most so many comments, evenly spread over the tick, and how many were left out. Staff comments and other events all stay."""
    ordinary = [event for event in events if isinstance(event.event, CommentPosted) and not event.event.comment.by_staff]
    excess = len(ordinary) - most_comments
    if excess <= 0:
        return tuple(events), 0
    kept = {ordinary[index * len(ordinary) // most_comments].offset for index in range(most_comments)}
    left_out = {event.offset for event in ordinary} - kept
    return tuple(event for event in events if event.offset not in left_out), len(left_out)


class SnapshotFrames:
    """Encodes the costly part of a snapshot once per room state, however many viewers come back at the same moment."""

    def __init__(self) -> None:
        self._tails: dict[bool, bytes] = {}

    def forget(self) -> None:
        """The room's content has changed."""
        self._tails.clear()

    def frame(
        self, command_id: str, *, position: LogPosition, at_ms: int, mirror: RoomMirror, figures: ToldFigures, for_staff: bool
    ) -> bytes:
        """A whole `room.snapshot` frame for one hello."""
        tail = self._tails.get(for_staff)
        if tail is None:
            tail = self._tails[for_staff] = _tail(position, mirror, figures, for_staff=for_staff)
        head = {
            "type": "room.snapshot",
            "id": command_id,
            "version": PROTOCOL_VERSION,
            "recovered": False,
            "epoch": position.epoch,
            "offset": position.offset,
            "server_time_ms": at_ms,
        }
        return to_json(head)[:-1] + b"," + tail


def _tail(position: LogPosition, mirror: RoomMirror, figures: ToldFigures, *, for_staff: bool) -> bytes:
    """Everything of a snapshot that does not depend on who asked and when: from the field `session` on."""
    whole = encode(
        RoomSnapshot(
            id="x",
            version=PROTOCOL_VERSION,
            epoch=position.epoch,
            offset=position.offset,
            server_time_ms=0,
            session=mirror.session,
            products=mirror.products,
            offers=mirror.offers,
            shelf=mirror.shelf,
            pinned_product_id=mirror.pinned_product_id,
            comments=mirror.comments,
            talk=mirror.talk,
            warning=mirror.warning,
            counts=figures.counts,
            board=figures.board if for_staff else None,
            moderation=mirror.moderation.view if for_staff else None,
        )
    )
    return whole[whole.index(b'"session":') :]
