"""Accounts that buyers transfer to: who names them and how, and what an order's page asks for."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import httpx2
import pytest
import segno
from PIL import Image

from app.accounts.service import CurrentUser
from app.fulfilment.vietqr import VietQr, build_vietqr
from tests.buyers import a_viewer, an_offer, an_order, path_of, places
from tests.fulfilment.order_link import OrderLink
from tests.live.market import Market

PATH = "/api/v1/bank-accounts"
ACCOUNT: dict[str, Any] = {
    "producer_id": None,
    "bank_bin": "970436",
    "account_number": "1031 933 430",
    "account_number_again": "1031933430",
    "holder_name": "HTX NONG SAN HUONG SON",
}


async def _names(market: Market, user: CurrentUser | None = None, **changes: Any) -> httpx2.Response:
    async with market.browser(user or market.organiser) as browser:
        return await browser.put(PATH, json=ACCOUNT | changes)


async def _audited(market: Market) -> list[tuple[str, dict[str, Any]]]:
    rows = await market.stores.database.pool.fetch(
        "SELECT action, details::text FROM audit_entries WHERE organisation_id = $1 AND action LIKE 'bank_account.%' ORDER BY id",
        market.organiser.organisation_id,
    )
    return [(row["action"], json.loads(row["details"])) for row in rows]


async def _ordered(market: Market, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A receipt and the page of its order."""
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        answer = await viewer.post(path_of(market, "orders"), json=an_order(offer, **changes))
        receipt: dict[str, Any] = answer.json()
        return receipt, await OrderLink(viewer, receipt).page()


async def test_an_organiser_names_an_account_and_the_orders_page_asks_for_the_transfer(live_shop: Market) -> None:
    answer = await _names(live_shop)

    receipt, page = await _ordered(live_shop, payment="transfer")

    assert answer.status_code == 200, answer.text
    assert page["transfer"] == {
        "bank_bin": "970436",
        "bank_code": "Vietcombank",
        "bank_name": "Ngân hàng TMCP Ngoại thương Việt Nam",
        "account_number": "1031933430",
        "holder_name": "HTX NONG SAN HUONG SON",
        "amount_vnd": receipt["total_vnd"],
        "memo": f"OCOP{receipt['order_code']}",
    }


async def test_the_code_for_the_bank_says_the_same_and_is_a_picture(live_shop: Market) -> None:
    await _names(live_shop)
    receipt, page = await _ordered(live_shop)
    asked = page["transfer"]
    path, link = f"/api/v1/order-pages/{receipt['order_code']}/vietqr", {"order-link": receipt["link_token"]}

    async with live_shop.browser() as browser:
        png, svg = [await browser.get(f"{path}.{form}", headers=link) for form in ("png", "svg")]
        strangers = await browser.get(f"{path}.png")

    text = build_vietqr(VietQr("970436", "1031933430", asked["amount_vnd"], asked["memo"]))
    drawn = Image.open(io.BytesIO(png.content)).convert("1")
    squares = segno.make_qr(text, error="m").matrix
    assert [[drawn.getpixel((8 * (x + 4) + 4, 8 * (y + 4) + 4)) == 0 for x in range(len(squares))] for y in range(len(squares))] == [
        [bool(square) for square in row] for row in squares
    ]
    assert (png.headers["content-type"], svg.headers["content-type"]) == ("image/png", "image/svg+xml")
    assert svg.content.startswith(b"<?xml")
    assert png.headers["cache-control"] == "no-store"
    assert (strangers.status_code, strangers.json()["code"]) == (404, "order_not_found")


async def test_an_order_of_one_producers_goods_is_paid_to_the_producers_own_account(live_shop: Market) -> None:
    async with live_shop.browser(live_shop.organiser) as organiser:
        producer_id = (await organiser.get("/api/v1/producers")).json()["items"][0]["id"]
    await _names(live_shop)
    _, before = await _ordered(live_shop)

    await _names(live_shop, producer_id=producer_id, account_number="0101234567", account_number_again="0101234567", bank_bin="970405")

    _, after = await _ordered(live_shop)
    assert before["transfer"]["account_number"] == "1031933430"
    assert (after["transfer"]["bank_code"], after["transfer"]["account_number"]) == ("Agribank", "0101234567")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"account_number_again": "1031933431"}, 400, "account_numbers_differ"),
        ({"bank_bin": "123456"}, 400, "unknown_bank"),
        ({"bank_bin": "97043"}, 422, "malformed"),
        ({"account_number": "12-3.4!", "account_number_again": "12-3.4!"}, 422, "malformed"),
        ({"account_number": "١٢٣٤٥٦", "account_number_again": "١٢٣٤٥٦"}, 422, "malformed"),
        ({"holder_name": "  "}, 422, "malformed"),
        ({"producer_id": "0e1f5a37-6d9c-4b1e-8f53-5d1c7a2b9e04"}, 404, "producer_not_found"),
    ],
)
async def test_an_account_that_cannot_be_right_is_refused(shop: Market, changes: dict[str, Any], status: int, code: str) -> None:
    answer = await _names(shop, **changes)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await _audited(shop) == []


async def test_others_see_the_end_of_a_number_and_change_nothing(shop: Market) -> None:
    await _names(shop)

    refused = await _names(shop, shop.host)
    async with shop.browser(shop.host) as host:
        listed = (await host.get(PATH)).json()
        dropped = await host.delete(f"{PATH}/{listed['items'][0]['account_id']}")

    assert (refused.status_code, dropped.status_code) == (403, 403)
    assert [(item["account_number"], item["is_masked"]) for item in listed["items"]] == [("•••3430", True)]
    assert len(listed["banks"]) > 40


async def test_every_change_is_written_down_without_whole_numbers_and_the_same_again_is_none(shop: Market) -> None:
    await _names(shop)
    await _names(shop)
    changed = await _names(shop, account_number="9998887776", account_number_again="9998887776")
    (account,) = changed.json()["items"]
    async with shop.browser(shop.organiser) as organiser:
        left = (await organiser.delete(f"{PATH}/{account['account_id']}")).json()["items"]
        again = await organiser.delete(f"{PATH}/{account['account_id']}")

    assert await _audited(shop) == [
        ("bank_account.named", {"before": None, "after": "970436 •••3430"}),
        ("bank_account.named", {"before": "970436 •••3430", "after": "970436 •••7776"}),
        ("bank_account.dropped", {"before": "970436 •••7776"}),
    ]
    assert left == []
    assert (again.status_code, again.json()["code"]) == (404, "bank_account_not_found")


async def test_two_who_name_an_account_at_once_leave_one(shop: Market) -> None:
    numbers = [f"10319334{end:02}" for end in range(8)]

    async with shop.browser(shop.organiser) as organiser:
        wanted = [ACCOUNT | {"account_number": each, "account_number_again": each} for each in numbers]
        answers = await asyncio.gather(*(organiser.put(PATH, json=each) for each in wanted))
        listed = (await organiser.get(PATH)).json()["items"]
    assert {answer.status_code for answer in answers} == {200}
    assert len(listed) == 1
    assert listed[0]["account_number"] in numbers


async def test_nothing_is_asked_for_once_it_is_paid_over_or_nobody_named_an_account(live_shop: Market) -> None:
    receipt, before = await _ordered(live_shop, payment="transfer")
    await _names(live_shop)
    payment = {
        "order_id": receipt["order_id"],
        "reference": "FT1",
        "amount_vnd": receipt["total_vnd"],
        "received_at": "2026-11-28T09:00:00Z",
    }

    async with live_shop.browser(live_shop.host) as host, live_shop.browser() as browser:
        asked = (await OrderLink(browser, receipt).page())["transfer"]
        await host.post("/api/v1/payments", json=payment)
        page = await OrderLink(browser, receipt).page()
        path, link = f"/api/v1/order-pages/{receipt['order_code']}/vietqr.png", {"order-link": receipt["link_token"]}
        picture = await browser.get(path, headers=link)

    assert before["transfer"] is None
    assert asked["amount_vnd"] == receipt["total_vnd"]
    assert (page["transfer"], page["is_paid"]) == (None, True)
    assert (picture.status_code, picture.json()["code"]) == (409, "nothing_to_transfer")


async def test_a_cancelled_order_asks_for_no_money(live_shop: Market) -> None:
    await _names(live_shop)
    offer = await an_offer(live_shop)
    async with a_viewer(live_shop) as viewer:
        link = OrderLink(viewer, await places(viewer, live_shop, offer))
        asked = (await link.page())["transfer"]
        cancelled = (await link.cancel()).json()

    assert asked is not None
    assert cancelled["transfer"] is None
