"""Writes the demo market: an organisation with two logins, its catalogue, and one live session. Called by `ocop run` and `ocop seed`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.accounts.permissions import Role
from app.accounts.service import AccountService, CurrentUser, NewUser
from app.catalog.schemas import PictureContent, ProducerContent, ProductContent
from app.catalog.service import CatalogService
from app.infra.clock import utc_now, vietnam_day
from app.infra.database import Database, open_database
from app.infra.redis_client import RedisClients, open_redis
from app.infra.startup import StartupError
from app.orders.offers import OfferService
from app.orders.schemas import NewOffer, NewStock
from app.orders.sold_out import SoldOutMemory
from app.orders.stock import StockService
from app.realtime.room_log import RoomLog
from app.rehearsal.demo_accounts import Account, DemoAccounts, new_demo_accounts, read_demo_accounts, write_demo_accounts
from app.rehearsal.market import FLASH_PLANS, HOST_NAME, MARKET_TITLE, ORGANISATION_NAME, ORGANISER_NAME, PRODUCERS, PRODUCTS
from app.rehearsal.market_producers import PROVINCE_CODE
from app.rehearsal.market_products import DemoProduct
from app.sessions.editing import SessionEditor
from app.sessions.lookup import SessionLookup
from app.sessions.schemas import SessionContent
from app.sessions.telling import RoomTeller
from app.settings import Settings

# Offers that wait on the board for a person's hand; the demo host makes its own.
_PREPARED_OFFERS = 3
# Everything is on the shelf, too; the demo's flash offers take from the same units, and its host fills up what runs low.
SHELF_UNITS = 2_000
_FIRST_NUMBER, _LAST_NUMBER = 1, 100


@dataclass(frozen=True, slots=True)
class SeededMarket:
    """The live demo session and its logins. `created` is False when everything was there already."""

    session_id: UUID
    host_login: str
    host_password: str
    organiser_login: str
    organiser_password: str
    created: bool

    @property
    def login_lines(self) -> list[str]:
        """For people at a terminal."""
        logins = (("Host", self.host_login, self.host_password), ("Organiser", self.organiser_login, self.organiser_password))
        return [f"  {title:<10} login {login:<16} password {password}" for title, login, password in logins]


async def seed_demo_market(database: Database, settings: Settings, *, redis: RedisClients) -> SeededMarket:
    """Make what is missing of the demo market, so that one rehearsal of its organisation is live.

    A second run changes nothing; sessions that people made are left alone. A rehearsal that has ended stays as history and a new one is made. The passwords are made once
    and kept in `<data_dir>/demo_accounts.json`; when that file is lost, further logins are made beside the old ones. Runs one
    at a time: the caller holds the lock of the data folder. Raises `StartupError` when the accounts file cannot be used.
    """
    return await _Seed(database, settings, redis).run()


def seed_demo(settings: Settings) -> SeededMarket:
    """`seed_demo_market` on the stores that the settings name; runs its own event loop, so call it from synchronous code."""
    return asyncio.run(_seed_on_own_stores(settings))


async def _seed_on_own_stores(settings: Settings) -> SeededMarket:
    if settings.database_url is None or settings.redis_url is None:
        raise StartupError("The demo market needs DATABASE_URL and REDIS_URL.")
    async with (
        open_database(settings.database_url.get_secret_value(), settings.database) as database,
        open_redis(settings.redis_url.get_secret_value()) as redis,
    ):
        return await seed_demo_market(database, settings, redis=redis)


class _Seed:
    def __init__(self, database: Database, settings: Settings, redis: RedisClients) -> None:
        self._data_dir = settings.data_dir
        self._accounts = AccountService(database, redis, redis_prefix=settings.redis_prefix)
        self._catalog = CatalogService(database)
        room_log = RoomLog(redis, prefix=settings.redis_prefix, settings=settings.realtime)
        teller = RoomTeller(database, room_log=room_log)
        self._sessions = SessionLookup(database, catalog=self._catalog)
        self._editor = SessionEditor(database, catalog=self._catalog, lookup=self._sessions, teller=teller)
        self._offers = OfferService(database, sessions=self._sessions, teller=teller)
        sold_out = SoldOutMemory(database.pool)
        self._stock = StockService(database, sessions=self._sessions, teller=teller, sold_out=sold_out, settings=settings.orders)
        self._has_changed = False

    async def run(self) -> SeededMarket:
        accounts = await self._demo_accounts()
        organiser, host = await self._users(accounts)
        product_ids = await self._products(organiser)
        session_id = await self._live_session(organiser, host, product_ids)
        return SeededMarket(
            session_id=session_id,
            host_login=accounts.host.login,
            host_password=accounts.host.password,
            organiser_login=accounts.organiser.login,
            organiser_password=accounts.organiser.password,
            created=self._has_changed,
        )

    async def _demo_accounts(self) -> DemoAccounts:
        """As kept in the data folder; else new ones whose logins nobody has yet."""
        kept = read_demo_accounts(self._data_dir)
        if kept is not None:
            return kept
        for number in range(_FIRST_NUMBER, _LAST_NUMBER):
            accounts = new_demo_accounts(number)
            taken = [await self._accounts.find_user(account.login) for account in (accounts.organiser, accounts.host)]
            if not any(taken):
                write_demo_accounts(self._data_dir, accounts)
                self._has_changed = True
                return accounts
        raise StartupError("There is no free login for the demo accounts; restore demo_accounts.json in the data folder.")

    async def _users(self, accounts: DemoAccounts) -> tuple[CurrentUser, CurrentUser]:
        """Both users; the organisation is the one that any earlier demo organiser belongs to, else a new one."""
        organiser = await self._accounts.find_user(accounts.organiser.login)
        first = organiser or await self._accounts.find_user(new_demo_accounts(_FIRST_NUMBER).organiser.login)
        organisation_id = first.organisation_id if first else await self._accounts.create_organisation(ORGANISATION_NAME)
        organiser = organiser or await self._create_user(organisation_id, accounts.organiser, role="organiser", name=ORGANISER_NAME)
        host = await self._accounts.find_user(accounts.host.login)
        return organiser, host or await self._create_user(organisation_id, accounts.host, role="host", name=HOST_NAME)

    async def _create_user(self, organisation_id: UUID, account: Account, *, role: Role, name: str) -> CurrentUser:
        self._has_changed = True
        return await self._accounts.create_user(
            organisation_id, NewUser(login=account.login, display_name=name, role=role, password=account.password)
        )

    async def _products(self, organiser: CurrentUser) -> dict[str, UUID]:
        """Ids of the demo products by key; what a person has renamed or withdrawn is made anew beside it."""
        producers = {producer.name: producer.id for producer in (await self._catalog.list_producers(organiser)).items}
        for producer in PRODUCERS:
            if producer.name not in producers:
                self._has_changed = True
                content = ProducerContent(
                    name=producer.name,
                    kind=producer.kind,
                    tax_code=producer.tax_code,
                    story=producer.story,
                    province_code=PROVINCE_CODE,
                    commune_code=producer.ward_code,
                )
                producers[producer.name] = (await self._catalog.create_producer(organiser, content)).id
        producer_ids = {producer.key: producers[producer.name] for producer in PRODUCERS}
        products = {product.name: product.id for product in (await self._catalog.list_products(organiser)).items}
        for product in PRODUCTS:
            if product.name not in products:
                self._has_changed = True
                made = await self._catalog.create_product(organiser, _product_content(product, producer_ids[product.producer_key]))
                products[product.name] = made.id
        return {product.key: products[product.name] for product in PRODUCTS}

    async def _live_session(self, organiser: CurrentUser, host: CurrentUser, product_ids: dict[str, UUID]) -> UUID:
        """The rehearsal that is live; else the demo's own draft from a start that was cut short, or a new one, made live."""
        sessions = await self._sessions.list_for(organiser)
        rehearsals = [session for session in sessions if session.is_rehearsal]
        live = next((session for session in rehearsals if session.state == "live"), None)
        if live is not None:
            return live.id
        self._has_changed = True
        unfinished = next((session for session in rehearsals if session.state == "draft" and session.title == MARKET_TITLE), None)
        if unfinished is None:
            content = SessionContent(title=MARKET_TITLE, host_id=host.id, planned_start_at=utc_now(), is_rehearsal=True)
            session_id = (await self._editor.create(organiser, content)).view.id
        else:
            session_id = unfinished.id
        await self._editor.set_products(organiser, session_id, list(product_ids.values()))
        await self._stock_shelf(organiser, session_id, list(product_ids.values()))
        await self._prepare_offers(organiser, session_id, product_ids)
        await self._editor.transition(organiser, session_id, "live")
        return session_id

    async def _stock_shelf(self, organiser: CurrentUser, session_id: UUID, product_ids: Sequence[UUID]) -> None:
        for product_id in product_ids:
            await self._stock.set(organiser, session_id, product_id, NewStock(units=SHELF_UNITS))

    async def _prepare_offers(self, organiser: CurrentUser, session_id: UUID, product_ids: dict[str, UUID]) -> None:
        if await self._offers.views(session_id):
            return
        for plan in FLASH_PLANS[-_PREPARED_OFFERS:]:
            new = NewOffer(
                product_id=product_ids[plan.product_key],
                flash_price_vnd=plan.flash_price_vnd,
                total_quantity=plan.total_quantity,
                per_viewer_limit=plan.per_viewer_limit,
                duration_seconds=plan.duration_seconds,
            )
            await self._offers.create(organiser, session_id, new)


def _product_content(product: DemoProduct, producer_id: UUID) -> ProductContent:
    today = vietnam_day(utc_now())
    return ProductContent(
        producer_id=producer_id,
        name=product.name,
        story=product.story,
        price_vnd=product.price_vnd,
        unit=product.unit,
        weight_grams=product.weight_grams,
        ocop_stars=product.ocop_stars,
        certificate_number=product.certificate_number,
        certified_on=product.certified_on(today=today),
        certificate_expires_on=product.certificate_expires_on(today=today),
        pictures=(PictureContent(path=f"/static/pictures/{product.picture}", alt=product.alt),),
    )
