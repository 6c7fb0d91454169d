"""Own servers, sessions with one hot offer each, and orders to place on them; shared by the order benchmarks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from app.accounts.service import AccountService, CurrentUser, NewUser
from app.catalog.schemas import ProducerContent, ProductContent
from app.catalog.service import CatalogService
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.infra.sealing import Envelopes
from app.local_servers.server_account import SYSTEM_FOLDER, account_for, can_enter
from app.orders.books import WantedOrder
from app.orders.contacts import Contact, Pseudonyms, seal_contact
from app.orders.offers import OfferService
from app.orders.schemas import NewOffer
from app.realtime.room_log import RoomLog
from app.sessions.editing import SessionEditor
from app.sessions.lookup import SessionLookup
from app.sessions.schemas import SessionContent
from app.sessions.telling import RoomTeller
from app.settings import Settings

PLENTY = 1_000_000
PRICE_VND = 129_000
PROVINCE_CODE, PROVINCE_NAME = 42, "Tỉnh Hà Tĩnh"
COMMUNE_CODE, COMMUNE_NAME = 18_073, "Phường Thành Sen"
_PSEUDONYMS = Pseudonyms(KeyRing("benchmark"))
_ENVELOPES = Envelopes(KeyRing("benchmark"))


@contextmanager
def server_folder() -> Iterator[Path]:
    """A new folder on the machine's disk that PostgreSQL's user can reach; removed at the end."""
    parent = Path(tempfile.gettempdir())
    if not can_enter(parent, account_for(parent / "postgres")):
        parent = SYSTEM_FOLDER
        parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="ocop-bench-", dir=parent))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class HotOffer:
    """A live session with one open offer."""

    session_id: UUID
    offer_id: UUID


class MarketMaker:
    """Makes live sessions through the service's own use cases."""

    def __init__(self, database: Database, redis: RedisClients, settings: Settings) -> None:
        self._accounts = AccountService(database, redis, redis_prefix=settings.redis_prefix)
        self._catalog = CatalogService(database)
        room_log = RoomLog(redis, prefix=settings.redis_prefix, settings=settings.realtime)
        teller = RoomTeller(database, room_log=room_log)
        sessions = SessionLookup(database, catalog=self._catalog)
        self._sessions = SessionEditor(database, catalog=self._catalog, lookup=sessions, teller=teller)
        self._offers = OfferService(database, sessions=sessions, teller=teller)

    async def hot_offer(self, *, units: int = PLENTY) -> HotOffer:
        """An organisation of its own with one product, a live session, and an offer that opened just now."""
        organisation_id = await self._accounts.create_organisation("Chợ phiên đo tải")
        user = await self._accounts.create_user(
            organisation_id, NewUser(login=f"bench-{uuid4().hex[:12]}", display_name="Đo tải", role="organiser", password=uuid4().hex)
        )
        product_id = await self._product(user)
        session = await self._sessions.create(user, SessionContent(title="Chợ phiên đo tải", planned_start_at=utc_now()))
        session_id = session.view.id
        await self._sessions.set_products(user, session_id, [product_id])
        await self._sessions.transition(user, session_id, "live")
        offer = await self._offers.create(
            user,
            session_id,
            NewOffer(
                product_id=product_id,
                flash_price_vnd=PRICE_VND,
                total_quantity=units,
                per_viewer_limit=1_000,
                duration_seconds=3600,
                open_now=True,
            ),
        )
        return HotOffer(session_id, offer.id)

    async def _product(self, user: CurrentUser) -> UUID:
        producer = await self._catalog.create_producer(
            user, ProducerContent(name="HTX Mật ong", kind="cooperative", province_code=PROVINCE_CODE, commune_code=COMMUNE_CODE)
        )
        product = await self._catalog.create_product(
            user, ProductContent(producer_id=producer.id, name="Mật ong", price_vnd=180_000, unit="hũ", weight_grams=500)
        )
        return product.id


def phone_of(number: int) -> str:
    """A different valid Vietnamese mobile number for each of ten million numbers."""
    return f"090{number % 10_000_000:07d}"


def wanted_orders(hot: HotOffer, count: int, *, seed: int) -> list[WantedOrder]:
    """Checked orders of one unit, each of another device and phone."""
    random = Random(seed)  # noqa: S311 - benchmark input, no secret
    orders = []
    for number in range(count):
        device_id = UUID(int=random.getrandbits(128), version=4)
        phone = "+84" + phone_of(number)[1:]
        order_id = UUID(int=random.getrandbits(128), version=4)
        contact = Contact("Nguyễn Thị Lan", phone, PROVINCE_CODE, PROVINCE_NAME, COMMUNE_CODE, COMMUNE_NAME, "12 đường Phan Đình Phùng", "")
        orders.append(
            WantedOrder(
                session_id=hot.session_id,
                device_id=device_id,
                key=UUID(int=random.getrandbits(128), version=4),
                wanted={hot.offer_id: 1},
                payment="cod",
                order_id=order_id,
                contact=seal_contact(_ENVELOPES.new_key(), order_id, contact),
                phone_digest=_PSEUDONYMS.phone_digest(phone),
                buyer_token=_PSEUDONYMS.buyer_token(hot.session_id, device_id),
                request_digest=random.randbytes(16),
                link_token="",
                received_at=utc_now(),
                confirm_within=timedelta(hours=72),
            )
        )
    return orders
