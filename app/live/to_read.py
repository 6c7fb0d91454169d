"""Comments that something above rooms shall read once (`app/comment_orders`): noted in the transaction that archives them.

Phone numbers are masked in the archive; here they wait sealed, until the comment is read and this row is gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.infra.clock import from_ms
from app.infra.database import RawConnection
from app.infra.key_ring import KeyRing
from app.infra.sealing import Envelopes, SealUnreadable, WrappedKey
from app.live.masking import phone_numbers_in
from app.protocol.views import CommentSource, CommentView

# Workers archive every quarter of a second: what one of them got first is read first, within this.
SETTLED_SECONDS = 0.5

_SESSIONS = """
SELECT session_id FROM comments_to_read WHERE said_at <= now() - make_interval(secs => $1) GROUP BY session_id ORDER BY min(said_at) LIMIT 100
"""
_COMMENTS = """
SELECT r.comment_id, r.session_id, r.key_id, r.wrapped_key, r.sealed, c.device_id, c.author, c.text, c.source, c.posted_at
FROM comments_to_read r JOIN comments c ON c.id = r.comment_id
"""
_WAITING = f"""{_COMMENTS}
WHERE r.session_id = $1 AND r.said_at <= now() - make_interval(secs => $2) ORDER BY r.said_at, r.comment_id LIMIT $3
"""
_OF_DEVICE = f"{_COMMENTS} WHERE c.device_id = $1 ORDER BY r.said_at, r.comment_id"
_WITH_NUMBERS = f"{_COMMENTS} WHERE r.sealed IS NOT NULL AND r.comment_id > $1 ORDER BY r.comment_id LIMIT $2"
_TAKE = "DELETE FROM comments_to_read WHERE comment_id = ANY($1::uuid[]) RETURNING comment_id"
_ABOUT = b"comment\0"
_LOOKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class WaitingComment:
    """An archived comment, its phone numbers masked, and these numbers (national form) as far as they can be opened."""

    id: UUID
    session_id: UUID
    device_id: UUID
    author: str
    text: str
    source: CommentSource
    said_at: datetime
    phones: tuple[str, ...]


class ReadingLater:
    """Notes comments on their way into the archive. `is_worth` is asked of each and must be cheap."""

    def __init__(self, ring: KeyRing, *, is_worth: Callable[[str], bool]) -> None:
        self._envelopes = Envelopes(ring)
        self._is_worth = is_worth

    def row(self, session_id: UUID, comment: CommentView, said: str) -> dict[str, Any] | None:
        """The row for a comment that was said in these words; None when nobody needs to read it."""
        if comment.by_staff or not self._is_worth(comment.text):
            return None
        row: dict[str, Any] = {
            "comment_id": UUID(comment.id),
            "session_id": session_id,
            "said_at": from_ms(comment.at_ms),
            "key_id": None,
            "wrapped_key": None,
            "sealed": None,
        }
        if numbers := phone_numbers_in(said):
            key = self._envelopes.new_key()
            sealed = key.seal(json.dumps(numbers).encode(), about=_ABOUT + row["comment_id"].bytes)
            row |= {"key_id": key.wrapped.key_id, "wrapped_key": key.wrapped.wrapped, "sealed": sealed}
        return row

    async def sessions(self, db: RawConnection) -> list[UUID]:
        """Sessions with comments to read, the longest waiting first."""
        return [row["session_id"] for row in await db.fetch(_SESSIONS, SETTLED_SECONDS)]

    async def waiting(self, db: RawConnection, session_id: UUID, most: int) -> list[WaitingComment]:
        """The first of them in the order in which they were said. Changes and locks nothing."""
        rows = await db.fetch(_WAITING, session_id, SETTLED_SECONDS, most)
        return [_waiting(self._envelopes, row) for row in rows]

    async def take(self, db: RawConnection, comment_ids: Sequence[UUID]) -> set[UUID]:
        """Take comments out, in the transaction of what follows from them; those that another worker took first are not among the answer."""
        return await take_out(db, comment_ids)


async def take_out(db: RawConnection, comment_ids: Sequence[UUID]) -> set[UUID]:
    """Nobody reads these any more; those that somebody took first are not among the answer."""
    return {row["comment_id"] for row in await db.fetch(_TAKE, list(comment_ids))}


async def waiting_of_device(db: RawConnection, envelopes: Envelopes, device_id: UUID) -> list[WaitingComment]:
    """What a device said that nobody has read yet."""
    return [_waiting(envelopes, row) for row in await db.fetch(_OF_DEVICE, device_id)]


async def waiting_that_name(db: RawConnection, envelopes: Envelopes, is_number: Callable[[str], bool]) -> list[WaitingComment]:
    """What waits and holds a phone number (national form) of which this is true. Opens all that wait with numbers: seconds' worth of comments."""
    found: list[WaitingComment] = []
    rows = await db.fetch(_WITH_NUMBERS, UUID(int=0), _LOOKED_AT_ONCE)
    while rows:
        found += [each for row in rows if any(map(is_number, (each := _waiting(envelopes, row)).phones))]
        rows = await db.fetch(_WITH_NUMBERS, rows[-1]["comment_id"], _LOOKED_AT_ONCE)
    return found


def _waiting(envelopes: Envelopes, row: Any) -> WaitingComment:  # noqa: ANN401 - a record
    said = (row["device_id"], row["author"], row["text"], row["source"], row["posted_at"])
    return WaitingComment(row["comment_id"], row["session_id"], *said, _phones(envelopes, row))


def _phones(envelopes: Envelopes, row: Any) -> tuple[str, ...]:  # noqa: ANN401 - a record
    if row["sealed"] is None:
        return ()
    try:
        key = envelopes.open_key(WrappedKey(row["key_id"], row["wrapped_key"]))
        return tuple(json.loads(key.open(row["sealed"], about=_ABOUT + row["comment_id"].bytes)))
    except SealUnreadable:
        return ()
