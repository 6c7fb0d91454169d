"""Rules of the shelf: pools of units behind it and the flash offers, prices as shown, limits, and shipping fees."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import update

from app.catalog.models import Product
from app.errors import AppError
from app.fulfilment.transitions import Step, append_steps
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.ledger.chain import entry_of
from app.orders.errors import NotOnShelf, PriceChanged, ShippingFeeChanged, SoldOut, ViewerLimitReached
from app.orders.group_commit import PlacingQueues
from app.orders.shelf import ShelfWant
from app.orders.waitlist import Waitlist
from app.protocol.shipping import ShippingRule, WeightStep
from app.sessions.models import SessionProduct, ShippingRuleRow
from app.settings import OrderSettings
from tests.orders.builders import Market, a_pool, a_product, a_wanted_order, an_offer
from tests.races.checkers import complaints_about, read_truth
from tests.selling import a_waitlist

PRICE = 180_000


def want(quantity: int, price_vnd: int = PRICE) -> ShelfWant:
    return ShelfWant(quantity, price_vnd)


async def pool_of(database: Database, market: Market, product_id: UUID) -> tuple[int, int, int]:
    """Units, sold, held."""
    row = await database.pool.fetchrow(
        "SELECT units, sold, held FROM session_stock WHERE session_id = $1 AND product_id = $2", market.session_id, product_id
    )
    assert row is not None
    return row["units"], row["sold"], row["held"]


async def step(database: Database, market: Market, order_id: UUID, *kinds: str) -> None:
    for kind in kinds:
        async with database.pool.acquire() as db, db.transaction():
            (answer,) = (await append_steps(db, market.session_id, [Step(order_id, kind)], call_seconds=60)).answers  # type: ignore[arg-type]
        assert not isinstance(answer, AppError)


async def charge(database: Database, market: Market, rule: ShippingRule, *, session_only: bool = False) -> None:
    async with database.transactions.begin() as db:
        session_id = market.session_id if session_only else None
        db.add(ShippingRuleRow(organisation_id=market.organisation_id, session_id=session_id, rule=rule.model_dump(mode="json")))


async def test_a_basket_of_offers_and_shelf_lines_is_one_order_with_one_receipt(
    database: Database, market: Market, queues: PlacingQueues, postgres_url: str
) -> None:
    other_id = await a_pool(database, market, await a_product(database, market))
    product_id = await a_pool(database, market)
    offer_id = await an_offer(database, market)
    order = a_wanted_order(market, {offer_id: 2}, shelf={product_id: want(1), other_id: want(3, 90_000)})

    receipt = await queues.place(order)

    assert [(line.offer_id, line.product_id, line.quantity, line.amount_vnd) for line in receipt.lines] == [
        (offer_id, product_id, 2, 258_000),
        (None, product_id, 1, 180_000),
        (None, other_id, 3, 270_000),
    ]
    assert receipt.total_vnd == 708_000
    assert await queues.place(order) == receipt
    assert await pool_of(database, market, product_id) == (10, 3, 0)
    assert await pool_of(database, market, other_id) == (10, 3, 0)
    assert complaints_about(await read_truth(postgres_url, market.session_id)) == []


async def test_an_offer_sells_no_more_than_the_pool_has(database: Database, market: Market, queues: PlacingQueues) -> None:
    product_id = await a_pool(database, market, units=3)
    offer_id = await an_offer(database, market, total=10)
    await queues.place(a_wanted_order(market, {}, shelf={product_id: want(2)}))

    with pytest.raises(SoldOut) as refused:
        await queues.place(a_wanted_order(market, {offer_id: 2}))
    await queues.place(a_wanted_order(market, {offer_id: 1}))

    assert refused.value.details == {"offer_id": str(offer_id), "remaining": 1}
    with pytest.raises(SoldOut) as refused:
        await queues.place(a_wanted_order(market, {}, shelf={product_id: want(1)}))
    assert refused.value.details == {"product_id": str(product_id), "remaining": 0}


async def test_lines_of_one_product_count_together_against_its_pool(database: Database, market: Market, queues: PlacingQueues) -> None:
    """Each line alone would fit."""
    product_id = await a_pool(database, market, units=3)
    offer_id = await an_offer(database, market)

    with pytest.raises(SoldOut):
        await queues.place(a_wanted_order(market, {offer_id: 2}, shelf={product_id: want(2)}))

    assert await pool_of(database, market, product_id) == (3, 0, 0)


async def test_an_offer_without_a_pool_is_not_touched_by_the_pools_of_others(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    other_id = await a_pool(database, market, await a_product(database, market), units=0)
    offer_id = await an_offer(database, market, total=4)

    receipt = await queues.place(a_wanted_order(market, {offer_id: 4}))

    assert receipt.total_vnd == 4 * 129_000
    assert await pool_of(database, market, other_id) == (0, 0, 0)


async def test_only_products_with_a_pool_that_are_in_the_run_down_are_on_the_shelf(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    without = market.product_id
    with pytest.raises(NotOnShelf):
        await queues.place(a_wanted_order(market, {}, shelf={without: want(1)}))
    product_id = await a_pool(database, market)
    async with database.transactions.begin() as db:
        place = await db.get(SessionProduct, (market.session_id, product_id))
        await db.delete(place)

    with pytest.raises(NotOnShelf):
        await queues.place(a_wanted_order(market, {}, shelf={product_id: want(1)}))


async def test_a_price_that_has_changed_since_it_was_shown_is_refused_by_name(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    product_id = await a_pool(database, market)
    async with database.transactions.begin() as db:
        await db.execute(update(Product).where(Product.id == product_id).values(price_vnd=200_000))

    with pytest.raises(PriceChanged) as refused:
        await queues.place(a_wanted_order(market, {}, shelf={product_id: want(1)}))
    receipt = await queues.place(a_wanted_order(market, {}, shelf={product_id: want(1, 200_000)}))

    assert refused.value.details == {"product_id": str(product_id), "unit_price_vnd": 200_000}
    assert receipt.total_vnd == 200_000


@pytest.mark.parametrize("by", ["device", "phone"])
async def test_the_limit_of_the_shelf_counts_device_and_phone_over_orders(
    database: Database, market: Market, queues: PlacingQueues, by: str
) -> None:
    product_id = await a_pool(database, market, units=20, limit=3)
    device_id, phone = uuid4(), "+84901234567"
    same = {"device_id": device_id} if by == "device" else {"phone": phone}
    first = await queues.place(a_wanted_order(market, {}, shelf={product_id: want(2)}, **same))

    with pytest.raises(ViewerLimitReached) as refused:
        await queues.place(a_wanted_order(market, {}, shelf={product_id: want(2)}, **same))
    await step(database, market, first.order_id, "cancelled")
    await queues.place(a_wanted_order(market, {}, shelf={product_id: want(3)}, **same))

    assert refused.value.details == {"product_id": str(product_id), "limit": 3, "already_ordered": 2}


async def test_the_limit_of_the_shelf_is_that_of_one_session(database: Database, market: Market, queues: PlacingQueues) -> None:
    product_id = await a_pool(database, market, limit=1)
    device_id = uuid4()
    await queues.place(a_wanted_order(market, {}, shelf={product_id: want(1)}, device_id=device_id))
    elsewhere = Market(market.organisation_id, market.user_id, uuid4(), market.producer_id, product_id)
    await database.pool.execute(
        "INSERT INTO sessions (id, organisation_id, host_id, title, state) VALUES ($1, $2, $3, 'Phiên khác', 'live')",
        elsewhere.session_id, market.organisation_id, market.user_id,
    )  # fmt: skip
    await database.pool.execute("INSERT INTO ledgers (session_id, last_hash) VALUES ($1, '')", elsewhere.session_id)
    await database.pool.execute(
        "INSERT INTO session_products (session_id, product_id, position, code) VALUES ($1, $2, 1, 'A1')", elsewhere.session_id, product_id
    )
    await a_pool(database, elsewhere, limit=1)

    receipt = await queues.place(a_wanted_order(elsewhere, {}, shelf={product_id: want(1)}, device_id=device_id))

    assert receipt.number == 1


@pytest.mark.parametrize(("kinds", "sold"), [(("cancelled",), 0), (("expired",), 0), (("confirmed", "delivered", "returned"), 5)])
async def test_units_go_back_to_offer_and_pool_as_the_kind_says(
    database: Database, market: Market, queues: PlacingQueues, postgres_url: str, kinds: tuple[str, ...], sold: int
) -> None:
    product_id = await a_pool(database, market)
    offer_id = await an_offer(database, market)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 2}, shelf={product_id: want(3)}))

    await step(database, market, receipt.order_id, *kinds)

    truth = await read_truth(postgres_url, market.session_id)
    assert await pool_of(database, market, product_id) == (10, sold, 0)
    assert truth.offers[0]["remaining"] == (8 if sold else 10)
    assert complaints_about(truth) == []


@pytest.fixture
def waitlist(database: Database, redis: RedisClients) -> Waitlist:
    return a_waitlist(database, redis, OrderSettings())


async def test_units_of_the_pool_that_come_back_are_held_for_whoever_waits_for_an_offer_of_it(
    database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist, postgres_url: str
) -> None:
    product_id = await a_pool(database, market, units=1)
    offer_id = await an_offer(database, market, total=10)
    from_shelf = await queues.place(a_wanted_order(market, {}, shelf={product_id: want(1)}))
    first = uuid4()
    place = await waitlist.join(market.session_id, offer_id, first, 1)

    async with database.pool.acquire() as db, db.transaction():
        result = await append_steps(db, market.session_id, [Step(from_shelf.order_id, "cancelled")], call_seconds=60)

    assert [calls.entry_ids for calls in result.calls] == [(place.entry_id,)]
    assert await pool_of(database, market, product_id) == (1, 0, 1)
    for refused in (a_wanted_order(market, {}, shelf={product_id: want(1)}), a_wanted_order(market, {offer_id: 1})):
        with pytest.raises(SoldOut):
            await queues.place(refused)
    await queues.place(a_wanted_order(market, {offer_id: 1}, device_id=first))
    assert await pool_of(database, market, product_id) == (1, 1, 0)
    assert complaints_about(await read_truth(postgres_url, market.session_id)) == []


async def test_what_a_called_person_lets_lapse_goes_back_to_the_shelf(
    database: Database, market: Market, queues: PlacingQueues, waitlist: Waitlist
) -> None:
    product_id = await a_pool(database, market, units=1)
    offer_id = await an_offer(database, market, total=10)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}))
    await waitlist.join(market.session_id, offer_id, uuid4(), 1)
    await step(database, market, receipt.order_id, "cancelled")
    assert await pool_of(database, market, product_id) == (1, 0, 1)
    await database.pool.execute("UPDATE waitlist_entries SET called_until = now() - interval '1 second' WHERE state = 'called'")

    await waitlist.call_due()

    assert await pool_of(database, market, product_id) == (1, 0, 0)
    await queues.place(a_wanted_order(market, {}, shelf={product_id: want(1)}))


@pytest.mark.parametrize("change", ["sold = units + 1", "held = units + 1", "sold = -1", "held = -1", "units = -1"])
async def test_the_database_itself_refuses_a_pool_that_cannot_be(database: Database, market: Market, change: str) -> None:
    await a_pool(database, market)

    with pytest.raises(asyncpg.CheckViolationError):
        await database.pool.execute(f"UPDATE session_stock SET {change}")  # noqa: S608 - ours


RULE = ShippingRule(
    steps=(WeightStep(up_to_grams=1_000, fee_vnd=25_000), WeightStep(up_to_grams=3_000, fee_vnd=40_000)), free_from_vnd=2_000_000
)


@pytest.mark.parametrize(
    ("goods_vnd", "grams", "fee_vnd"),
    [(1, 1_000, 25_000), (1, 1_001, 40_000), (1, 9_999, 40_000), (1_999_999, 500, 25_000), (2_000_000, 9_999, 0)],
)
def test_the_fee_goes_by_weight_and_is_free_from_an_amount(goods_vnd: int, grams: int, fee_vnd: int) -> None:
    assert RULE.fee_vnd(goods_vnd=goods_vnd, grams=grams) == fee_vnd


async def test_an_order_is_charged_the_fee_of_its_weight_and_it_stays_with_the_order(
    database: Database, market: Market, queues: PlacingQueues, postgres_url: str
) -> None:
    """The market's product weighs 500 g, the other 300 g."""
    await charge(database, market, RULE)
    other_id = await a_pool(database, market, await a_product(database, market))
    offer_id = await an_offer(database, market)
    order = a_wanted_order(market, {offer_id: 1}, shelf={other_id: want(2, 90_000)}, shipping_fee_vnd=40_000)

    receipt = await queues.place(order)
    await step(database, market, receipt.order_id, "cancelled")

    assert (receipt.shipping_vnd, receipt.total_vnd) == (40_000, 129_000 + 180_000 + 40_000)
    assert await queues.place(order) == receipt
    truth = await read_truth(postgres_url, market.session_id)
    entries = [entry_of(body) for _, body, _ in truth.ledger]
    assert [(entry.kind, entry.shipping_vnd, json.loads(body)["v"]) for entry, (_, body, _) in zip(entries, truth.ledger, strict=True)] == [
        ("placed", 40_000, 2),
        ("cancelled", 40_000, 2),
    ]
    totals = truth.ladder().totals
    assert (totals["revenue_placed_vnd"], totals["shipping_placed_vnd"], totals["shipping_cancelled_vnd"]) == (309_000, 40_000, 40_000)


async def test_a_fee_other_than_the_one_shown_is_refused_by_name(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    with pytest.raises(ShippingFeeChanged) as without:
        await queues.place(a_wanted_order(market, {offer_id: 1}, shipping_fee_vnd=25_000))
    await charge(database, market, ShippingRule(flat_vnd=30_000))
    with pytest.raises(ShippingFeeChanged) as refused:
        await queues.place(a_wanted_order(market, {offer_id: 1}, shipping_fee_vnd=25_000))

    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}))

    assert (without.value.details, refused.value.details) == ({"shipping_vnd": 0}, {"shipping_vnd": 30_000})
    assert (receipt.shipping_vnd, receipt.total_vnd) == (30_000, 159_000)


async def test_a_session_s_own_rule_counts_instead_of_the_organisation_s(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    await charge(database, market, ShippingRule(flat_vnd=30_000))
    await charge(database, market, ShippingRule(flat_vnd=0), session_only=True)

    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}))

    assert receipt.shipping_vnd == 0
