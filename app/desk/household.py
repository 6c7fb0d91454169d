"""The services of this package, built together: one object for `app/wiring.py`, which has enough to name."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts.service import AccountService
from app.comment_orders.claims import ClaimDesk
from app.desk.bulk import DeskBulk
from app.desk.buyers import BuyerKnowledge
from app.desk.claims import DeskClaims
from app.desk.following import DeskFollower
from app.desk.holding_back import HeldBack
from app.desk.jobs import DeskJobs
from app.desk.news import DeskNews
from app.desk.searching import DeskSearch
from app.desk.socket import DeskSockets
from app.desk.work import DeskWork
from app.fulfilment.desk import OrderDesk
from app.fulfilment.desk_changes import DeskChanges
from app.fulfilment.sealed_rows import SealedRows
from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.infra.redis_client import RedisClients
from app.sessions.lookup import SessionLookup
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class DeskHouse:
    """Changes of orders, queues and calls, search, what is known of buyers, open desks; `jobs` are for the wiring to start."""

    changes: DeskChanges
    work: DeskWork
    bulk: DeskBulk
    search: DeskSearch
    knowledge: BuyerKnowledge
    claims: DeskClaims
    sockets: DeskSockets
    jobs: DeskJobs

    def all(self) -> tuple[object, ...]:
        """Each of them once."""
        return tuple(getattr(self, name) for name in self.__slots__)


def desk_house(  # noqa: PLR0913 - what it is built upon
    database: Database,
    redis: RedisClients,
    *,
    settings: Settings,
    accounts: AccountService,
    sessions: SessionLookup,
    desk: OrderDesk,
    rows: SealedRows,
    lock: JobLock,
    claims: ClaimDesk,
) -> DeskHouse:
    news = DeskNews(redis, settings.redis_prefix)
    held_back = HeldBack(database, desk, news)
    desk.settles_first(held_back.write)
    work = DeskWork(database, sessions=sessions, desk=desk, held_back=held_back, rows=rows, news=news, settings=settings.desk)
    of_comments = DeskClaims(database, work, claims=claims, news=news)
    return DeskHouse(
        changes=DeskChanges(database, sessions=sessions, desk=desk, settings=settings.orders),
        work=work,
        bulk=DeskBulk(database, work, desk=desk, held_back=held_back, news=news, settings=settings.desk),
        search=DeskSearch(database, work, rows),
        knowledge=BuyerKnowledge(database, sessions=sessions, rows=rows),
        claims=of_comments,
        sockets=DeskSockets(accounts, news, check_seconds=settings.realtime.staff_check_seconds),
        jobs=DeskJobs(DeskFollower(database, news), of_comments, held_back=held_back, news=news, lock=lock),
    )
