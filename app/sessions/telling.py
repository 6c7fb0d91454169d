"""Tells rooms what the outbox holds: once, in order, whichever process committed it.

Rows are claimed for a while and every lock is let go before anything waits for Redis. Whoever dies in between leaves a claim that runs
out; the row's id, given to the room's log, makes a repeat harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from pydantic import ValidationError

from app.infra.clock import monotonic
from app.infra.counters import ROOMS_UNTOLD
from app.infra.database import Database
from app.infra.tasks import TaskOwner, repeat
from app.protocol.server_events import RoomEvent, room_event
from app.realtime.room_log import RoomLog
from app.sessions.outbox import Topic

log = structlog.get_logger(__name__)

Render = Callable[[UUID, UUID | None], Awaitable[RoomEvent | None]]

CLAIM_SECONDS = 30.0
SWEEP_SECONDS = 1.0
ROWS_PER_CLAIM = 100
SESSIONS_PER_SWEEP = 200
SESSIONS_AT_ONCE = 4
# Stopped well before the claim runs out, so that two never tell at once.
_TELL_SECONDS = CLAIM_SECONDS / 2
_PROMPT_SECONDS = 0.5
_PROMPT_STEP_SECONDS = 0.002

_TRY_TURN = "SELECT pg_try_advisory_xact_lock(hashtext('ocop-live outbox'), hashtext($1::text))"
_IS_CLAIMED = "SELECT EXISTS (SELECT FROM room_outbox WHERE session_id = $1 AND claimed_until > now())"
_CLAIM = """
UPDATE room_outbox SET claimed_until = now() + make_interval(secs => $2)
WHERE id IN (SELECT id FROM room_outbox WHERE session_id = $1 ORDER BY id LIMIT $3)
RETURNING id, topic, subject_id, event
"""
_DONE = "DELETE FROM room_outbox WHERE id = ANY($1::bigint[])"
_LET_GO = "UPDATE room_outbox SET claimed_until = NULL WHERE id = ANY($1::bigint[])"
_WAITING = """
SELECT DISTINCT session_id FROM room_outbox WHERE claimed_until IS NULL OR claimed_until <= now() LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    topic: Topic
    subject_id: UUID | None
    event: str | None


class RoomTeller:
    """One per node."""

    def __init__(self, database: Database, *, room_log: RoomLog) -> None:
        self._pool = database.pool
        self._log = room_log
        self._renders: dict[Topic, Render] = {}
        self._tasks = TaskOwner("room_teller")
        self._kicked: dict[UUID, None] = {}
        self._at_work: set[UUID] = set()
        self._wake = asyncio.Event()
        # False while nobody works at it: before `start`, and after a telling was late or failed.
        self._is_prompt = False

    def reads(self, topic: Topic, render: Render) -> None:
        """How the newest state of a topic is read when it is told; None = there is nothing to tell any more."""
        self._renders[topic] = render

    def start(self) -> None:
        """Tell what is kicked at once, and every second what others left behind."""
        self._is_prompt = True
        for number in range(SESSIONS_AT_ONCE):
            self._tasks.spawn(f"tell {number}", self._tell_forever())
        self._tasks.spawn("sweep", repeat("room_outbox_sweep", SWEEP_SECONDS, self.sweep))

    async def close(self) -> None:
        """Stop; what is untold stays in the outbox for the other nodes and the next start."""
        await self._tasks.close()

    def kick(self, session_id: UUID) -> None:
        """Say that something was committed for this room. Never waits."""
        self._kicked[session_id] = None
        self._wake.set()

    async def tell_soon(self, session_id: UUID) -> None:
        """As `kick`, and give the room half a second to hear it, so that whoever reads the answer finds the room as it says.

        Once telling was late or failed nobody waits for it, until one works again.
        """
        self.kick(session_id)
        until = monotonic() + _PROMPT_SECONDS
        while self._is_prompt and (session_id in self._kicked or session_id in self._at_work):
            if monotonic() >= until:
                self._is_prompt = False
            await asyncio.sleep(_PROMPT_STEP_SECONDS)

    async def sweep(self) -> None:
        """Kick the rooms with something untold that nobody is telling."""
        waiting = await self._pool.fetch(_WAITING, SESSIONS_PER_SWEEP)
        ROOMS_UNTOLD.set(len(waiting))
        for row in waiting:
            self.kick(row["session_id"])

    async def tell(self, session_id: UUID) -> bool:
        """Tell a room all that waits for it. False when another node is at it, or the log could not be reached."""
        while True:
            rows = await self._claim(session_id)
            if rows is None:
                return False
            if not rows:
                return True
            told = await self._append(session_id, rows)
            if told < len(rows):
                await self._pool.execute(_LET_GO, [row.id for row in rows[told:]])
                return False

    async def _tell_forever(self) -> None:
        while True:
            await self._wake.wait()
            session_id = next((each for each in self._kicked if each not in self._at_work), None)
            if session_id is None:
                self._wake.clear()
                continue
            del self._kicked[session_id]
            self._at_work.add(session_id)
            try:
                self._is_prompt = await self.tell(session_id)
            except Exception as error:  # noqa: BLE001 - the rows stay; the sweep comes back to them
                self._is_prompt = False
                log.warning("room_not_told", session_id=str(session_id), error=repr(error))
            finally:
                self._at_work.discard(session_id)
                self._wake.set()

    async def _claim(self, session_id: UUID) -> Sequence[_Row] | None:
        """The oldest untold rows, for us alone; None when somebody else has claimed them."""
        async with self._pool.acquire() as db, db.transaction():
            # Held for these few statements only: it keeps two nodes from claiming different rows of one room.
            if not await db.fetchval(_TRY_TURN, str(session_id)) or await db.fetchval(_IS_CLAIMED, session_id):
                return None
            found = await db.fetch(_CLAIM, session_id, CLAIM_SECONDS, ROWS_PER_CLAIM)
        return sorted((_Row(row["id"], row["topic"], row["subject_id"], row["event"]) for row in found), key=lambda row: row.id)

    async def _append(self, session_id: UUID, rows: Sequence[_Row]) -> int:
        """Append to the room's log, in order, and take the rows out of the outbox; how many were told."""
        until = monotonic() + _TELL_SECONDS
        newest = {(row.topic, row.subject_id): row.id for row in rows if row.event is None}
        told: list[int] = []
        try:
            for row in rows:
                if monotonic() > until:
                    break
                is_overtaken = row.event is None and newest[row.topic, row.subject_id] != row.id
                event = None if is_overtaken else await self._event_of(session_id, row)
                if event is not None:
                    await self._log.append(session_id, event, once=row.id)
                told.append(row.id)
        except Exception as error:  # noqa: BLE001 - the log fails in many ways; what is left is told later
            log.warning("room_told_later", session_id=str(session_id), waiting=len(rows) - len(told), error=repr(error))
        if told:
            await self._pool.execute(_DONE, told)
        return len(told)

    async def _event_of(self, session_id: UUID, row: _Row) -> RoomEvent | None:
        if row.event is not None:
            try:
                event: RoomEvent = room_event.validate_json(row.event)
            except ValidationError as error:
                # Written by newer code than this: passed by, so that it does not hold up what comes after.
                log.error("outbox_event_unknown", row=row.id, error=str(error))  # noqa: TRY400 - the words are enough
                return None
            return event
        render = self._renders.get(row.topic)
        if render is None:
            log.error("outbox_topic_unknown", topic=row.topic)
            return None
        return await render(session_id, row.subject_id)
