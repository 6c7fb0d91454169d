"""A booth on a phone: opened on the producer's page, sells without a stream, closed again behind the same address; its pages are clean."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import what_axe_finds
from tests.browser.conftest import Market
from tests.browser.people import fills_the_form, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_booth_is_opened_sells_and_is_closed(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    producer = desk.call("GET", "/api/v1/products")["items"][0]["producer_id"]
    organiser, buyer = market.page(), market.page()
    signs_in(organiser, market.base, market.accounts.organiser, f"/organiser/goods/producers/{producer}")
    organiser.get_by_role("button", name="Mở gian hàng").click()
    expect(organiser.get_by_role("link", name="Xem gian hàng")).to_be_visible()
    booth = desk.call("POST", f"/api/v1/producers/{producer}/booth")
    product = booth["products"][0]
    desk.call("PUT", f"/api/v1/sessions/{booth['id']}/stock/{product['id']}", {"units": 9, "per_viewer_limit": 5})
    shoot(organiser, "producer-booth-390")

    buyer.goto(f"{market.base}/b/{producer}")
    buyer.get_by_role("button", name=f"Thêm {product['name']} vào giỏ").click()
    shoot(buyer, "booth-390")
    found = {"booth": what_axe_finds(buyer)}
    buyer.get_by_role("button", name="Giỏ hàng · 1 món").click()
    sheet = buyer.locator("dialog[open]")
    fills_the_form(buyer)
    sheet.get_by_role("button", name="Chốt đơn", exact=True).click()
    expect(sheet).to_contain_text("Đã chốt · đơn ")
    shoot(buyer, "booth-ordered-390")
    width = buyer.evaluate("document.documentElement.scrollWidth")

    organiser.goto(f"{market.base}/b/{producer}/poster")
    expect(organiser.locator("svg.poster-code")).to_be_visible()
    found["poster"] = what_axe_finds(organiser)
    shoot(organiser, "booth-poster-390")
    organiser.goto(f"{market.base}/organiser/goods/producers/{producer}")
    organiser.get_by_role("button", name="Đóng gian hàng").click()
    organiser.get_by_role("button", name="Đóng thật, không nhận đơn nữa").click()
    expect(organiser.get_by_role("button", name="Mở gian hàng")).to_be_visible()

    expect(buyer.get_by_text("Gian hàng đang tạm đóng.")).to_be_visible()
    assert width <= 390
    assert {state: problems for state, problems in found.items() if problems} == {}
