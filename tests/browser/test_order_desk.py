"""Whoever calls the buyers works through the queue with single keys; money that does not fit comes to the side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Desk, Market
from tests.browser.people import figure, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

ADDRESS = {"province_code": 42, "ward_code": 18547, "street": "Xóm 5"}


def orders(market: Market, session_id: str, offer: dict[str, Any], count: int) -> None:
    """So many viewers order one unit each over HTTP."""
    for number in range(count):
        viewer = Desk(market.context(PHONE), market.base)
        viewer.call("POST", f"/api/v1/sessions/{session_id}/tickets")
        buyer = {"name": f"Nguyễn Thị Minh Nguyệt {number + 1}", "phone": f"091234567{number}", "address": ADDRESS}
        lines = [{"offer_id": offer["id"], "quantity": 1}]
        viewer.call("POST", f"/api/v1/sessions/{session_id}/orders", {"key": str(uuid4()), "lines": lines, "buyer": buyer})


def a_desk(market: Market, *, count: int) -> tuple[Page, str]:
    staff = market.desk()
    session_id = staff.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    orders(market, session_id, staff.open_offer(session_id, total=10, limit=2), count)
    page = market.page(DESK)
    signs_in(page, market.base, market.accounts.organiser, f"/organiser/{session_id}/orders")
    return page, session_id


def names_of(market: Market, session_id: str) -> dict[int, str]:
    """What the desk calls the orders of a session, by their places in the ledger."""
    orders = market.desk().call("GET", f"/api/v1/sessions/{session_id}/orders")["orders"]
    return {order["number"]: f"Đơn {order['code']}" for order in orders}


def presses(page: Page, key: str) -> None:
    """One key, once the order takes an outcome."""
    expect(page.locator(f'.outcomes [aria-keyshortcuts="{key}"]')).to_be_enabled()
    page.keyboard.press(key)


def test_the_next_order_comes_by_itself(market: Market, shoot: Callable[[Page, str], None]) -> None:
    page, session_id = a_desk(market, count=4)
    names = names_of(market, session_id)
    order = page.locator(".desk-order")
    expect(order).to_contain_text(names[1])
    expect(order).to_contain_text("•••670")
    expect(order).not_to_contain_text("Nguyệt")
    shoot(page, "desk-masked-1440")
    order.get_by_role("button", name="Gọi xác nhận").click()
    expect(order.get_by_role("link", name="0912 345 670")).to_have_attribute("href", "tel:+84912345670")
    expect(order).to_contain_text("Mỗi lần xem được ghi lại")
    expect(order).to_contain_text("Bánh gai Đức Thọ")
    expect(page.locator(".desk-queue")).to_contain_text("•••671")
    expect(page.locator(".desk-queue")).not_to_contain_text("345671")
    shoot(page, "desk-1440")

    presses(page, "2")
    expect(order).to_contain_text(names[2])
    # the reason was said once, and the next receiver is there without another tap
    expect(order.get_by_role("link", name="0912 345 671")).to_be_visible()
    order.get_by_role("button", name="Che lại").click()
    expect(order.get_by_role("link", name="0912 345 671")).to_have_count(0)
    presses(page, "1")
    expect(page.locator(".desk-line")).to_contain_text(f"{names[2]}: Đã xác nhận.")
    expect(order).to_contain_text(names[3])
    presses(page, "3")
    expect(order).to_contain_text("Bấm lần nữa: Hủy: không nghe máy")
    expect(order).to_contain_text(names[3])
    presses(page, "3")
    expect(page.locator(".desk-line")).to_contain_text(f"{names[3]}: Đã hủy.")
    expect(order).to_contain_text(names[4])
    presses(page, "1")
    expect(order).to_contain_text(names[1])
    presses(page, "1")

    expect(order).to_contain_text("Hết việc ở hàng này.")
    page.get_by_role("button", name="Cần giao").click()
    expect(order).to_contain_text(names[1])
    presses(page, "1")
    expect(page.locator(".desk-line")).to_contain_text(f"{names[1]}: Đã giao.")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    shoot(page, "desk-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_an_order_that_somebody_else_dealt_with_is_passed_by(market: Market) -> None:
    page, session_id = a_desk(market, count=3)
    names = names_of(market, session_id)
    order = page.locator(".desk-order")
    expect(order).to_contain_text(names[1])
    colleague = market.desk()
    second = next(each for each in colleague.call("GET", f"/api/v1/sessions/{session_id}/orders")["orders"] if each["number"] == 2)
    colleague.call("POST", f"/api/v1/sessions/{session_id}/orders/{second['order_id']}/steps", {"kind": "confirmed", "reason": ""})

    presses(page, "1")

    expect(order).to_contain_text(names[3])
    expect(page.locator(".desk-queue")).not_to_contain_text(names[2])


def test_too_little_money_comes_to_the_work_list_and_is_settled_there(market: Market) -> None:
    page, session_id = a_desk(market, count=1)
    names = names_of(market, session_id)
    order = page.locator(".desk-order")
    expect(order).to_contain_text(names[1])

    order.get_by_text("Ghi nhận tiền đã nhận").click()
    order.get_by_label("Mã giao dịch").fill("FT-too-little")
    order.get_by_label("Số tiền").fill("10.000")
    order.get_by_role("button", name="Ghi nhận").click()
    expect(order).to_contain_text("Thiếu tiền so với đơn")
    matters = page.locator(".desk-matters")
    expect(matters).to_contain_text("FT-too-little")
    order.get_by_label("Mã giao dịch").fill("FT-whole")
    order.get_by_label("Số tiền").fill("40.000")
    order.get_by_role("button", name="Ghi nhận").click()
    expect(order).to_contain_text("đã thu đủ tiền")
    matters.get_by_label("Đã xử lý thế nào?").fill("Đã hoàn 10.000 cho khách")
    matters.get_by_role("button", name="Xong").click()

    expect(matters).to_contain_text("Mọi khoản tiền đều khớp đơn.")


def test_the_books_are_closed_and_the_statement_is_there_to_check(market: Market, shoot: Callable[[Page, str], None]) -> None:
    staff = market.desk()
    session_id = staff.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    orders(market, session_id, staff.open_offer(session_id), 2)
    staff.move(session_id, "ended")
    page = market.page(DESK)
    signs_in(page, market.base, market.accounts.organiser, f"/organiser/{session_id}")
    expect(figure(page, "Đơn đã đặt")).to_have_text("2", timeout=30_000)

    page.get_by_role("button", name="Chốt sổ", exact=True).click()
    page.get_by_role("button", name="Bấm lần nữa để chốt sổ").click()

    statement = page.locator(".statement")
    expect(statement).to_contain_text("Biên bản số")
    expect(page.locator(".report-head")).to_contain_text("Đã chốt sổ")
    organisation = staff.call("GET", "/api/v1/me")["organisation_id"]
    key = staff.call("GET", f"/api/v1/organisations/{organisation}/public-key")["public_key"]
    assert (statement.locator("code").text_content() or "").replace(" ", "") == key
    expect(page.get_by_text("python3 verify.py")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải ZIP để kiểm tra").click()
    assert download.value.suggested_filename == f"ocop-session-{session_id}.zip"
    page.locator(".statement").scroll_into_view_if_needed()
    shoot(page, "report-closed-1440")
