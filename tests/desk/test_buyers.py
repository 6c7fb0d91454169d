"""What is found and what is known of buyers: by code, phone, name and product, within one's reach; and hints from one's own sessions."""

from __future__ import annotations

import pytest

from app.accounts.service import CurrentUser
from app.desk.buyers import ORDERS_NEEDED, extra_percent, is_refused
from app.desk.searching import fits
from app.fulfilment.persons import erase_contacts
from app.fulfilment.transitions import Step
from app.infra.database import Database
from tests.desk.builders import Node, a_colleague
from tests.orders.builders import Market, a_market

PHONE = "+84912345678"


@pytest.fixture
async def lan(database: Database, market: Market) -> CurrentUser:
    return await a_colleague(database, market, "Lan")


async def test_orders_are_found_by_code_phone_name_and_product_in_any_spelling(node: Node, lan: CurrentUser) -> None:
    (mine,), (other,) = await node.places(phone=PHONE), await node.places()
    code = await node.database.pool.fetchval("SELECT code FROM orders WHERE id = $1", mine)

    found = {
        text: [order.order_id for order in (await node.search.search(lan, text, None)).orders]
        for text in (
            code.lower(),
            "0912 345 678",
            "+84912345678",
            "0912345679",
            "nguyen thi lan",
            "LAN",
            "Hoa",
            "mat ong",
            "cu đơ",
            "a",
            "99",
        )
    }

    both = {mine, other}
    assert {text: set(ids) for text, ids in found.items()} == {
        code.lower(): {mine},
        "0912 345 678": {mine},
        "+84912345678": {mine},
        "0912345679": set(),
        "nguyen thi lan": both,
        "LAN": both,
        "Hoa": set(),
        "mat ong": both,
        "cu đơ": set(),
        "a": set(),
        "99": set(),
    }
    named = await node.search.search(lan, "lan", None)
    assert named.names_searched == 2
    assert {order.phone_masked for order in named.orders} == {order.phone_masked for order in named.orders if order.phone_masked}


async def test_nobody_finds_what_is_out_of_their_reach(database: Database, node: Node, market: Market) -> None:
    elsewhere = await a_market(database)
    (there,) = await node.places(market=elsewhere, phone=PHONE)
    code = await database.pool.fetchval("SELECT code FROM orders WHERE id = $1", there)
    of_another = await a_colleague(database, market, "Lan")
    own = await a_colleague(database, elsewhere, "Cúc")

    for text in (code, PHONE, "lan", "mat ong"):
        assert (await node.search.search(of_another, text, None)).orders == []
        assert [order.order_id for order in (await node.search.search(own, text, None)).orders] == [there]


def test_words_begin_words_of_a_name_with_and_without_marks() -> None:
    name = "Nguyễn Thị Minh Nguyệt"

    assert [fits(text.split(), name) for text in ("nguyet", "minh ng", "thi minh nguyet", "guyet", "lan")] == [
        True,
        True,
        True,
        False,
        False,
    ]


async def test_a_number_s_other_orders_and_refusals_stand_beside_it_over_sessions(
    database: Database, node: Node, market: Market, lan: CurrentUser
) -> None:
    other, stranger = await a_market(database), await a_market(database)
    await database.pool.execute("UPDATE sessions SET organisation_id = $2 WHERE id = $1", other.session_id, market.organisation_id)
    (here,) = await node.places(phone=PHONE)
    refused, delivered, of_seller = await node.places(3, market=other, phone=PHONE)
    await node.places(market=stranger, phone=PHONE)
    steps = [Step(refused, "cancelled", "no_answer"), Step(of_seller, "cancelled", "out_of_stock")]
    await node.selling.desk.append(other.session_id, [*steps, Step(delivered, "confirmed"), Step(delivered, "delivered")])

    known = await node.knowledge.history(lan, market.session_id, here)

    assert (known.orders, known.agreed, known.delivered, known.refused) == (4, 1, 1, 1)
    assert {each.order_id for each in known.others} == {refused, delivered, of_seller}
    async with database.pool.acquire() as db, db.transaction():
        await erase_contacts(db, [here])
    assert (await node.knowledge.history(lan, market.session_id, here)).orders == 0


@pytest.mark.parametrize(
    ("kinds", "reason", "refused"),
    [
        (["placed", "cancelled"], "too_dear", True),
        (["placed", "cancelled"], "buyer_changed_mind", False),
        (["placed", "cancelled"], "duplicate", False),
        (["placed", "expired"], None, False),
        (["placed", "confirmed", "delivered", "returned"], None, True),
    ],
)
def test_what_lay_with_the_buyer_counts(kinds: list[str], reason: str | None, refused: bool) -> None:
    assert is_refused(kinds, reason) is refused


def test_extra_orders_are_advised_from_enough_orders_and_never_too_many() -> None:
    assert extra_percent(ORDERS_NEEDED - 1, 10) is None
    assert extra_percent(100, 0) is None
    assert extra_percent(100, 100) == 0
    assert extra_percent(100, 90) == 11
    assert extra_percent(100, 50) == 15


async def test_advice_comes_with_its_numbers_from_decided_orders(node: Node, market: Market, lan: CurrentUser) -> None:
    placed = await node.places(40)
    lost = [Step(order_id, "cancelled", "refused") for order_id in placed[:4]]
    await node.selling.desk.append(market.session_id, [*lost, *(Step(order_id, "confirmed") for order_id in placed[4:36])])
    await node.follower.follow()

    (product,) = (await node.knowledge.advice(lan)).products

    assert (product.name, product.placed_orders, product.kept_orders, product.extra_percent) == ("Mật ong", 36, 32, 12)
