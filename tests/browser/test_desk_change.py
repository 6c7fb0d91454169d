"""At the desk an order gets another quantity and another product, is delivered and collected at once, and comes back in part."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Desk, Market
from tests.browser.people import signs_in
from tests.browser.test_order_desk import ADDRESS, presses

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def an_order(market: Market, *, units: int) -> tuple[str, str, dict[str, str]]:
    """A session, its second product, which the shelf has, and the receipt of an order of so many units of the first."""
    staff = market.desk()
    session_id = staff.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    offer = staff.open_offer(session_id, total=10, limit=5)
    products = staff.call("GET", f"/api/v1/sessions/{session_id}")["products"]
    staff.call("PUT", f"/api/v1/sessions/{session_id}/stock/{products[1]['id']}", {"units": 20, "per_viewer_limit": 5})
    viewer = Desk(market.context(PHONE), market.base)
    viewer.call("POST", f"/api/v1/sessions/{session_id}/tickets")
    buyer = {"name": "Nguyễn Thị Minh Nguyệt", "phone": "0912345670", "address": ADDRESS}
    wanted = {"key": str(uuid4()), "lines": [{"offer_id": offer["id"], "quantity": units}], "buyer": buyer}
    return session_id, products[1]["id"], viewer.call("POST", f"/api/v1/sessions/{session_id}/orders", wanted)


def test_an_order_is_changed_delivered_and_comes_back_in_part(market: Market, shoot: Callable[[Page, str], None]) -> None:
    session_id, second_id, receipt = an_order(market, units=3)
    page = market.page(DESK)
    signs_in(page, market.base, market.accounts.organiser, f"/organiser/{session_id}/orders")
    order = page.locator(".desk-order")
    expect(order).to_contain_text(receipt["order_code"])

    order.get_by_text("Đổi đơn: số lượng, sản phẩm").click()
    order.locator(".desk-part .stepper").first.get_by_role("button").first.click()
    order.get_by_role("button", name="Thêm sản phẩm").click()
    order.get_by_label("Thêm sản phẩm").select_option(second_id)
    shoot(page, "desk-change-1440")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    shoot(page, "desk-change-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    order.get_by_role("button", name="Lưu đơn mới").click()

    expect(page.locator(".desk-line")).to_contain_text("đã đổi, tổng mới")
    order.get_by_text("Lịch sử đơn").click()
    expect(order).to_contain_text("3 → 2")
    presses(page, "1")
    page.get_by_role("button", name="Gói và giao").click()
    expect(order).to_contain_text(receipt["order_code"])
    presses(page, "7")
    expect(page.locator(".desk-line")).to_contain_text("Đã giao")

    comes_back(page, shoot)

    buyer = market.page(PHONE)
    buyer.goto(f"{market.base}/o/{receipt['order_code']}#{receipt['link_token']}")
    expect(buyer.locator(".order-course")).to_contain_text("3 → 2")
    expect(buyer.locator(".order-course")).to_contain_text("Đã nhập lại kho")
    shoot(buyer, "order-changed-390")
    page.goto(f"{market.base}/organiser/{session_id}")
    expect(page.locator("div.ladder")).to_contain_text("Đổi sau khi đặt: 1 đơn")
    expect(page.locator("div.ladder")).to_contain_text("Đã giao và đã thu tiền")
    shoot(page, "report-ladder-1440")


def comes_back(page: Page, shoot: Callable[[Page, str], None]) -> None:
    """One unit, to be sold again, and what it cost."""
    order = page.locator(".desk-order")
    page.get_by_role("button", name="Đã xong").click()
    page.locator(".desk-row").first.click()
    order.get_by_text("Khách trả lại một phần").click()
    order.locator(".desk-part .stepper").first.get_by_role("button").last.click()
    order.get_by_label("Hàng còn bán được: nhập lại kho").check()
    shoot(page, "desk-return-1440")
    order.get_by_role("button", name="Ghi nhận hàng trả").click()
    expect(page.locator(".desk-line")).to_contain_text("đã ghi nhận hàng trả")
    expect(order).to_contain_text("Cần trả lại khách")
    order.get_by_text("Hoàn một phần tiền").click()
    order.get_by_role("button", name="Ghi nhận đã hoàn").click()
    expect(page.locator(".desk-line")).to_contain_text("đã ghi nhận tiền hoàn")
    expect(order).not_to_contain_text("Cần trả lại khách")
    order.get_by_text("Lịch sử đơn").click()
    shoot(page, "desk-parts-1440")
