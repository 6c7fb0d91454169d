"""Builds the services of comment orders, once per worker; called by `app/wiring.py`."""

from __future__ import annotations

from dataclasses import dataclass

from app.comment_orders.claim_rows import Phones
from app.comment_orders.claims import ClaimDesk
from app.comment_orders.deriving import ClaimReader
from app.comment_orders.grammar import may_name_code
from app.comment_orders.intake import CommentIntake
from app.comment_orders.jobs import CommentOrderJobs
from app.comment_orders.receivers import KnownReceivers
from app.comment_orders.rules import RuleService
from app.comment_orders.sources import CommentSources
from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.infra.key_ring import KeyRing
from app.infra.sealing import Envelopes
from app.live.judging_outside import OutsideJudge
from app.live.to_read import ReadingLater
from app.orders.contacts import Pseudonyms
from app.orders.placing import OrderPlacing
from app.sessions.lookup import SessionLookup
from app.sessions.telling import RoomTeller
from app.settings import OrderSettings


@dataclass(frozen=True, slots=True)
class CommentOrders:
    """Everything of this package that routes ask for, and its background work."""

    claims: ClaimDesk
    rules: RuleService
    sources: CommentSources
    intake: CommentIntake
    jobs: CommentOrderJobs

    def all(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


def comment_orders(  # noqa: PLR0913 - what they are made of
    database: Database,
    *,
    ring: KeyRing,
    sessions: SessionLookup,
    placing: OrderPlacing,
    later: ReadingLater,
    teller: RoomTeller,
    lock: JobLock,
    settings: OrderSettings,
) -> CommentOrders:
    envelopes = Envelopes(ring)
    phones = Phones(envelopes, Pseudonyms(ring))
    receivers = KnownReceivers(envelopes, phones)
    claims = ClaimDesk(database, sessions=sessions, placing=placing, phones=phones, receivers=receivers, teller=teller, settings=settings)
    return CommentOrders(
        claims=claims,
        rules=RuleService(database, sessions=sessions),
        sources=CommentSources(database, sessions=sessions, ring=ring),
        intake=CommentIntake(database, sessions=sessions, later=later, judge=OutsideJudge(), teller=teller),
        jobs=CommentOrderJobs(ClaimReader(database, later=later, phones=phones, teller=teller, settings=settings), claims, lock),
    )


def reading_later(ring: KeyRing) -> ReadingLater:
    """What the archive notes for the reader of claims."""
    return ReadingLater(ring, is_worth=may_name_code)
