"""The door to what a report opens on a tap. Read from the reading pool, bounded, without personal data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.errors import NotFound
from app.infra.clock import from_ms
from app.infra.cursors import cursor_of, read_cursor
from app.infra.database import Database, RawConnection
from app.reports import inside_queries as sql
from app.reports import queries
from app.reports.inside_schemas import (
    ClosingState,
    CommentPage,
    CommentRow,
    CommentState,
    MomentDetails,
    OfferEnd,
    OfferMinute,
    OpenItem,
    OpenKind,
    OrderBrief,
    PinnedProduct,
    SignedFigures,
)
from app.reports.typed_words import pattern_of
from app.sessions.errors import SessionNotFound

COMMENTS_PER_PAGE = 50
# Some 200 ms; the page shows how far it got.
COMMENTS_SEARCHED_AT_ONCE = 50_000
ORDERS_SHOWN = 100
_FIRST_ID = UUID(int=0)
_EARLIEST, _LATEST = from_ms(0), from_ms(4_000_000_000_000)
_OPEN: dict[OpenKind, tuple[str, ...]] = {
    "calls": ("first", "second", "third", "again"),
    "given_up": ("given_up",),
    "packing": ("pack",),
    "on_the_way": ("sent",),
    "transfers": ("money",),
    "collections": ("collect",),
    "refunds": ("refund",),
}


@dataclass(frozen=True, slots=True)
class CommentsWanted:
    """Which comments: said in this span, with these letters in words or name (whatever case or marks), in this state."""

    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    state: CommentState | None = None
    cursor: str | None = None


class ReportDetails:
    """Looks closer at one session, for those whose roles allow its report; everybody else gets `SessionNotFound`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def comments(self, user: CurrentUser, session_id: UUID, wanted: CommentsWanted) -> CommentPage:
        """A page of the archive. Raises `SessionNotFound`, `MalformedRequest`."""
        async with self._database.reading.acquire() as db:
            await _require(db, user, session_id)
            return await _comments(db, session_id, wanted)

    async def moment(self, user: CurrentUser, session_id: UUID, *, at: datetime | None, minutes: int) -> MomentDetails:
        """What happened in the `minutes` from `at`; without it, in the last ones until the end or now. Raises `SessionNotFound`."""
        async with self._database.reading.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
            facts = await _require(db, user, session_id)
            begins = at or (facts.ended_at or facts.as_of) - timedelta(minutes=minutes)
            since = min(max(begins, _EARLIEST), _LATEST)
            until = since + timedelta(minutes=minutes)
            pins = await db.fetch(sql.PINNED, facts.organisation_id, str(session_id), since, until)
            first, last = [await db.fetchval(sql.SEQ_BEFORE, session_id, moment) for moment in (since, until)]
            return MomentDetails(
                from_at=since,
                until_at=until,
                pinned=tuple(PinnedProduct(**row) for row in pins),
                comments=await _comments(db, session_id, CommentsWanted(since=since, until=until)),
                orders_count=await db.fetchval(sql.ORDERS_COUNT, session_id, first, last),
                orders=tuple(OrderBrief(**row) for row in await db.fetch(sql.ORDERS, session_id, first, last, ORDERS_SHOWN)),
            )

    async def offer_end(self, user: CurrentUser, session_id: UUID, offer_id: UUID, *, minutes: int) -> OfferEnd:
        """Orders in the last `minutes` of an offer. Raises `SessionNotFound`, `NotFound` for an offer of elsewhere."""
        async with self._database.reading.acquire() as db:
            await _require(db, user, session_id)
            offer = await db.fetchrow(sql.OFFER, offer_id, session_id)
            if offer is None:
                raise NotFound
            ends_at = offer["ended_at"] or await db.fetchval(sql.OFFER_LAST, offer_id)
            rows = [] if ends_at is None else await db.fetch(sql.OFFER_MINUTES, offer_id, ends_at, minutes)
        return OfferEnd(offer_id=offer_id, ends_at=ends_at, minutes=tuple(OfferMinute(**row) for row in rows))

    async def closing_state(self, user: CurrentUser, session_id: UUID) -> ClosingState:
        """What is open, and what was signed. Raises `SessionNotFound`."""
        async with self._database.reading.acquire() as db:
            facts = await _require(db, user, session_id)
            waiting = Counter({row["queue"]: row["orders"] for row in await db.fetch(sql.QUEUES, session_id)})
            signed = [_signed(dict(row)) for row in await db.fetch(sql.STATEMENTS, session_id)]
        sums = {kind: sum(waiting[queue] for queue in queues) for kind, queues in _OPEN.items()}
        return ClosingState(
            state=facts.state,
            as_of=facts.as_of,
            open=tuple(OpenItem(kind=kind, orders=orders) for kind, orders in sums.items() if orders),
            first=signed[0] if signed else None,
            newest=signed[-1] if signed else None,
        )


async def _comments(db: RawConnection, session_id: UUID, wanted: CommentsWanted) -> CommentPage:
    after = (_EARLIEST, _FIRST_ID) if wanted.cursor is None else read_cursor(wanted.cursor)
    span = [min(max(moment, _EARLIEST), _LATEST) for moment in (wanted.since or _EARLIEST, wanted.until or _LATEST)]
    text = wanted.text.replace("\0", "").strip()
    is_search = text != "" or wanted.state is not None
    piece = COMMENTS_SEARCHED_AT_ONCE if is_search else COMMENTS_PER_PAGE + 1
    rows = await db.fetch(sql.COMMENTS, session_id, *span, *after, pattern_of(text), wanted.state, COMMENTS_PER_PAGE + 1, piece)
    found = tuple(CommentRow(**row) for row in rows[:COMMENTS_PER_PAGE])
    if len(rows) > COMMENTS_PER_PAGE:
        return CommentPage(comments=found, next_cursor=cursor_of(found[-1].said_at, found[-1].comment_id))
    if is_search and (end := await db.fetchrow(sql.END_OF_PIECE, session_id, *span, *after, piece - 1)) is not None:
        return CommentPage(comments=found, next_cursor=cursor_of(end["posted_at"], end["id"]), searched_to=end["posted_at"])
    return CommentPage(comments=found)


def _signed(row: Mapping[str, Any]) -> SignedFigures:
    figures = json.loads(row["body"])["figures"]
    return SignedFigures(number=row["number"], signed_at=row["signed_at"], last_seq=row["last_seq"], ladder_vnd=figures["ladder_vnd"])


async def _require(db: RawConnection, user: CurrentUser, session_id: UUID) -> queries.SessionFacts:
    facts = await queries.session_facts(db, session_id)
    if facts is None or facts.organisation_id != user.organisation_id or not user.may_at(Action.READ_REPORTS, facts.place):
        raise SessionNotFound(details={"session_id": str(session_id)})
    return facts
