"""The questions of a session for its host: kept by every worker that has a board open, from the comments in PostgreSQL.

A viewer's comment waits for none of this: it is read from the archive a moment later, where no viewer is, and only while somebody has the
board open. Whichever worker reads, the same comments give the same groups.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.clock import from_ms, monotonic, to_ms, utc_now
from app.infra.database import Database
from app.infra.tasks import TaskOwner, repeat
from app.live.mirror import RoomMirror
from app.live.rooms import RoomDirectory
from app.protocol.questions import AskedGroup, QuestionKind
from app.protocol.server_events import QuestionsAsked
from app.questions.answers import SaleFacts, answer_to
from app.questions.gathering import Gathering, OpenGroup
from app.questions.models import AnsweredQuestion, OwnAnswer
from app.questions.naming import Shelf, ShelfProduct
from app.questions.reading import NewComment, Since, answered_until, hidden_among, labels_of, new_comments, own_words_of, pins_of
from app.questions.recognising import Asked, recognise
from app.realtime.router import encode
from app.sessions.errors import ProductNotInSession
from app.sessions.lookup import SessionLookup

log = structlog.get_logger(__name__)

EVERY_SECONDS = 2.0
# What was asked longer ago is no question of the moment any more.
KEPT_MINUTES = 20
GROUPS_SHOWN = 30
# A comment may be archived this much later than it was said.
_LATE_SECONDS = 15
# What one reading takes in; of a flood, the newest. A thousand comments are about 0.1 s of the processor, in slices of a few milliseconds.
_COMMENTS_MOST = 1_000
_SLICE = 10
_ROOMS_KEPT = 50
_REFRESH_SECONDS = 10.0


@dataclass(slots=True)
class _Room:
    gathering: Gathering = field(default_factory=Gathering)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    read_up_to: datetime | None = None
    read_at: datetime | None = None
    products: tuple[object, ...] = ()
    shelf: Shelf = field(default_factory=lambda: Shelf(()))
    told: tuple[AskedGroup, ...] = ()
    told_at: float = float("-inf")

    def since(self) -> Since:
        """What the next reading has to look at, with some patience for what is archived or committed late."""
        kept, late = _kept_from(), timedelta(seconds=_LATE_SECONDS)
        said = max(self.read_up_to - late, kept) if self.read_up_to else kept
        return Since(said, said if self.read_at is None else self.read_at - late, kept)


class QuestionBoards:
    """One per worker. `start` begins to follow the sessions whose boards are open here."""

    def __init__(self, database: Database, *, rooms: RoomDirectory, sessions: SessionLookup) -> None:
        self._database = database
        self._rooms = rooms
        self._sessions = sessions
        self._kept: OrderedDict[UUID, _Room] = OrderedDict()
        self._tasks = TaskOwner("questions")

    def start(self) -> None:
        self._tasks.spawn("boards", repeat("question_boards", EVERY_SECONDS, self.tell_boards))

    async def close(self) -> None:
        await self._tasks.close()

    async def asked(self, user: CurrentUser, session_id: UUID) -> tuple[AskedGroup, ...]:
        """What is asked now and was not answered. Raises `SessionNotFound`, `NotYourSession`."""
        await self._sessions.managed(user, session_id, Action.MODERATE_COMMENTS)
        return await self._read(session_id)

    async def mark_answered(
        self,
        user: CurrentUser,
        session_id: UUID,
        *,
        kind: QuestionKind,
        product_id: UUID | None,
        until_ms: int,
        intention: Intention | None = None,
    ) -> tuple[AskedGroup, ...]:
        """Whoever asked this up to `until_ms` is answered; returns what is left. Raises `ProductNotInSession` and those of access."""
        record = await self._sessions.managed(user, session_id, Action.MODERATE_COMMENTS)
        known = {product.id for product in (await self._rooms.room(session_id)).mirror.products}
        if product_id is not None and product_id not in known:
            raise ProductNotInSession
        values = {
            "session_id": session_id,
            "kind": kind,
            "product_id": product_id,
            "answered_until": min(from_ms(until_ms), utc_now()),
            "answered_by": user.id,
        }
        async with self._database.transactions.begin() as db:
            if (await claim_intention(db, user.id, intention, session_id)).is_first:
                new = insert(AnsweredQuestion).values(values)
                later = func.greatest(AnsweredQuestion.answered_until, new.excluded.answered_until)
                changes = {"answered_until": later, "answered_by": user.id, "answered_at": func.now()}
                await db.execute(new.on_conflict_do_update(index_elements=["session_id", "kind", "product_id"], set_=changes))
                details = {"kind": kind, "product_id": None if product_id is None else str(product_id)}
                record_audit(
                    db,
                    organisation_id=record.organisation_id,
                    user_id=user.id,
                    action="questions.answered",
                    subject_id=session_id,
                    details=details,
                )
        return await self._read(session_id)

    async def write_own_answer(
        self, user: CurrentUser, session_id: UUID, *, kind: QuestionKind, words: str, intention: Intention | None = None
    ) -> tuple[AskedGroup, ...]:
        """What the organisation answers from now on, in all its sessions. Raises those of access."""
        record = await self._sessions.managed(user, session_id, Action.PREPARE_SESSIONS)
        async with self._database.transactions.begin() as db:
            if (await claim_intention(db, user.id, intention, session_id)).is_first:
                new = insert(OwnAnswer).values(organisation_id=record.organisation_id, kind=kind, text=words, written_by=user.id)
                changes = {"text": words, "written_by": user.id, "written_at": func.now()}
                await db.execute(new.on_conflict_do_update(index_elements=["organisation_id", "kind"], set_=changes))
                record_audit(
                    db,
                    organisation_id=record.organisation_id,
                    user_id=user.id,
                    action="questions.own_answer_set",
                    subject_id=session_id,
                    details={"kind": kind},
                )
        return await self._read(session_id)

    async def tell_boards(self) -> None:
        """Tell every board on this worker whose questions have changed."""
        for session_id in self._rooms.hub.rooms_with("staff"):
            groups = await self._read(session_id)
            room = self._kept[session_id]
            # Told again now and then: a board that has just come knows nothing yet.
            if groups != room.told or monotonic() - room.told_at >= _REFRESH_SECONDS:
                room.told, room.told_at = groups, monotonic()
                await self._rooms.hub.broadcast(session_id, "staff", encode(QuestionsAsked(groups=groups)))

    async def _read(self, session_id: UUID) -> tuple[AskedGroup, ...]:
        room = self._room(session_id)
        mirror = (await self._rooms.room(session_id)).mirror
        async with room.reading:
            moment, since = utc_now(), room.since()
            async with self._database.pool.acquire() as db:
                room.gathering.forget(await hidden_among(db, room.gathering.asking))
                comments = await new_comments(db, session_id, since, _COMMENTS_MOST)
                fresh = [each for each in reversed(comments) if each.heard.comment.id not in room.gathering]
                pins = await pins_of(db, session_id) if fresh else None
                answered = await answered_until(db, session_id)
                labels, own_words = await labels_of(db, session_id), await own_words_of(db, session_id)
            if pins is not None:
                await _gather(room, _shelf(room, mirror), [(each, pins.at(each.posted_at)) for each in fresh])
            room.read_at = moment
            room.gathering.forget_before(to_ms(_kept_from()) or 0)
        facts = SaleFacts(
            products={product.id: product for product in mirror.products},
            labels=labels,
            offers=mirror.offers,
            pools={pool.product_id: pool for pool in mirror.shelf},
            shipping=mirror.session.shipping,
            own_words=own_words,
        )
        # What has left the run-down is no question for the host any more.
        waiting = [each for each in room.gathering.open_groups(answered) if each.topic[1] is None or each.topic[1] in facts.products]
        return tuple(_view(group, facts) for group in waiting[:GROUPS_SHOWN])

    def _room(self, session_id: UUID) -> _Room:
        room = self._kept.setdefault(session_id, _Room())
        self._kept.move_to_end(session_id)
        if len(self._kept) > _ROOMS_KEPT:
            self._kept.popitem(last=False)
        return room


def _kept_from() -> datetime:
    return utc_now() - timedelta(minutes=KEPT_MINUTES)


def _shelf(room: _Room, mirror: RoomMirror) -> Shelf:
    """Made anew when the run-down has changed."""
    if room.products is not mirror.products:
        room.products = mirror.products
        named = [ShelfProduct(product.id, product.code, product.name) for product in mirror.products]
        room.shelf = Shelf(named, places={product.commune_name for product in mirror.products})
    return room.shelf


async def _gather(room: _Room, shelf: Shelf, comments: list[tuple[NewComment, UUID | None]]) -> None:
    """Recognise comments in slices, so that the loop serves everybody else in between."""
    for number, (each, pinned) in enumerate(comments, 1):
        asked: tuple[Asked, ...] = recognise(each.heard.comment.text, shelf, pinned)
        room.gathering.take(each.heard, asked)
        room.read_up_to = each.posted_at if room.read_up_to is None else max(room.read_up_to, each.posted_at)
        if number % _SLICE == 0:
            await asyncio.sleep(0)


def _view(group: OpenGroup, facts: SaleFacts) -> AskedGroup:
    kind, product_id = group.topic
    answer = answer_to(kind, product_id, facts, is_clear=group.is_clear)
    return AskedGroup(
        kind=kind,
        product_id=product_id,
        people=group.people,
        newest=group.newest,
        first_at_ms=group.first_at_ms,
        answer=answer.words,
        missing=answer.missing,
    )
