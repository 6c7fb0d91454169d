"""Changes, returns and refunds over HTTP: once per key, refused by name, and shown alike to the desk, the buyer and the report."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from app.reports import verify
from tests.buyers import a_viewer, an_offer, an_order, path_of, places
from tests.fulfilment.order_link import OrderLink
from tests.live.market import Market, a_user


@pytest.fixture
async def market(live_shop: Market) -> Market:
    return live_shop


class Handled:
    """An order at the desk of its host."""

    def __init__(self, host: httpx2.AsyncClient, market: Market, offer: dict[str, Any], receipt: dict[str, Any]) -> None:
        self.host, self.market, self.offer, self.receipt = host, market, offer, receipt

    async def post(self, part: str, content: dict[str, Any], *, key: str | None = None) -> httpx2.Response:
        path = path_of(self.market, "orders", self.receipt["order_id"], part)
        return await self.host.post(path, json=content, headers={} if key is None else {"idempotency-key": key})

    async def change(self, quantity: int, *, key: str | None = None, **more: Any) -> httpx2.Response:
        return await self.post("changes", {"lines": [{"offer_id": self.offer["id"], "quantity": quantity}], **more}, key=key)

    async def step(self, kind: str, **more: Any) -> httpx2.Response:
        return await self.post("steps", {"kind": kind, **more})

    async def read(self) -> dict[str, Any]:
        order: dict[str, Any] = (await self.host.get(path_of(self.market, "orders", self.receipt["order_id"]))).json()
        return order


async def test_a_change_is_made_once_per_key_and_everybody_sees_the_order_as_it_is_then(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer, market.browser(market.host) as host, market.browser() as stranger:
        receipt = await places(viewer, market, offer, quantity=2)
        order = Handled(host, market, offer, receipt)

        answers = [await order.change(1, key="less", seen_seq=receipt["number"]) for _ in range(2)]
        reused = await order.change(2, key="less")
        stale = await order.change(2, seen_seq=receipt["number"])
        listed = (await host.get(path_of(market, "orders"))).json()["orders"]
        page = await OrderLink(stranger, receipt).page()
        mine = (await viewer.get("/api/v1/my-orders")).json()["orders"]
        receipts = (await viewer.get(path_of(market, "orders", "mine"))).json()

    price = offer["flash_price_vnd"]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert [entry["kind"] for entry in answers[0].json()["entries"]] == ["placed", "changed"]
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert (stale.status_code, stale.json()["code"]) == (409, "order_changed_meanwhile")
    for shown in (listed[0], page, mine[0]):
        assert shown["total_vnd"] == price
    (item,) = page["entries"][1]["items"]
    assert (item["before"], item["quantity"], page["entries"][1]["amount_vnd"]) == (2, -1, -price)
    assert (page["lines"][0]["quantity"], page["owed_vnd"], page["state"]) == (1, price, "placed")
    assert (receipts["orders"][0]["total_vnd"], receipts["orders"][0]["lines"][0]["quantity"]) == (price, 1)


async def test_the_order_of_before_is_answered_to_a_repeat_of_its_placing(market: Market) -> None:
    offer = await an_offer(market)
    wanted = an_order(offer, 2)
    async with a_viewer(market) as viewer, market.browser(market.host) as host:
        receipt = (await viewer.post(path_of(market, "orders"), json=wanted)).json()
        await Handled(host, market, offer, receipt).change(1)

        assert (await viewer.post(path_of(market, "orders"), json=wanted)).json() == receipt


async def test_what_cannot_be_is_refused_by_name(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer, market.browser(market.host) as host:
        receipt = await places(viewer, market, offer, quantity=1)
        order = Handled(host, market, offer, receipt)
        product = str(market.product_ids[1])
        answers = [
            await order.change(1),
            await order.change(0),
            await order.change(999),
            await order.post("changes", {"lines": [{"product_id": product, "quantity": 1}]}),
            await order.post("changes", {"lines": [{"quantity": 1}]}),
            await order.post("changes", {"lines": [{"offer_id": offer["id"], "quantity": 2}] * 2}),
            await order.post("returns", {"lines": [{"offer_id": offer["id"], "quantity": 1}]}),
            await order.post("refunds", {"amount_vnd": 1}),
            await order.step("confirmed", collected=True),
            await order.step("changed"),
        ]

    assert [answer.json()["code"] for answer in answers] == [
        *("nothing_to_change", "order_would_be_empty", "sold_out", "not_on_shelf", "malformed", "malformed"),
        *("order_state_not_reachable", "order_state_not_reachable", "malformed", "malformed"),
    ]


async def test_goods_and_money_come_back_in_parts_and_the_export_says_so(market: Market) -> None:
    offer = await an_offer(market, per_viewer_limit=5)
    price = offer["flash_price_vnd"]
    async with a_viewer(market) as viewer, market.browser(market.host) as host:
        receipt = await places(viewer, market, offer, quantity=3)
        order = Handled(host, market, offer, receipt)
        part = {"lines": [{"offer_id": offer["id"], "quantity": 1}], "resaleable": True}
        assert (await order.step("confirmed")).status_code == 201
        assert (await order.step("delivered", collected=True)).json()["kind"] == "delivered"
        back = [await order.post("returns", part, key="back") for _ in range(2)]
        refund = [await order.post("refunds", {"amount_vnd": 1_000}, key="money") for _ in range(2)]
        too_much = await order.post("refunds", {"amount_vnd": 3 * price})
        now = await order.read()
        bodies = await market.stores.database.pool.fetch(
            "SELECT body FROM ledger_entries WHERE session_id = $1 ORDER BY seq", market.session_id
        )

    assert [answer.status_code for answer in (*back, *refund)] == [201] * 4
    assert (too_much.status_code, too_much.json()["details"]["refundable_vnd"]) == (409, 3 * price - 1_000)
    assert [entry["kind"] for entry in now["entries"]] == ["placed", "confirmed", "delivered", "paid", "returned", "restocked", "refunded"]
    assert (now["state"], now["owed_vnd"], now["refundable_vnd"]) == ("refunded", 1_000 - price, 3 * price - 1_000)
    assert (now["lines"][0]["quantity"], now["lines"][0]["returned"]) == (3, 1)
    entries = [json.loads(row["body"]) for row in bodies]
    verify.check_orders(entries)
    assert verify.figures_of(entries)["ladder_vnd"]["net"] == 2 * price
    assert verify.figures_of(entries)["taken"] == {offer["id"]: 2}


async def test_only_those_who_work_the_sessions_orders_may(market: Market) -> None:
    offer = await an_offer(market)
    helper = await a_user(market.node, market.organiser.organisation_id, name="Phụ", role="helper")
    async with a_viewer(market) as viewer, market.browser(helper) as helps, market.browser() as stranger:
        receipt = await places(viewer, market, offer, quantity=2)
        refused = [await Handled(helps, market, offer, receipt).change(1), await Handled(stranger, market, offer, receipt).change(1)]

    assert [answer.status_code for answer in refused] == [403, 401]
