"""Reads what questions need from PostgreSQL: new comments, pins by time, labels, what was answered, and the organisation's own answers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

import asyncpg

from app.catalog.label import LabelFacts
from app.infra.clock import to_ms
from app.infra.database import RawConnection
from app.protocol.questions import QuestionKind
from app.protocol.views import CommentView
from app.questions.gathering import Heard, Topic

# New ones, and older ones that were let through or shown again since then.
_COMMENTS = """
SELECT id, device_id, author, text, posted_at FROM comments
WHERE session_id = $1 AND posted_at >= $4 AND NOT by_staff
  AND (posted_at >= $2 OR id IN (SELECT comment_id FROM comment_hidings WHERE session_id = $1 AND restored_at >= $3))
  AND NOT EXISTS (SELECT FROM comment_hidings h WHERE h.comment_id = comments.id AND h.is_hidden)
ORDER BY posted_at DESC, id LIMIT $5
"""
_HIDDEN = "SELECT comment_id FROM comment_hidings WHERE comment_id = ANY($1::uuid[]) AND is_hidden"
_PINS = """
SELECT happened_at, (details ->> 'product_id')::uuid AS product_id FROM audit_entries
WHERE action = 'session.pinned' AND subject_id = $1::text ORDER BY id
"""
_LABELS = "SELECT p.id, p.label FROM session_products l JOIN products p ON p.id = l.product_id WHERE l.session_id = $1"
_ANSWERED = "SELECT kind, product_id, answered_until FROM answered_questions WHERE session_id = $1"
_OWN = "SELECT a.kind, a.text FROM own_answers a JOIN sessions s ON s.organisation_id = a.organisation_id WHERE s.id = $1"


@dataclass(frozen=True, slots=True)
class Pins:
    """What was pinned when, in order."""

    times: tuple[datetime, ...]
    products: tuple[UUID | None, ...]

    def at(self, moment: datetime) -> UUID | None:
        """The product that was pinned at a moment."""
        place = bisect_right(self.times, moment)
        return self.products[place - 1] if place else None


@dataclass(frozen=True, slots=True)
class NewComment:
    heard: Heard
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Since:
    """From when on comments are new, from when on they count as shown again, and before when nobody asks for them any more."""

    said: datetime
    restored: datetime
    kept: datetime


async def new_comments(db: RawConnection, session_id: UUID, since: Since, most: int) -> list[NewComment]:
    """What viewers have said since then and what is shown again, the newest first, as far as it is archived and not hidden."""
    rows = await db.fetch(_COMMENTS, session_id, since.said, since.restored, since.kept, most)
    return [NewComment(_heard(row), row["posted_at"]) for row in rows]


async def hidden_among(db: RawConnection, comment_ids: Collection[str]) -> set[str]:
    """Those of these comments that are hidden now."""
    return {str(row["comment_id"]) for row in await db.fetch(_HIDDEN, list(map(UUID, comment_ids)))} if comment_ids else set()


async def pins_of(db: RawConnection, session_id: UUID) -> Pins:
    rows = await db.fetch(_PINS, str(session_id))
    return Pins(tuple(row["happened_at"] for row in rows), tuple(row["product_id"] for row in rows))


async def labels_of(db: RawConnection, session_id: UUID) -> Mapping[UUID, LabelFacts]:
    return {row["id"]: LabelFacts.model_validate_json(row["label"]) for row in await db.fetch(_LABELS, session_id)}


async def own_words_of(db: RawConnection, session_id: UUID) -> Mapping[QuestionKind, str]:
    return {row["kind"]: row["text"] for row in await db.fetch(_OWN, session_id)}


async def answered_until(db: RawConnection, session_id: UUID) -> Mapping[Topic, int]:
    """By topic, the time of the last comment that is answered."""
    rows: Sequence[asyncpg.Record] = await db.fetch(_ANSWERED, session_id)
    return {(cast("QuestionKind", row["kind"]), row["product_id"]): to_ms(row["answered_until"]) or 0 for row in rows}


def _heard(row: asyncpg.Record) -> Heard:
    comment = CommentView(id=str(row["id"]), at_ms=to_ms(row["posted_at"]) or 0, author=row["author"], text=row["text"])
    return Heard(comment, row["device_id"])
