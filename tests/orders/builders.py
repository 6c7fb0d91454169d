"""A live session with open offers, straight into the tables, and orders to place on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete

from app.accounts.models import Organisation, User
from app.catalog.models import Producer, Product
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.sealing import Envelopes
from app.ledger.chain import genesis_hash
from app.ledger.models import Ledger
from app.orders.books import WantedOrder
from app.orders.contacts import Contact, Pseudonyms, SealedContact, seal_contact
from app.orders.models import Offer, StockPool
from app.orders.shelf import ShelfWant
from app.protocol.shipping import ShippingRule
from app.sessions.models import LivestreamSession, SessionProduct, ShippingRuleRow

PSEUDONYMS = Pseudonyms(KeyRing("tests"))
ENVELOPES = Envelopes(KeyRing("tests"))


@dataclass(slots=True)
class Market:
    """Ids of what `a_market` made."""

    organisation_id: UUID = field(default_factory=uuid4)
    user_id: UUID = field(default_factory=uuid4)
    session_id: UUID = field(default_factory=uuid4)
    producer_id: UUID = field(default_factory=uuid4)
    product_id: UUID = field(default_factory=uuid4)


async def a_market(database: Database, *, state: str = "live") -> Market:
    """An organisation, a host, a producer with one product at 180,000 VND, and a session with that product."""
    market = Market()
    async with database.transactions.begin() as db:
        db.add(Organisation(id=market.organisation_id, name="Đoàn xã"))
        await db.flush()
        db.add(
            User(
                id=market.user_id,
                organisation_id=market.organisation_id,
                login=f"host-{market.user_id}",
                display_name="Lan",
                role="host",
                password_hash="-",
            )
        )
        db.add(
            Producer(
                id=market.producer_id,
                organisation_id=market.organisation_id,
                name="HTX Mật ong",
                kind="cooperative",
                province_code=42,
                province_name="Tỉnh Hà Tĩnh",
                commune_code=1,
                commune_name="Xã Hương Sơn",
            )
        )
        await db.flush()
        db.add(
            Product(
                id=market.product_id,
                organisation_id=market.organisation_id,
                producer_id=market.producer_id,
                name="Mật ong",
                price_vnd=180_000,
                unit="hũ",
                weight_grams=500,
            )
        )
        db.add(
            LivestreamSession(
                id=market.session_id,
                organisation_id=market.organisation_id,
                host_id=market.user_id,
                title="Chợ phiên",
                state=state,
                announced_state=state,
                started_at=utc_now(),
            )
        )
        await db.flush()
        db.add(SessionProduct(session_id=market.session_id, product_id=market.product_id, position=1, code="A1"))
        db.add(Ledger(session_id=market.session_id, last_seq=0, last_hash=genesis_hash(market.session_id)))
    return market


async def an_offer(
    database: Database, market: Market, *, total: int = 10, limit: int = 5, price_vnd: int = 129_000, ends_in_seconds: float = 600
) -> UUID:
    """An offer that opened a minute ago."""
    offer_id = uuid4()
    now = utc_now()
    async with database.transactions.begin() as db:
        db.add(
            Offer(
                id=offer_id,
                session_id=market.session_id,
                product_id=market.product_id,
                producer_id=market.producer_id,
                state="open",
                announced_state="open",
                flash_price_vnd=price_vnd,
                regular_price_vnd=180_000,
                total_quantity=total,
                remaining=total,
                per_viewer_limit=limit,
                hold_seconds=900,
                duration_seconds=600,
                starts_at=now - timedelta(seconds=60),
                ends_at=now + timedelta(seconds=ends_in_seconds),
            )
        )
    return offer_id


async def a_product(database: Database, market: Market, *, price_vnd: int = 90_000, weight_grams: int = 300) -> UUID:
    """One more product of the market's producer in the run-down."""
    product_id = uuid4()
    async with database.transactions.begin() as db:
        db.add(
            Product(
                id=product_id,
                organisation_id=market.organisation_id,
                producer_id=market.producer_id,
                name="Cu đơ",
                price_vnd=price_vnd,
                unit="gói",
                weight_grams=weight_grams,
            )
        )
        await db.flush()
        number = product_id.int % 10**9
        db.add(SessionProduct(session_id=market.session_id, product_id=product_id, position=number, code=f"B{number}"))
    return product_id


async def a_pool(database: Database, market: Market, product_id: UUID | None = None, *, units: int = 10, limit: int = 5) -> UUID:
    """A pool for a product (the market's own) that has sold nothing yet; returns the product's id."""
    product_id = product_id or market.product_id
    async with database.transactions.begin() as db:
        ledger = await db.get(Ledger, market.session_id, with_for_update=True)
        assert ledger is not None
        ledger.has_stock = True
        db.add(StockPool(session_id=market.session_id, product_id=product_id, units=units, per_viewer_limit=limit))
    return product_id


async def charge_delivery(database: Database, market: Market, rule: dict[str, object]) -> None:
    """Let the market's organisation charge so, in place of how it did before."""
    content = ShippingRule.model_validate(rule).model_dump(mode="json")
    async with database.transactions.begin() as db:
        await db.execute(delete(ShippingRuleRow).where(ShippingRuleRow.organisation_id == market.organisation_id))
        db.add(ShippingRuleRow(organisation_id=market.organisation_id, session_id=None, rule=content))


def a_wanted_order(
    market: Market,
    wanted: dict[UUID, int],
    *,
    shelf: dict[UUID, ShelfWant] | None = None,
    shipping_fee_vnd: int | None = None,
    device_id: UUID | None = None,
    key: UUID | None = None,
    phone: str | None = None,
    digest: bytes = b"same content",
    payment: str = "cod",
) -> WantedOrder:
    """A checked order; device, key and phone are new ones unless given."""
    device_id, order_id = device_id or uuid4(), uuid4()
    key = key or uuid4()
    phone = phone or f"+8490{uuid4().int % 10**7:07d}"
    return WantedOrder(
        session_id=market.session_id,
        device_id=device_id,
        key=key,
        wanted=wanted,
        shelf=shelf or {},
        shipping_fee_vnd=shipping_fee_vnd,
        order_id=order_id,
        contact=a_sealed_contact(order_id, phone),
        phone_digest=PSEUDONYMS.phone_digest(phone),
        buyer_token=PSEUDONYMS.buyer_token(market.session_id, device_id),
        request_digest=digest,
        link_token=PSEUDONYMS.link_token(market.session_id, device_id, key),
        received_at=utc_now(),
        confirm_within=timedelta(hours=72),
        payment=payment,
    )


def a_sealed_contact(order_id: UUID, phone: str, note: str = "") -> SealedContact:
    contact = Contact("Nguyễn Thị Lan", phone, 42, "Tỉnh Hà Tĩnh", 1, "Xã Hương Sơn", "Thôn 3", note)
    return seal_contact(ENVELOPES.new_key(), order_id, contact)
