"""The shelf on a phone: several products and a flash offer in one basket, with the fee shown, ordered at once; and the host's stock."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, Market
from tests.browser.people import card, fills_the_form, opens_market, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_basket_of_two_products_is_one_order_with_its_fee(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(products=4)
    products = desk.call("GET", f"/api/v1/sessions/{session_id}")["products"]
    for product in products[1:3]:
        desk.call("PUT", f"/api/v1/sessions/{session_id}/stock/{product['id']}", {"units": 9, "per_viewer_limit": 5})
    desk.call("PUT", f"/api/v1/sessions/{session_id}/shipping", {"flat_vnd": 25_000, "free_from_vnd": 5_000_000})
    offer = desk.open_offer(session_id)
    viewer = market.page()
    opens_market(viewer, market.base, session_id)
    expect(card(viewer)).to_contain_text("+ 25.000 ₫ giao hàng")
    shoot(viewer, "viewer-with-fee-390")

    viewer.get_by_role("button", name="Kệ hàng").click()
    shelf = viewer.locator("dialog[open]")
    shelf.get_by_role("button", name=f"Thêm {products[1]['name']} vào giỏ").click()
    shelf.get_by_role("button", name=f"Thêm {products[2]['name']} vào giỏ").click()
    shelf.get_by_role("group", name=products[2]["name"]).get_by_role("button", name="Thêm một").click()
    shoot(viewer, "viewer-shelf-basket-390")
    expect(shelf.get_by_role("button", name="Giỏ hàng · 3 món")).to_be_visible()
    shelf.get_by_role("button", name="Đóng").click()
    viewer.get_by_role("button", name="Giỏ hàng: 3").click()
    goods_vnd = products[1]["price_vnd"] + 2 * products[2]["price_vnd"]
    expect(shelf).to_contain_text("Phí giao hàng")
    fills_the_form(viewer)
    shoot(viewer, "viewer-basket-390")
    shelf.get_by_role("button", name="Chốt đơn", exact=True).click()

    expect(shelf).to_contain_text(re.compile("Đã chốt · đơn [0-9A-Z]{7}"))
    shoot(viewer, "viewer-basket-placed-390")
    mine = viewer.request.get(f"{market.base}/api/v1/sessions/{session_id}/orders/mine").json()["orders"]
    assert [(order["total_vnd"], order["shipping_vnd"], len(order["lines"])) for order in mine] == [(goods_vnd + 25_000, 25_000, 2)]
    assert offer["remaining"] == 5
    shelf.get_by_role("link", name="Xem đơn").click()
    expect(viewer.get_by_role("heading", level=1)).to_contain_text(mine[0]["order_code"])
    expect(viewer.locator("main")).to_contain_text("Phí giao hàng25.000")
    shoot(viewer, "order-with-fee-390")


def test_a_session_s_fee_is_set_by_weight_on_its_page_and_taken_back(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(live=False)
    host = market.page()
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}/edit")

    host.get_by_role("button", name="Phí riêng của phiên").click()
    for _ in range(2):
        host.get_by_role("button", name="thêm một mức").click()
    host.get_by_label("Phí (₫)").last.fill("40000")
    host.get_by_label("Miễn phí từ tiền hàng").fill("500000")
    shoot(host, "shipping-390")
    host.get_by_role("button", name="Lưu phí của phiên này").click()

    expect(host.get_by_text("Đã lưu phí giao hàng.")).to_be_visible()
    assert desk.call("GET", f"/api/v1/sessions/{session_id}")["shipping"] == {
        "flat_vnd": 0,
        "steps": [{"up_to_grams": 2_000, "fee_vnd": 25_000}, {"up_to_grams": 4_000, "fee_vnd": 40_000}],
        "free_from_vnd": 500_000,
    }
    host.get_by_role("button", name="Theo phí chung").click()
    expect(host.get_by_role("button", name="Lưu phí của phiên này")).to_have_count(0)
    assert desk.call("GET", f"/api/v1/sessions/{session_id}/shipping")["own"] is None


def test_the_fee_of_all_sessions_is_set_with_a_look_at_what_a_basket_pays(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    first, second = desk.call("GET", "/api/v1/products")["items"][:2]
    organiser = market.page()
    signs_in(organiser, market.base, market.accounts.organiser, "/organiser")
    preview = organiser.get_by_role("group", name="Thử một giỏ hàng")

    organiser.get_by_label("Phí mỗi đơn").fill("30000")
    organiser.get_by_label("Miễn phí từ tiền hàng").fill(str(first["price_vnd"] + second["price_vnd"]))
    alone = preview.inner_text()
    preview.get_by_label("Thêm sản phẩm vào giỏ thử").select_option(second["id"])
    both = preview.inner_text()
    shoot(organiser, "organiser-shipping-390")
    organiser.get_by_role("button", name="Lưu phí chung").click()

    expect(organiser.get_by_text("Đã lưu phí giao hàng.")).to_be_visible()
    assert "30.000 ₫" in alone
    assert "Miễn phí" in both
    assert desk.call("GET", "/api/v1/shipping")["flat_vnd"] == 30_000
    desk.call("PUT", "/api/v1/shipping", {"flat_vnd": 0})


def test_the_host_gives_a_product_stock_while_live_and_viewers_can_add_it(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    product = desk.call("GET", f"/api/v1/sessions/{session_id}")["products"][0]
    viewer = market.page()
    opens_market(viewer, market.base, session_id)
    board = market.page(DESK)
    signs_in(board, market.base, market.accounts.organiser, f"/host/{session_id}")

    board.locator(".run-choose", has_text=product["name"]).click()
    board.get_by_label("Số có trong phiên").fill("12")
    shoot(board, "board-stock-1440")
    board.locator(".stock-form").get_by_role("button", name="Lưu").click()

    expect(board.locator(".run-down")).to_contain_text("Kho: còn 12/12")
    viewer.get_by_role("button", name="Kệ hàng").click()
    expect(viewer.locator("dialog[open]").get_by_role("button", name=f"Thêm {product['name']} vào giỏ")).to_be_visible()
