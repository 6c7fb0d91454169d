"""Opens the stores and builds every service, once, in order; closes them in the opposite order. The only module that knows them all."""

from __future__ import annotations

import os
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from app.accounts.household import Household, household
from app.accounts.jobs import Housekeeping
from app.accounts.service import AccountService
from app.carriers.household import Carriers, carrier_services
from app.catalog.importing import GoodsImport
from app.catalog.listing_gate import ListingGates
from app.catalog.picture_stores import open_picture_files
from app.catalog.pictures import PictureService
from app.catalog.places_watch import PlacesWatch
from app.catalog.producer_logins import ProducerLogins
from app.catalog.seller_papers import PapersDesk
from app.catalog.service import CatalogService
from app.comment_orders.opening import CommentOrders, comment_orders, reading_later
from app.desk.household import DeskHouse, desk_house
from app.exports.household import ExportHouse, export_house
from app.fulfilment.buyer_orders import BuyerOrders
from app.fulfilment.complaint_services import ComplaintServices, complaint_services
from app.fulfilment.desk import OrderDesk
from app.fulfilment.jobs import FulfilmentJobs
from app.fulfilment.lookup_limits import LookupLimits
from app.fulfilment.money import Money, money_services
from app.fulfilment.persons import Persons, Retention
from app.fulfilment.sealed_rows import OldRows, SealedRows
from app.fulfilment.session_complaints import ComplaintRetention
from app.fulfilment.working_days import promise_of
from app.infra.clock import monotonic
from app.infra.cores import core_count, share_of_core
from app.infra.database import Database, open_database
from app.infra.job_lock import JobLock
from app.infra.key_ring import key_ring_of
from app.infra.loop_watch import LoopWatch
from app.infra.machine_turns import open_turns
from app.infra.redis_client import RedisClients, open_redis
from app.infra.serving import socket_capacity
from app.infra.startup import StartupError
from app.infra.tasks import start_jobs
from app.ledger.jobs import LedgerJobs
from app.ledger.projector import Projector
from app.ledger.rebuilding import Rebuilds
from app.live.bans import RoomBans
from app.live.bridges import BridgeTokens
from app.live.closed_rooms import ClosedRooms
from app.live.commands import live_handlers
from app.live.comments import CommentArchive, CommentService
from app.live.evidence import EvidenceKeeping
from app.live.jobs import LiveJobs
from app.live.late_words import LateWords
from app.live.loading import RoomLoader
from app.live.moderating import Moderating
from app.live.moderation_reading import ModerationReading
from app.live.outside import OutsideCounts
from app.live.rooms import RoomDirectory, let_go
from app.live.speaking import Speaking
from app.live.staff_watch import StaffWatch
from app.live.sweeping import Sweeping
from app.live.talk import TalkService
from app.live.talk_turns import TalkTurns
from app.live.warnings import ScreenWarnings
from app.metrics.jobs import MetricsJobs
from app.metrics.service import MetricsService
from app.orders.carried_stock import carry_stock
from app.orders.commands import order_handlers
from app.orders.jobs import OrderJobs
from app.orders.offers import OfferService
from app.orders.placing import OrderPlacing
from app.orders.preparing import PreparedOffers
from app.orders.queries import has_ordered
from app.orders.quotes import QuoteService
from app.orders.sold_out import SoldOutMemory
from app.orders.stock import StockService
from app.orders.waitlist import Waitlist
from app.parcels.household import ParcelHouse, parcel_house
from app.programmes.household import ProgrammeHouse, programme_house
from app.questions.board import QuestionBoards
from app.realtime.address_limits import AddressLimits
from app.realtime.admission import ViewerAdmission
from app.realtime.doorway import ViewerGate
from app.realtime.gate import open_gate
from app.realtime.hub import Hub
from app.realtime.networks import NetworkDigests
from app.realtime.rate_limit import KeyedLimits
from app.realtime.room_log import RoomLog
from app.realtime.router import Router
from app.realtime.tickets import TicketSigner
from app.reports.closing import ClosingService
from app.reports.imported import ImportedFigures
from app.reports.inside import ReportDetails
from app.reports.jobs import OWN_TAIL, ReportJobs, SummaryKeeper
from app.reports.service import ReportService
from app.reports.signing import Signer
from app.reports.summaries import Summaries
from app.sessions.booths import BoothService
from app.sessions.editing import SessionEditor
from app.sessions.livestream_rules import LivestreamRules
from app.sessions.lookup import SessionLookup
from app.sessions.shipping import ShippingService
from app.sessions.shown_goods import GoodsOnAir
from app.sessions.telling import RoomTeller
from app.settings import Settings
from app.settlement.household import SettlementHouse, settlement_house
from app.web.share_pictures import SharePictures


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that routes, sockets and pages work with. `gate` is None where sockets are carried by ASGI."""

    settings: Settings
    database: Database
    redis: RedisClients
    tickets: TicketSigner
    accounts: AccountService
    people: Household
    catalog: CatalogService
    pictures: PictureService
    share_pictures: SharePictures
    producer_logins: ProducerLogins
    listing_gates: ListingGates
    papers: PapersDesk
    goods_import: GoodsImport
    metrics: MetricsService
    sessions: SessionLookup
    session_editor: SessionEditor
    booths: BoothService
    room_log: RoomLog
    teller: RoomTeller
    bridges: BridgeTokens
    moderating: Moderating
    sweeping: Sweeping
    moderation_reading: ModerationReading
    talk: TalkService
    screen_warnings: ScreenWarnings
    shipping: ShippingService
    livestream_rules: LivestreamRules
    offers: OfferService
    prepared_offers: PreparedOffers
    stock: StockService
    quotes: QuoteService
    placing: OrderPlacing
    waitlist: Waitlist
    http_order_pace: KeyedLimits
    from_comments: CommentOrders
    desk: OrderDesk
    order_desk: DeskHouse
    parcels: ParcelHouse
    carriers: Carriers
    settlements: SettlementHouse
    buyer_orders: BuyerOrders
    money: Money
    persons: Persons
    complaints: ComplaintServices
    admission: ViewerAdmission
    bans: RoomBans
    rooms: RoomDirectory
    questions: QuestionBoards
    closed_rooms: ClosedRooms
    router: Router
    staff_watch: StaffWatch
    gate: ViewerGate | None
    reports: ReportService
    report_details: ReportDetails
    imported_figures: ImportedFigures
    closing: ClosingService
    exports: ExportHouse
    programmes: ProgrammeHouse

    def all(self) -> tuple[object, ...]:
        """Each of them once, and this object itself."""
        own = (getattr(self, name) for name in self.__slots__)
        return (
            *own,
            *self.people.all(),
            *self.money.all(),
            *self.complaints.all(),
            *self.order_desk.all(),
            *self.parcels.all(),
            *self.carriers.all(),
            *self.settlements.all(),
            *self.from_comments.all(),
            *self.programmes.all(),
            *self.exports.all(),
            self,
        )


async def open_services(settings: Settings, stack: AsyncExitStack) -> Services:
    """Open the stores, build the services, start their jobs. What is pushed onto the stack runs backwards at the end:

    1. sockets are told to leave and closed, their counts flushed; 2. jobs stop; 3. waiting comments are written;
    4. order queues are finished and the projector stops; 5. Redis and 6. PostgreSQL close.
    """
    if settings.database_url is None or settings.redis_url is None or settings.secret_key is None:
        raise StartupError("A worker needs DATABASE_URL, REDIS_URL and OCOP_SECRET_KEY. `ocop run` sets them for its workers.")
    ring, prefix, realtime = key_ring_of(settings), settings.redis_prefix, settings.realtime
    node = settings.node_name or f"{socket.gethostname()}-{os.getpid()}"

    read_url = settings.database_read_url.get_secret_value() if settings.database_read_url else None
    database = await stack.enter_async_context(
        open_database(settings.database_url.get_secret_value(), settings.database, read_url=read_url)
    )
    redis = await stack.enter_async_context(open_redis(settings.redis_url.get_secret_value()))
    lock = JobLock(redis, prefix, node)

    tickets = TicketSigner(ring)
    people = household(database, redis, ring, prefix=prefix)
    accounts = people.accounts
    catalog = CatalogService(database)
    places = PlacesWatch(database)
    await places.start()
    stack.push_async_callback(places.close)
    metrics = MetricsService(database, redis, prefix, node_count_ttl_seconds=realtime.node_count_ttl_seconds)
    room_log = RoomLog(redis, prefix=prefix, settings=realtime)

    sessions = SessionLookup(database, catalog=catalog)
    teller = RoomTeller(database, room_log=room_log)
    teller.reads("products", sessions.products_to_tell)
    catalog.shown_by(GoodsOnAir(teller))
    pictures = PictureService(database, open_picture_files(settings.pictures.store, settings.pictures, database))
    session_editor = SessionEditor(database, catalog=catalog, lookup=sessions, teller=teller)
    bridges = BridgeTokens(database, ring=ring)

    projector = Projector(database, metrics, long_way=Rebuilds(database))
    offers = OfferService(database, sessions=sessions, teller=teller)
    prepared_offers = PreparedOffers(database, sessions=sessions, teller=teller)
    sold_out = SoldOutMemory(database.pool)
    stock = StockService(database, sessions=sessions, teller=teller, sold_out=sold_out, settings=settings.orders)
    waitlist = Waitlist(database, sold_out=sold_out, teller=teller, settings=settings.orders)
    placing = OrderPlacing(
        database, teller=teller, stock=stock, sold_out=sold_out, projector=projector, settings=settings.orders, ring=ring
    )
    rows = SealedRows(ring)
    desk = OrderDesk(
        database, sessions=sessions, teller=teller, sold_out=sold_out, projector=projector, rows=rows, settings=settings.orders
    )
    parcels = parcel_house(database, rows=rows, lock=lock)
    carriers = carrier_services(database, rows=rows, desk=desk, ring=ring, lock=lock, settings=settings)
    stack.push_async_callback(carriers.close)
    money = money_services(database, projector=projector, ring=ring, call_seconds=settings.orders.waitlist_call_seconds)
    persons = Persons(database, rows, promise=promise_of(settings.complaints))
    complaints = complaint_services(database, redis, ring, sessions=sessions, rows=rows, settings=settings)
    buyer_orders = BuyerOrders(database, desk=desk, limits=LookupLimits(redis, prefix=prefix, ring=ring), rows=rows, persons=persons)
    start_jobs(stack, projector, then_close=(placing, waitlist))

    later = reading_later(ring)
    archive = CommentArchive(database, later=later)
    turns = open_turns(realtime.turns_folder, stack, at_once=core_count())
    hub = Hub(realtime, capacity=realtime.max_viewers_per_worker or socket_capacity(), way=placing.way, turns=turns)
    moderation_reading = ModerationReading(database)
    late_words = LateWords(database, teller=teller)
    stack.push_async_callback(late_words.close)
    loader = RoomLoader(
        sessions=sessions,
        room_log=room_log,
        archive=archive,
        moderation=moderation_reading,
        load_offers=offers.views_for_room,
        load_shelf=stock.views,
        settings=realtime,
    )
    rooms = RoomDirectory(
        room_log=room_log,
        hub=hub,
        metrics=metrics,
        loader=loader,
        settings=realtime,
        node=node,
        core_share=share_of_core(settings.workers),
        hear=sold_out.hear,
    )
    sold_out.hears_room = rooms.is_open
    speaking = Speaking(TalkTurns(redis, prefix=prefix), has_ordered=partial(has_ordered, database.pool))
    comments = CommentService(room_log=room_log, archive=archive, speaking=speaking)
    live_commands = live_handlers(rooms=rooms, comments=comments, outside=OutsideCounts(database, metrics))
    questions = QuestionBoards(database, rooms=rooms, sessions=sessions)
    router = Router(live_commands | order_handlers(placing, waitlist), settings=realtime)
    stack.push_async_callback(router.close)
    staff_watch = StaffWatch(accounts, sessions, every_seconds=realtime.staff_check_seconds)
    addresses = AddressLimits(per_second=realtime.address_sockets_per_second, burst=realtime.address_sockets_burst)
    networks = NetworkDigests(ring)
    admission = ViewerAdmission(settings, tickets=tickets, addresses=addresses, rooms=rooms, networks=networks)
    bans = RoomBans(database, rooms=rooms, networks=networks)
    stack.push_async_callback(bans.close)
    gate = open_gate(settings, stack, hub=hub, receive=router.receive, released=rooms.release, admission=admission)

    evidence = ComplaintRetention(database, evidence_days=settings.privacy.evidence_days)
    from_comments = comment_orders(
        database, ring=ring, sessions=sessions, placing=placing, later=later, teller=teller, lock=lock, settings=settings.orders
    )
    order_desk = desk_house(
        database,
        redis,
        settings=settings,
        accounts=accounts,
        sessions=sessions,
        desk=desk,
        rows=rows,
        lock=lock,
        claims=from_comments.claims,
    )

    reports = ReportService(database, metrics)
    closing = ClosingService(database, Signer(ring))
    programmes = programme_house(database, metrics, lock)

    start_jobs(
        stack,
        LoopWatch(),
        LiveJobs(archive),
        EvidenceKeeping(database, lock, evidence_days=settings.privacy.evidence_days),
        questions,
        staff_watch,
        teller,
        OrderJobs(offers=offers, waitlist=waitlist, lock=lock),
        from_comments.jobs,
        FulfilmentJobs(desk, OldRows(database, rows), Retention(database, contact_days=settings.privacy.contact_days), evidence, lock),
        order_desk.jobs,
        parcels.jobs,
        carriers.jobs,
        LedgerJobs(database, projector=projector, lock=lock),
        MetricsJobs(metrics, lock),
        ReportJobs(reports, closing, lock),
        SummaryKeeper(Summaries(database), lock, tail=OWN_TAIL),
        programmes.jobs,
        Housekeeping(accounts),
    )
    rooms.start()
    stack.push_async_callback(let_go, rooms, settings)

    return Services(
        settings=settings,
        database=database,
        redis=redis,
        tickets=tickets,
        accounts=accounts,
        people=people,
        catalog=catalog,
        pictures=pictures,
        share_pictures=SharePictures(pictures),
        producer_logins=ProducerLogins(database, accounts),
        listing_gates=ListingGates(database),
        papers=PapersDesk(database),
        goods_import=GoodsImport(database, catalog),
        metrics=metrics,
        sessions=sessions,
        session_editor=session_editor,
        booths=BoothService(database, editor=session_editor, lookup=sessions, carry_stock=carry_stock),
        room_log=room_log,
        teller=teller,
        bridges=bridges,
        moderating=Moderating(database, sessions=sessions, archive=archive, teller=teller, later=later, late_words=late_words),
        sweeping=Sweeping(database, sessions=sessions, archive=archive, teller=teller, later=later, late_words=late_words),
        moderation_reading=moderation_reading,
        talk=TalkService(database, sessions=sessions, archive=archive, teller=teller),
        screen_warnings=ScreenWarnings(database, sessions=sessions, teller=teller),
        shipping=ShippingService(database, sessions=sessions, teller=teller),
        livestream_rules=LivestreamRules(database, sessions=sessions),
        offers=offers,
        prepared_offers=prepared_offers,
        stock=stock,
        quotes=QuoteService(database, sessions=sessions),
        placing=placing,
        waitlist=waitlist,
        http_order_pace=KeyedLimits(per_second=realtime.commands_per_second, burst=realtime.commands_burst, now=monotonic),
        from_comments=from_comments,
        desk=desk,
        order_desk=order_desk,
        parcels=parcels,
        carriers=carriers,
        settlements=settlement_house(database),
        buyer_orders=buyer_orders,
        money=money,
        persons=persons,
        complaints=complaints,
        admission=admission,
        bans=bans,
        rooms=rooms,
        questions=questions,
        closed_rooms=ClosedRooms(loader, metrics, database),
        router=router,
        staff_watch=staff_watch,
        gate=gate,
        reports=reports,
        report_details=ReportDetails(database),
        imported_figures=ImportedFigures(database),
        closing=closing,
        exports=export_house(database, rows, reports),
        programmes=programmes,
    )
