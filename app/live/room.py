"""One room on one node: follows the log, ticks, and tells everyone in it; what it says is `room_content.py`'s."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from app.infra.clock import monotonic, now_ms
from app.infra.tasks import TaskOwner
from app.live.cadence import Cadence
from app.live.mirror import RoomMirror
from app.live.moderation import RoomModeration
from app.live.polling import PolledTick
from app.live.presence import RoomCounters
from app.live.room_content import LoadedRoom, RoomContent
from app.live.tellings import ToldFigures, is_urgent, readable_part, told_to
from app.metrics.service import MetricsService, RoomFigures
from app.protocol.client_commands import ViewerHello
from app.protocol.close_codes import CloseCode
from app.protocol.server_events import ClaimAnswered, ClaimChanged, LoggedEvent, RoomEvent, RoomTick, SpeakerRestricted
from app.protocol.views import CommentView, SessionView
from app.realtime.connection import Connection
from app.realtime.counters import SHED_COMMENTS
from app.realtime.hub import Hub
from app.realtime.networks import UNKNOWN_NETWORK
from app.realtime.room_log import LogBroken, LogPosition, RoomLog
from app.realtime.router import encode
from app.realtime.spread import Spread
from app.settings import RealtimeSettings

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 5.0
_ENDED_SPREAD_SECONDS = 3.0
_CATCH_UP_SECONDS = 1.0
_CATCH_UP_STEP_SECONDS = 0.02
_RELOAD_PAUSE_SECONDS = 0.5
_LOOK_AGAIN_SECONDS = 0.5


def ignore(_: RoomEvent) -> None:
    """For a room whose events concern nobody else in this process."""


class Room:
    """Events become part of the mirror at the moment they are told, so a hello is answered exactly as of the last tick."""

    def __init__(  # noqa: PLR0913 - each a thing of its own
        self,
        session_id: UUID,
        loaded: LoadedRoom,
        *,
        load: Callable[[UUID], Awaitable[LoadedRoom]],
        log: RoomLog,
        hub: Hub,
        metrics: MetricsService,
        settings: RealtimeSettings,
        node: str,
        core_share: float,
        hear: Callable[[RoomEvent], None] = ignore,
    ) -> None:
        self.session_id = session_id
        self._load = load
        self._log = log
        self._hub = hub
        self._metrics = metrics
        self._hear = hear
        self._tick_events_max = settings.tick_events_max
        self._content = RoomContent(loaded, window_events=settings.room_window_events)
        self._pending: list[LoggedEvent] = []
        self._figures: RoomFigures | None = None
        # One teller at a time: a hello is never answered in the middle of a round.
        self._telling = asyncio.Lock()
        self._spread = Spread(0.0)
        self._flushing = asyncio.Lock()
        self._flush: asyncio.Task[None] | None = None
        # Flushes outlive the ticks that asked for them: who closes the room flushes once more and so waits for the one under way.
        self._background = TaskOwner(f"room {session_id}")
        self._told_at = float("-inf")
        self._flushed_at = float("-inf")
        self._cadence = Cadence(settings, core_share=core_share)
        # Numbers of flushes start anew with every object, so its name must be new as well.
        self.counters = RoomCounters(node=f"{node}:{secrets.token_hex(4)}", now=monotonic)

    @property
    def session(self) -> SessionView:
        return self._content.mirror.session

    @property
    def mirror(self) -> RoomMirror:
        return self._content.mirror

    @property
    def moderation(self) -> RoomModeration:
        return self._content.mirror.moderation

    @property
    def position(self) -> LogPosition:
        """The last event that has been told."""
        return self._content.position

    async def hello(self, connection: Connection, command: ViewerHello) -> None:
        """Answer a hello with exactly what the client missed, or with a snapshot, and let it take part from that very place on."""
        resume, position = command.resume, self.position
        if resume is not None and resume.epoch == position.epoch and resume.offset > position.offset:
            # Another node told it more than we have read.
            await self.catch_up(resume.offset)
        # From here on nobody takes it for silent, however long the line of those who arrive is.
        connection.greet()
        await self._hub.arrivals.turn()
        if not self._hub.arrivals.is_rush:
            # In a rush every round of every worker would be hurried, all of them at once, and orders would wait behind them.
            self._spread.hurry()
        async with self._telling:
            connection.send(self._content.answer(command.id, resume, for_staff=connection.audience == "staff"))
            if self._hub.join(connection):
                self.counters.device_entered(connection.device_key)

    def find_comment(self, comment_id: str) -> CommentView | None:
        """One of the latest comments, unless it is hidden."""
        return self._content.find_comment(comment_id)

    def poll(self) -> PolledTick:
        """The room as a document for those without a socket."""
        return self._content.polled()

    def leave(self, connection: Connection) -> None:
        """Forget a socket; its device stops being a viewer when this was its last."""
        if self._hub.release(connection):
            self.counters.device_left(connection.device_key)

    async def catch_up(self, offset: int) -> None:
        """Wait until this node has told the log up to `offset`, at most a second."""
        deadline = monotonic() + _CATCH_UP_SECONDS
        while self.position.offset < offset and monotonic() < deadline:
            await self.tell(with_figures=False)
            await asyncio.sleep(_CATCH_UP_STEP_SECONDS)

    async def flush(self) -> None:
        """Hand the counts to statistics and take the room's figures back. A failure keeps the counts for the next time."""
        async with self._flushing:
            flush = self.counters.next_flush(at_ms=now_ms())
            try:
                figures = await self._metrics.flush(self.session_id, flush)
            except Exception as error:  # noqa: BLE001 - whatever failed, the counts are kept and the room goes on
                log.warning("counts_not_flushed", session_id=str(self.session_id), error=repr(error))
                return
            self.counters.flush_arrived(figures)
            self._flushed_at = monotonic()
            self._figures = figures

    async def tell(self, *, with_figures: bool) -> None:
        """Make what was read part of the mirror and send it to everyone in one frame, with the figures if they are wanted.

        Without figures it is urgent.
        """
        self._spread.hurry()
        async with self._telling:
            self._spread = Spread(self._cadence.spread_seconds if with_figures else 0.0)
            events, self._pending = self._pending, []
            if not events and not with_figures:
                return  # another teller was quicker; heartbeats are a tick's business
            after = self.position.offset
            is_over = self._content.take(events)
            await self._broadcast(after, events, self._take_figures() if with_figures else None)
        self._send_away(events)
        self._answer_claims(events)
        if is_over:
            self._hub.close_room(self.session_id, CloseCode.SESSION_ENDED, spread_seconds=_ENDED_SPREAD_SECONDS)

    def _send_away_banned(self) -> None:
        """Those who were banned while this node could not read the log."""
        for restriction in self.moderation.restrictions.bans:
            is_device = len(restriction.concerns) > len(UNKNOWN_NETWORK)
            whom = (
                {"device_key": restriction.concerns, "network": None}
                if is_device
                else {"device_key": None, "network": restriction.concerns}
            )
            self._hub.close_speakers(self.session_id, CloseCode.BANNED, **whom)

    def _send_away(self, events: list[LoggedEvent]) -> None:
        """Close the sockets of those who were banned just now."""
        for event in (each.event for each in events):
            if isinstance(event, SpeakerRestricted) and event.restriction.kind == "ban":
                self._hub.close_speakers(
                    self.session_id,
                    CloseCode.BANNED,
                    device_key=event.device.bytes if event.device else None,
                    network=bytes.fromhex(event.network) if event.network else None,
                )

    def _answer_claims(self, events: list[LoggedEvent]) -> None:
        """Tell the writers of comments what became of them, as far as they are on this node."""
        told = [each.event for each in events if isinstance(each.event, ClaimChanged) and each.event.device is not None]
        frames = {event.device.bytes: encode(ClaimAnswered(claim=event.claim)) for event in told if event.device is not None}
        self._hub.send_devices(self.session_id, frames)

    def _take_figures(self) -> ToldFigures | None:
        if self._figures is None:
            return None
        return self._content.take_figures(self._figures, always=self._is_long_since(self._told_at))

    async def _broadcast(self, after: int, events: list[LoggedEvent], figures: ToldFigures | None) -> None:
        if not events and figures is None and not self._is_long_since(self._told_at):
            return
        self._told_at = monotonic()
        shown, skipped = readable_part(events, self._tick_events_max)
        SHED_COMMENTS.inc(skipped)
        tick = RoomTick(
            epoch=self.position.epoch,
            after=after,
            offset=self.position.offset,
            server_time_ms=now_ms(),
            events=told_to(shown, self.mirror, for_staff=False),
            counts=figures.counts if figures else None,
            stock=figures.stock if figures else None,
            comments_skipped=skipped,
        )
        hub = self._hub
        if hub.has_members(self.session_id, "viewer"):
            self._cadence.note_round(await hub.broadcast(self.session_id, "viewer", encode(tick), self._spread))
        if hub.has_members(self.session_id, "staff"):
            board = {"events": told_to(shown, self.mirror, for_staff=True), "board": figures.board if figures else None}
            await hub.broadcast(self.session_id, "staff", encode(tick.model_copy(update=board)))

    def _is_long_since(self, moment: float) -> bool:
        """Whether a heartbeat is due now, as at the next tick it would be too late."""
        return monotonic() + self._cadence.seconds - moment > HEARTBEAT_SECONDS

    async def keep_ticking(self) -> None:
        """Flush and tell at the tick interval until cancelled. Ticks are punctual: figures that come late go with the next one."""
        tick_at = monotonic()
        while True:
            if self.counters.has_news or self._is_long_since(self._flushed_at) or self._has_watchers():
                self._begin_flush()
            if self._flush is not None:
                await asyncio.wait({self._flush}, timeout=self._cadence.lead_seconds)
            await _sleep_until(tick_at)
            await self.tell(with_figures=True)
            tick_at = await self._lead_of_next(tick_at)

    async def _lead_of_next(self, tick_at: float) -> float:
        """Wait until the figures of the next tick are to be asked for; when it is due.

        A rush may begin or end meanwhile: what has passed of the interval is a share of it, so that the workers of a node, which all learn
        of it at the same moment, do not tick at the same moment from then on.
        """
        passed, looked_at = 0.0, tick_at
        while True:
            self._cadence.note_rush(self._hub.arrivals.is_rush)
            now, interval = monotonic(), self._cadence.seconds
            passed, looked_at = passed + (now - looked_at) / interval, now
            left = (1.0 - passed) * interval
            if left <= self._cadence.lead_seconds:
                return now + max(0.0, left)
            if now - self._flushed_at > HEARTBEAT_SECONDS:
                # However rare ticks are: a node that is not heard of is taken for dead, and its viewers are no longer counted.
                self._begin_flush()
            await asyncio.sleep(min(left - self._cadence.lead_seconds, _LOOK_AGAIN_SECONDS))

    def _begin_flush(self) -> None:
        if self._flush is None or self._flush.done():
            self._flush = self._background.start("flush", self.flush())

    def _has_watchers(self) -> bool:
        return self._hub.has_members(self.session_id, "staff")

    async def follow_log(self) -> None:
        """Read the log and tell what is urgent at once, until cancelled."""
        read_up_to = self.position
        while True:
            try:
                async for events in self._log.follow(self.session_id, read_up_to, pause_seconds=self._pause_seconds):
                    for each in events:
                        self._hear(each.event)
                    self._pending.extend(events)
                    if any(is_urgent(event) for event in events):
                        await self.tell(with_figures=False)
            except LogBroken as reason:
                log.warning("room_starts_anew", session_id=str(self.session_id), reason=str(reason))
            read_up_to = await self._start_anew()

    def _pause_seconds(self) -> float:
        return self._cadence.reading_seconds

    async def _start_anew(self) -> LogPosition:
        """Load everything again and send an empty tick from the new place: whoever sees the gap says hello and gets a snapshot."""
        loaded = await self._load_again()
        async with self._telling:
            self._content.start_anew(loaded)
            self._send_away_banned()
            self._pending = []
            self._told_at = float("-inf")
            await self._broadcast(self.position.offset, [], None)
        return self.position

    async def _load_again(self) -> LoadedRoom:
        while True:
            try:
                return await self._load(self.session_id)
            except Exception as error:  # noqa: BLE001 - the room goes on with what it has until a store answers again
                log.warning("room_not_reloaded", session_id=str(self.session_id), error=repr(error))
                await asyncio.sleep(_RELOAD_PAUSE_SECONDS)


async def _sleep_until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - monotonic()))
