"""The services of one node that sell, without its web server and jobs: the tests say when a clock looks."""

from __future__ import annotations

from dataclasses import dataclass

from app.catalog.service import CatalogService
from app.fulfilment.desk import OrderDesk
from app.fulfilment.sealed_rows import SealedRows
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.ledger.projector import Projector
from app.metrics.service import MetricsService
from app.orders.offers import OfferService
from app.orders.placing import OrderPlacing
from app.orders.sold_out import SoldOutMemory
from app.orders.stock import StockService
from app.orders.waitlist import JOINS_AT_ONCE, JoinOffer, Waitlist, join_offer
from app.realtime.room_log import RoomLog
from app.sessions.editing import SessionEditor
from app.sessions.lookup import SessionLookup
from app.sessions.telling import RoomTeller
from app.settings import OrderSettings, RealtimeSettings


@dataclass(frozen=True, slots=True)
class Selling:
    """Close `placing` at the end."""

    sessions: SessionLookup
    session_editor: SessionEditor
    teller: RoomTeller
    offers: OfferService
    stock: StockService
    waitlist: Waitlist
    metrics: MetricsService
    projector: Projector
    placing: OrderPlacing
    desk: OrderDesk


def selling_services(
    database: Database, redis: RedisClients, prefix: str, *, settings: OrderSettings | None = None, ring: KeyRing | None = None
) -> Selling:
    """What `app/wiring.py` builds of a node for sessions, offers and orders."""
    limits, ring = settings or OrderSettings(), ring or KeyRing("tests")
    catalog = CatalogService(database)
    sessions = SessionLookup(database, catalog=catalog)
    teller = RoomTeller(database, room_log=RoomLog(redis, prefix=prefix, settings=RealtimeSettings()))
    metrics = MetricsService(database, redis, prefix)
    projector = Projector(database, metrics)
    offers = OfferService(database, sessions=sessions, teller=teller)
    sold_out = SoldOutMemory(database.pool)
    stock = StockService(database, sessions=sessions, teller=teller, sold_out=sold_out, settings=limits)
    return Selling(
        sessions=sessions,
        session_editor=SessionEditor(database, catalog=catalog, lookup=sessions, teller=teller),
        teller=teller,
        offers=offers,
        stock=stock,
        waitlist=Waitlist(database, sold_out=sold_out, teller=teller, settings=limits),
        metrics=metrics,
        projector=projector,
        placing=OrderPlacing(database, teller=teller, stock=stock, sold_out=sold_out, projector=projector, settings=limits, ring=ring),
        desk=OrderDesk(
            database,
            sessions=sessions,
            teller=teller,
            sold_out=sold_out,
            projector=projector,
            rows=SealedRows(ring),
            settings=limits,
        ),
    )


def a_waitlist(
    database: Database,
    redis: RedisClients,
    settings: OrderSettings | None = None,
    *,
    write_joins: JoinOffer = join_offer,
    joins_at_once: int = JOINS_AT_ONCE,
) -> Waitlist:
    """A waitlist alone; its rooms are told by nobody."""
    teller = RoomTeller(database, room_log=RoomLog(redis, prefix="untold", settings=RealtimeSettings()))
    return Waitlist(
        database,
        sold_out=SoldOutMemory(database.pool),
        teller=teller,
        settings=settings or OrderSettings(),
        write_joins=write_joins,
        joins_at_once=joins_at_once,
    )
