"""The shelf as pages use it: pools set by staff, told to the room, sold over HTTP and sockets with the same refusals, and reported."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.buyers import a_viewer, an_offer, an_order_of, path_of
from tests.live.market import Market

PRICE = 50_000
BY_WEIGHT = {"steps": [{"up_to_grams": 2_000, "fee_vnd": 25_000}, {"up_to_grams": 5_000, "fee_vnd": 40_000}], "free_from_vnd": 400_000}


@pytest.fixture
def market(live_shop: Market) -> Market:
    """A live session of the whole service on one node; both products cost 50,000 and weigh a kilogram."""
    return live_shop


async def ask(browser: httpx2.AsyncClient, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
    said = None if method == "GET" else json.dumps(body)
    answer = await browser.request(method, path, content=said, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def stocked(market: Market, product: int = 0, *, units: int = 10, status: int = 200, **changes: Any) -> Any:
    async with market.browser(market.host) as host:
        path = path_of(market, "stock", str(market.product_ids[product]))
        return await ask(host, "PUT", path, {"units": units} | changes, status=status)


def shelf_line(market: Market, quantity: int = 1, product: int = 0, price_vnd: int = PRICE) -> dict[str, Any]:
    return {"product_id": str(market.product_ids[product]), "quantity": quantity, "unit_price_vnd": price_vnd}


async def test_a_pool_that_is_set_while_live_counts_what_was_sold_and_reaches_the_room(market: Market) -> None:
    offer = await an_offer(market, per_viewer_limit=5)
    viewer = await market.enters()
    async with a_viewer(market) as buyer:
        await ask(buyer, "POST", path_of(market, "orders"), an_order_of({"offer_id": offer["id"], "quantity": 4}), status=201)

    row = await stocked(market, units=6)
    event = await viewer.sees_event("stock.changed")
    newcomer = await market.enters()

    product_id = str(market.product_ids[0])
    assert row == {"product_id": product_id, "units": 6, "sold": 4, "held": 0, "left": 2, "per_viewer_limit": 10, "on_shelf": True}
    told = {"product_id": product_id, "units": 6, "left": 2, "per_viewer_limit": 10, "on_shelf": True}
    assert event["stock"] == told
    assert newcomer.frames[0]["shelf"] == [told]
    assert [each["remaining"] for each in newcomer.frames[0]["offers"]] == [2]


async def test_a_pool_cannot_be_smaller_than_what_is_sold_and_is_changed_once_per_intention(market: Market) -> None:
    await stocked(market, units=3)
    async with a_viewer(market) as buyer:
        await ask(buyer, "POST", path_of(market, "orders"), an_order_of(shelf_line(market, 2)), status=201)

    problem = await stocked(market, units=1, status=409)
    path, key = path_of(market, "stock", str(market.product_ids[0])), {"Idempotency-Key": uuid4().hex}
    async with market.browser(market.host) as host:
        first = (await host.put(path, json={"units": 9}, headers=key)).json()
        await ask(host, "PUT", path, {"units": 5})
        again = (await host.put(path, json={"units": 9}, headers=key)).json()

    assert (problem["code"], problem["details"]) == ("stock_below_sold", {"sold": 2, "held": 0})
    assert (first["units"], again["units"]) == (9, 5)


async def test_an_offer_that_an_empty_pool_held_up_is_there_again_when_the_pool_is_filled(market: Market) -> None:
    """Also in a room that was opened meanwhile."""
    await stocked(market, units=1)
    await an_offer(market, per_viewer_limit=5)
    async with a_viewer(market) as buyer:
        await ask(buyer, "POST", path_of(market, "orders"), an_order_of(shelf_line(market)), status=201)
    viewer = await market.enters()
    shown = [offer["remaining"] for offer in viewer.frames[0]["offers"]]
    offer_id = viewer.frames[0]["offers"][0]["id"]

    await stocked(market, units=8)

    await viewer.sees(lambda frame: (frame.get("stock") or {}).get(offer_id) == 7)
    assert shown == [0]


async def test_a_pool_off_the_shelf_is_for_flash_offers_alone_until_it_is_put_back(market: Market) -> None:
    await stocked(market, units=6)
    offer = await an_offer(market, per_viewer_limit=5)
    viewer = await market.enters()

    await stocked(market, units=6, on_shelf=False)

    event = await viewer.sees_event("stock.changed")
    async with a_viewer(market) as buyer:
        refused = await ask(buyer, "POST", path_of(market, "orders"), an_order_of(shelf_line(market)), status=404)
        quoted = await ask(buyer, "POST", path_of(market, "quote"), {"lines": [shelf_line(market)]}, status=404)
        await ask(buyer, "POST", path_of(market, "orders"), an_order_of({"offer_id": offer["id"], "quantity": 2}), status=201)
        back = await stocked(market, units=6)
        await ask(buyer, "POST", path_of(market, "orders"), an_order_of(shelf_line(market)), status=201)
    assert (event["stock"]["left"], event["stock"]["on_shelf"]) == (6, False)
    assert (refused["code"], quoted["code"]) == ("not_on_shelf", "not_on_shelf")
    assert (back["sold"], back["left"], back["on_shelf"]) == (2, 4, True)


async def test_open_rooms_hear_of_a_new_price_and_name_and_an_order_at_the_old_price_is_refused(market: Market) -> None:
    await stocked(market)
    viewer = await market.enters()
    async with market.browser(market.organiser) as organiser, a_viewer(market) as buyer:
        await ask(organiser, "PATCH", f"/api/v1/products/{market.product_ids[0]}", {"price_vnd": 65_000, "name": "Mật ong rừng"})
        told = (await viewer.sees_event("products.changed"))["products"]
        refused = await ask(buyer, "POST", path_of(market, "orders"), an_order_of(shelf_line(market)), status=409)
        await ask(buyer, "POST", path_of(market, "orders"), an_order_of(shelf_line(market, price_vnd=65_000)), status=201)
        producer = (await ask(organiser, "GET", f"/api/v1/products/{market.product_ids[0]}"))["producer_id"]
        await ask(organiser, "PATCH", f"/api/v1/producers/{producer}", {"name": "HTX Mới"})
    renamed = (await viewer.sees_event("products.changed"))["products"]

    assert [(each["name"], each["price_vnd"]) for each in told if each["id"] == str(market.product_ids[0])] == [("Mật ong rừng", 65_000)]
    assert (refused["code"], refused["details"]["unit_price_vnd"]) == ("price_changed", 65_000)
    assert "HTX Mới" in {each["producer_name"] for each in renamed}


async def test_what_is_left_of_a_pool_that_runs_low_comes_with_the_ticks(market: Market) -> None:
    await stocked(market, units=3)
    viewer = await market.enters()
    async with a_viewer(market) as buyer:
        await ask(buyer, "POST", path_of(market, "orders"), an_order_of(shelf_line(market, 2)), status=201)

    product_id = str(market.product_ids[0])
    await viewer.sees(lambda frame: (frame.get("stock") or {}).get(product_id) == 1)


REFUSALS = [
    ("sold_out", lambda market: an_order_of(shelf_line(market, 6))),
    ("price_changed", lambda market: an_order_of(shelf_line(market, 1, 0, 45_000))),
    ("not_on_shelf", lambda market: an_order_of(shelf_line(market, 1, 1))),
    ("viewer_limit_reached", lambda market: an_order_of(shelf_line(market, 4))),
    ("shipping_fee_changed", lambda market: an_order_of(shelf_line(market), shipping_fee_vnd=1)),
]


@pytest.mark.parametrize(("code", "order"), REFUSALS, ids=[code for code, _ in REFUSALS])
async def test_both_doors_refuse_with_the_same_words(market: Market, code: str, order: Any) -> None:
    await stocked(market, units=5, per_viewer_limit=3)
    viewer = await market.enters()
    async with a_viewer(market) as buyer:
        by_http = await buyer.post(path_of(market, "orders"), json=order(market))

    by_socket = await viewer.asks("order.place", **order(market))

    assert (by_http.json()["code"], by_socket["code"]) == (code, code)
    assert by_http.json()["details"] == by_socket["details"]
    assert by_http.status_code in {404, 409}


async def test_both_doors_take_a_basket_and_its_repeat(market: Market) -> None:
    await stocked(market)
    await stocked(market, 1)
    offer = await an_offer(market, per_viewer_limit=5)
    viewer = await market.enters()
    order = an_order_of({"offer_id": offer["id"], "quantity": 1}, shelf_line(market, 2), shelf_line(market, 1, 1))

    by_socket = await viewer.asks("order.place", **order)
    again = await viewer.asks("order.place", **order)
    async with a_viewer(market) as buyer:
        by_http = await ask(buyer, "POST", path_of(market, "orders"), order, status=201)
        mine = await ask(buyer, "GET", path_of(market, "orders", "mine"))

    assert by_socket["type"] == "order.placed"
    assert (by_socket["total_vnd"], by_http["total_vnd"]) == (189_000, 189_000)
    assert [line["offer_id"] for line in by_socket["lines"]] == [offer["id"], None, None]
    assert by_socket | {"id": ""} == again | {"id": ""}
    assert mine["orders"] == [by_http | {"state": "placed", "payment": "cod"}]


async def test_the_fee_is_quoted_shown_charged_and_reported_apart_from_the_goods(market: Market) -> None:
    await stocked(market)
    viewer = await market.enters()
    async with market.browser(market.organiser) as organiser:
        await ask(organiser, "PUT", "/api/v1/shipping", BY_WEIGHT, status=204)
    shown = (await viewer.sees_event("session.changed"))["session"]["shipping"]
    async with a_viewer(market) as buyer:
        quote = await ask(buyer, "POST", path_of(market, "quote"), {"lines": [shelf_line(market, 3)]})
        receipt = await ask(
            buyer, "POST", path_of(market, "orders"), an_order_of(shelf_line(market, 3), shipping_fee_vnd=40_000), status=201
        )
        free = await ask(buyer, "POST", path_of(market, "quote"), {"lines": [shelf_line(market, 8)]})
    async with market.browser(market.organiser) as organiser:
        await ask(organiser, "POST", path_of(market, "orders", receipt["order_id"], "steps"), {"kind": "confirmed"}, status=201)
        async with asyncio.timeout(10):
            while not (report := await ask(organiser, "GET", path_of(market, "report")))["reconciliation"]["ok"]:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        listed = (await ask(organiser, "GET", path_of(market, "orders")))["orders"][0]

    assert shown == {"flat_vnd": 0} | BY_WEIGHT
    assert (quote["goods_vnd"], quote["shipping_vnd"], quote["total_vnd"]) == (150_000, 40_000, 190_000)
    assert free["shipping_vnd"] == 0
    assert (receipt["shipping_vnd"], receipt["total_vnd"]) == (40_000, 190_000)
    assert [(step["amount_vnd"], step["shipping_vnd"]) for step in report["ladder"][:3]] == [(150_000, 40_000), (150_000, 40_000), (0, 0)]
    assert {each["name"]: each["value"] for each in report["headline"]}["shipping_placed_vnd"] == 40_000
    assert (report["products"][0]["stock_units"], report["products"][0]["stock_left"]) == (10, 7)
    assert (listed["shipping_vnd"], listed["total_vnd"], listed["units"]) == (40_000, 190_000, 3)


async def test_a_session_has_a_fee_of_its_own_until_it_goes_back_to_the_organisation_s(market: Market) -> None:
    async with market.browser(market.organiser) as organiser, market.browser(market.host) as host:
        await ask(organiser, "PUT", "/api/v1/shipping", {"flat_vnd": 30_000}, status=204)
        await ask(host, "PUT", path_of(market, "shipping"), {"flat_vnd": 10_000}, status=204)
        own = (await ask(host, "GET", path_of(market)))["shipping"]["flat_vnd"]
        both = await ask(host, "GET", path_of(market, "shipping"))
        await ask(host, "PUT", path_of(market, "shipping"), None, status=204)
        back = (await ask(host, "GET", path_of(market)))["shipping"]["flat_vnd"]
        refused = await ask(host, "PUT", "/api/v1/shipping", None, status=403)

    assert (own, back, refused["code"]) == (10_000, 30_000, "organiser_only")
    assert (both["own"]["flat_vnd"], both["common"]["flat_vnd"]) == (10_000, 30_000)


@pytest.mark.parametrize(
    "rule",
    [
        {"flat_vnd": -1},
        {"flat_vnd": 10**9},
        {"steps": [{"up_to_grams": 2_000, "fee_vnd": 1}, {"up_to_grams": 2_000, "fee_vnd": 2}]},
        {"steps": [{"up_to_grams": 0, "fee_vnd": 1}]},
        {"free_from_vnd": 10**13},
        {"other": 1},
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(market: Market, rule: dict[str, Any]) -> None:
    async with market.browser(market.organiser) as organiser:
        problem = await ask(organiser, "PUT", "/api/v1/shipping", rule, status=422)

    assert problem["code"] == "malformed"


async def test_stock_belongs_to_the_run_down_of_a_session_that_is_not_over(market: Market) -> None:
    async with market.browser(market.host) as host:
        unknown = await ask(host, "PUT", path_of(market, "stock", str(uuid4())), {"units": 1}, status=409)
    await market.ends()
    over = await stocked(market, status=409)

    assert (unknown["code"], over["code"]) == ("product_not_in_session", "session_closed")
