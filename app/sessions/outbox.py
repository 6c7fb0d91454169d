"""What a room must hear, written in the transaction of the fact itself; `telling.py` tells it afterwards.

A row holds an event as it was at that moment, or only names what has changed (`topic`, `subject_id`): then the newest state is told.
Rows of one session are told in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.infra.database import RawConnection
from app.protocol.server_events import RoomEvent, room_event
from app.sessions.models import OutboxRow

# Topics without an event: what they are about is read when it is told.
Topic = Literal["event", "products", "offer", "stock"]

_INSERT = "INSERT INTO room_outbox (session_id, topic, subject_id, event) SELECT $1, * FROM unnest($2::text[], $3::uuid[], $4::text[])"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell: an event, or a topic whose newest state is to be told."""

    topic: Topic
    subject_id: UUID | None = None
    event: str | None = None


def event_to_tell(event: RoomEvent) -> Told:
    """An event as it is now."""
    return Told("event", event=room_event.dump_json(event).decode())


async def tell_room(db: AsyncSession, session_id: UUID, *news: Told) -> None:
    """Have the room told after COMMIT; call it inside the transaction that makes the change, then `RoomTeller.kick`."""
    for each in news:
        await db.execute(insert(OutboxRow).values(session_id=session_id, topic=each.topic, subject_id=each.subject_id, event=each.event))


async def tell_room_raw(db: RawConnection, session_id: UUID, news: Sequence[Told]) -> None:
    """The same for hand-written transactions."""
    if news:
        columns = ([each.topic for each in news], [each.subject_id for each in news], [each.event for each in news])
        await db.execute(_INSERT, session_id, *columns)
