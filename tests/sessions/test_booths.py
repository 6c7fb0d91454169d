"""A booth is a session of a producer that is open at once and until it is closed: the same orders, ledger and report."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx2
import segno

from app.metrics.queries import sessions_to_checkpoint
from tests.live.market import Market, a_user

BUYER: dict[str, Any] = {
    "name": "Nguyễn Thị Lan",
    "phone": "0912345678",
    "address": {"province_code": 42, "ward_code": 18547, "street": "Thôn 3"},
}


async def ask(browser: httpx2.AsyncClient, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
    answer = await browser.request(method, path, **({} if body is None else {"json": body}))
    assert answer.status_code == status, answer.text
    return answer.json()


async def a_producer(market: Market, *prices_vnd: int) -> str:
    """The id of a new producer with a product at each price."""
    content = {"name": "HTX Cẩm Mỹ", "kind": "cooperative", "province_code": 42, "commune_code": 18547}
    async with market.browser(market.organiser) as organiser:
        producer = str((await ask(organiser, "POST", "/api/v1/producers", content, status=201))["id"])
        for price_vnd in prices_vnd:
            goods = {"producer_id": producer, "name": f"Mật ong {price_vnd}", "price_vnd": price_vnd, "unit": "chai", "weight_grams": 700}
            await ask(organiser, "POST", "/api/v1/products", goods, status=201)
    return producer


async def open_booth(market: Market, producer: str, *, units: int | None = 10) -> Any:
    """The producer's booth; its first product has that many units."""
    async with market.browser(market.organiser) as organiser:
        booth = await ask(organiser, "POST", f"/api/v1/producers/{producer}/booth")
        if units is not None:
            await ask(organiser, "PUT", f"/api/v1/sessions/{booth['id']}/stock/{booth['products'][0]['id']}", {"units": units})
    return booth


def an_order(booth: Any, quantity: int = 1) -> dict[str, Any]:
    product = booth["products"][0]
    line = {"product_id": product["id"], "quantity": quantity, "unit_price_vnd": product["price_vnd"]}
    return {"key": str(uuid4()), "lines": [line], "buyer": BUYER}


async def test_a_booth_sells_at_once_and_is_a_session_on_the_desk_and_in_the_report(market: Market) -> None:
    booth = await open_booth(market, await a_producer(market, 50_000, 60_000), units=3)
    path = f"/api/v1/sessions/{booth['id']}"
    async with market.browser() as buyer:
        await ask(buyer, "POST", f"{path}/tickets")
        receipt = await ask(buyer, "POST", f"{path}/orders", an_order(booth, 2), status=201)
        refused = await ask(buyer, "POST", f"{path}/orders", an_order(booth, 2), status=409)
    async with market.browser(market.organiser) as organiser:
        orders = await ask(organiser, "GET", f"{path}/orders")
        report = await ask(organiser, "GET", f"{path}/report")

    assert (booth["kind"], booth["state"], booth["host_name"], booth["planned_start_at_ms"]) == ("booth", "live", "", None)
    assert [each["price_vnd"] for each in booth["products"]] == [50_000, 60_000]
    assert [each["order_id"] for each in orders["orders"]] == [receipt["order_id"]]
    assert refused["code"] == "sold_out"
    assert (report["state"], report["figures_are"], report["title"]) == ("live", "live", "HTX Cẩm Mỹ")


async def test_a_booth_is_nowhere_among_the_streams_and_staff_see_it(market: Market) -> None:
    booth = await open_booth(market, await a_producer(market, 50_000))
    async with market.browser() as anybody, market.browser(market.organiser) as organiser:
        public = await ask(anybody, "GET", "/api/v1/sessions")
        own = await ask(organiser, "GET", "/api/v1/sessions")
        home = await anybody.get("/")

    assert booth["id"] not in {each["id"] for each in public["items"]}
    assert public["total"] == len(public["items"])
    assert booth["id"] in {each["id"] for each in own["items"]}
    assert booth["id"] not in home.text


async def test_opening_again_brings_the_goods_up_to_date_and_opens_no_second_booth(market: Market) -> None:
    producer = await a_producer(market, 50_000, 60_000)
    first = await open_booth(market, producer, units=None)
    async with market.browser(market.organiser) as organiser:
        await ask(organiser, "PATCH", f"/api/v1/products/{first['products'][0]['id']}", {"is_active": False})

    again = await open_booth(market, producer, units=None)

    assert again["id"] == first["id"]
    assert [each["id"] for each in again["products"]] == [first["products"][1]["id"]]


async def test_a_closed_booth_takes_no_orders_and_the_next_one_is_a_new_session(market: Market) -> None:
    producer = await a_producer(market, 50_000)
    booth = await open_booth(market, producer)
    async with market.browser() as buyer:
        await ask(buyer, "POST", f"/api/v1/sessions/{booth['id']}/tickets")
        async with market.browser(market.organiser) as organiser:
            closed = await ask(organiser, "POST", f"/api/v1/producers/{producer}/booth/close")
            twice = await ask(organiser, "POST", f"/api/v1/producers/{producer}/booth/close")
        refused = await ask(buyer, "POST", f"/api/v1/sessions/{booth['id']}/orders", an_order(booth), status=409)
    reopened = await open_booth(market, producer, units=None)

    assert (closed["state"], twice["state"], refused["code"]) == ("ended", "ended", "session_not_live")
    assert reopened["state"] == "live"
    assert reopened["id"] != booth["id"]


async def test_what_is_left_goes_on_into_the_next_booth_with_what_was_given_back_later(market: Market) -> None:
    producer = await a_producer(market, 50_000, 60_000)
    first = await open_booth(market, producer, units=9)
    product_id = first["products"][0]["id"]
    async with market.browser() as buyer, market.browser(market.organiser) as organiser:
        await ask(buyer, "POST", f"/api/v1/sessions/{first['id']}/tickets")
        receipt = await ask(buyer, "POST", f"/api/v1/sessions/{first['id']}/orders", an_order(first, 4), status=201)
        await ask(organiser, "POST", f"/api/v1/producers/{producer}/booth/close")
        second = await open_booth(market, producer, units=None)
        in_second = await ask(organiser, "GET", f"/api/v1/sessions/{second['id']}/stock")
        left_in_first = await ask(organiser, "GET", f"/api/v1/sessions/{first['id']}/stock")
        await ask(buyer, "POST", f"/api/v1/sessions/{second['id']}/tickets")
        await ask(buyer, "POST", f"/api/v1/sessions/{second['id']}/orders", an_order(second, 2), status=201)
        steps = f"/api/v1/sessions/{first['id']}/orders/{receipt['order_id']}/steps"
        await ask(organiser, "POST", steps, {"kind": "cancelled", "reason": "no_answer"}, status=201)
        await ask(organiser, "POST", f"/api/v1/producers/{producer}/booth/close")
        third = await open_booth(market, producer, units=None)
        in_third = await ask(organiser, "GET", f"/api/v1/sessions/{third['id']}/stock")
        reports = [await ask(organiser, "GET", f"/api/v1/sessions/{booth['id']}/report") for booth in (first, second)]

    assert [(row["product_id"], row["units"], row["left"]) for row in in_second["stock"]] == [(product_id, 5, 5)]
    assert [(row["units"], row["sold"], row["left"]) for row in left_in_first["stock"]] == [(4, 4, 0)]
    assert [(row["units"], row["left"]) for row in in_third["stock"]] == [(7, 7)]
    assert all(check["ok"] for report in reports for check in report["reconciliation"]["checks"])


async def test_staff_see_in_their_lists_which_session_is_a_booth(market: Market) -> None:
    await open_booth(market, await a_producer(market, 50_000))
    async with market.browser(market.organiser) as organiser:
        pages = [await organiser.get(path) for path in ("/host", "/organiser")]

    assert all('<span class="badge badge-outline">Gian hàng</span>' in page.text for page in pages)


async def test_a_booth_has_no_planned_time_and_sells_nothing_of_others(market: Market) -> None:
    booth = await open_booth(market, await a_producer(market, 50_000), units=None)
    strange = str(market.product_ids[0])
    path = f"/api/v1/sessions/{booth['id']}"
    async with market.browser(market.organiser) as organiser:
        planned = await ask(organiser, "PATCH", path, {"planned_start_at": "2027-01-05T08:00:00+07:00"}, status=409)
        foreign = await ask(organiser, "PUT", f"{path}/products", {"product_ids": [strange]}, status=400)

    assert planned["code"] == "booth_has_no_plan"
    assert (foreign["code"], foreign["details"]["product_ids"]) == ("invalid_products", [strange])


async def test_only_an_organiser_of_the_producers_organisation_opens_a_booth(market: Market) -> None:
    producer = await a_producer(market, 50_000)
    elsewhere = await market.node.accounts.create_organisation("Chợ khác")
    stranger = await a_user(market.node, elsewhere, name="Người lạ", role="organiser")
    async with market.browser(stranger) as other, market.browser(market.host) as host:
        unknown = await other.post(f"/api/v1/producers/{producer}/booth")
        refused = await host.post(f"/api/v1/producers/{producer}/booth")

    assert (unknown.status_code, refused.status_code) == (404, 403)


async def test_a_producer_without_goods_has_no_booth(market: Market) -> None:
    producer = await a_producer(market)
    async with market.browser(market.organiser) as organiser:
        refused = await ask(organiser, "POST", f"/api/v1/producers/{producer}/booth", status=409)
        never = await ask(organiser, "POST", f"/api/v1/producers/{producer}/booth/close", status=404)

    assert (refused["code"], never["code"]) == ("booth_has_no_goods", "session_not_found")


async def test_hundreds_of_open_booths_are_not_written_down_every_few_seconds(market: Market) -> None:
    booth = UUID((await open_booth(market, await a_producer(market, 50_000)))["id"])
    database = market.stores.database
    async with database.transactions() as db:
        before = await sessions_to_checkpoint(db)
    await market.node.metrics.checkpoint(booth)
    await market.node.metrics.checkpoint(booth)
    async with database.transactions() as db:
        after = await sessions_to_checkpoint(db)

    assert booth in before
    assert booth not in after


async def test_the_page_of_a_booth_stays_when_the_booth_is_closed_and_its_session_leads_there(market: Market) -> None:
    producer = await a_producer(market, 50_000)
    async with market.browser() as buyer, market.browser(market.organiser) as organiser:
        before = await buyer.get(f"/b/{producer}")
        booth = await open_booth(market, producer)
        stream = (await ask(organiser, "POST", "/api/v1/sessions", {"title": "Chợ <b>phiên</b>"}, status=201))["id"]
        goods = {"product_ids": [booth["products"][0]["id"]]}
        await ask(organiser, "PUT", f"/api/v1/sessions/{stream}/products", goods)
        await ask(organiser, "PATCH", f"/api/v1/sessions/{stream}", {"planned_start_at": "2099-01-31T20:00:00+07:00"})
        await ask(organiser, "POST", f"/api/v1/sessions/{stream}/transitions", {"to": "scheduled"})
        page = await buyer.get(f"/b/{producer}")
        way = await buyer.get(f"/s/{booth['id']}")
        await ask(organiser, "POST", f"/api/v1/producers/{producer}/booth/close")
        closed = await buyer.get(f"/b/{producer}")

    assert before.status_code == 404
    assert (way.status_code, way.headers["location"]) == (303, f"/b/{producer}")
    assert all(words in page.text for words in ("HTX Cẩm Mỹ", 'id="page-facts"', f'href="/s/{stream}"', "Chợ &lt;b&gt;phiên&lt;/b&gt;"))
    assert closed.status_code == 200
    assert "Gian hàng đang tạm đóng." in closed.text
    assert 'id="page-facts"' not in closed.text


async def test_a_ward_lists_its_open_booths_and_no_others(market: Market) -> None:
    shown, hidden = await a_producer(market, 50_000), await a_producer(market, 50_000)
    for producer in (shown, hidden):
        await open_booth(market, producer)
    async with market.browser() as anybody, market.browser(market.organiser) as organiser:
        await ask(organiser, "POST", f"/api/v1/producers/{hidden}/booth/close")
        page = await anybody.get("/xa/18547")
        empty, nonsense = await anybody.get("/xa/99999"), await anybody.get("/xa/99999999999999999999")

    assert f'href="/b/{shown}"' in page.text
    assert hidden not in page.text
    assert (empty.status_code, nonsense.status_code) == (404, 404)


async def test_a_poster_has_the_booths_address_as_a_code_to_scan(market: Market) -> None:
    producer = await a_producer(market, 50_000)
    await open_booth(market, producer)
    async with market.browser() as anybody:
        page = await anybody.get(f"/b/{producer}/poster")
        address = f"{anybody.base_url}/b/{producer}".replace("//b/", "/b/")

    # The same modules as an encoder makes of the address, whatever is drawn around them.
    expected = segno.make_qr(address, error="q").svg_inline(border=0, omitsize=True, svgclass="poster-code", lineclass=None)
    assert expected in page.text
    assert f">{address}<" in page.text
