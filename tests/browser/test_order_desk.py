"""Whoever calls the buyers works through the queue with single keys; money that does not fit comes to the side."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, SCREENSHOTS, Desk, Market
from tests.browser.people import figure, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

ADDRESS = {"province_code": 42, "ward_code": 18547, "street": "Xóm 5"}


def orders(market: Market, session_id: str, offer: dict[str, Any], count: int) -> None:
    """So many viewers order one unit each over HTTP."""
    for number in range(count):
        viewer = Desk(market.context(PHONE), market.base)
        viewer.call("POST", f"/api/v1/sessions/{session_id}/tickets")
        buyer = {"name": f"Nguyễn Thị Minh Nguyệt {number + 1}", "phone": f"0912345{670 + number}", "address": ADDRESS}
        lines = [{"offer_id": offer["id"], "quantity": 1}]
        viewer.call("POST", f"/api/v1/sessions/{session_id}/orders", {"key": str(uuid4()), "lines": lines, "buyer": buyer})


def a_desk(market: Market, *, count: int, host_id: str | None = None) -> tuple[Page, str]:
    staff = market.desk()
    session_id = staff.make_session(title="Chợ phiên OCOP Hà Tĩnh", host_id=host_id)
    orders(market, session_id, staff.open_offer(session_id, total=count, limit=2), count)
    page = market.page(DESK)
    signs_in(page, market.base, market.accounts.organiser, f"/organiser/{session_id}/orders")
    expect(waiting(page, "Gọi lần 1")).to_have_text(str(count), timeout=20_000)
    return page, session_id


def waiting(page: Page, queue: str) -> Locator:
    """How many orders of a queue can be worked now."""
    return page.get_by_role("button", name=queue).locator("strong")


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
    order, line = page.locator(".desk-order"), page.locator(".desk-line")
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

    page.keyboard.press("0")
    expect(order).to_contain_text(names[2])
    # the reason was said once, and the next receiver is there without another tap
    expect(order.get_by_role("link", name="0912 345 671")).to_be_visible()
    order.get_by_role("button", name="Che lại").click()
    expect(order.get_by_role("link", name="0912 345 671")).to_have_count(0)
    presses(page, "1")
    expect(line).to_contain_text(f"{names[2]}: Đã xác nhận.")
    expect(order).to_contain_text(names[3])
    presses(page, "6")
    expect(order).to_contain_text("Vì sao hủy?")
    shoot(page, "desk-reasons-1440")
    page.keyboard.press("3")
    expect(line).to_contain_text(f"{names[3]}: Đã hủy.")
    expect(order).to_contain_text(names[4])
    presses(page, "2")
    expect(line).to_contain_text(f"{names[4]}: Không nghe máy.")

    expect(order).to_contain_text("Hết việc ở hàng này.")


def test_what_is_packed_is_delivered_and_the_page_fits_a_phone(market: Market, shoot: Callable[[Page, str], None]) -> None:
    page, session_id = a_desk(market, count=3)
    names = names_of(market, session_id)
    order, line = page.locator(".desk-order"), page.locator(".desk-line")
    expect(order).to_contain_text(names[1])
    page.keyboard.press("0")
    expect(order).to_contain_text(names[2])
    presses(page, "1")
    expect(order).to_contain_text(names[3])
    page.get_by_role("button", name="Gói và giao").click()
    expect(order).to_contain_text(names[2])
    presses(page, "1")
    expect(line).to_contain_text(f"{names[2]}: Đã giao.")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Phím tắt")).to_be_visible()
    shoot(page, "desk-keys-1440")
    page.keyboard.press("?")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.get_by_role("button", name="Gọi lần 1").click()
    expect(order).to_contain_text(names[1])
    shoot(page, "desk-390")
    page.screenshot(path=SCREENSHOTS / "desk-390-whole.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_what_was_a_slip_is_taken_back_and_the_order_is_there_again(market: Market) -> None:
    page, session_id = a_desk(market, count=2)
    names = names_of(market, session_id)
    order, line = page.locator(".desk-order"), page.locator(".desk-line")
    expect(order).to_contain_text(names[1])
    presses(page, "6")
    page.keyboard.press("1")
    expect(line).to_contain_text(f"{names[1]}: Đã hủy.")
    expect(order).to_contain_text(names[2])

    page.keyboard.press("u")

    expect(line).to_contain_text("đã hoàn tác")
    expect(order).to_contain_text(names[1])
    expect(order.locator('[aria-keyshortcuts="1"]')).to_be_enabled()
    kinds = [entry["kind"] for entry in order_of(market, session_id, 1)["entries"]]
    assert kinds == ["placed"]


def order_of(market: Market, session_id: str, number: int) -> dict[str, Any]:
    staff = market.desk()
    found = staff.call("GET", f"/api/v1/sessions/{session_id}/orders")["orders"]
    order_id = next(each["order_id"] for each in found if each["number"] == number)
    content: dict[str, Any] = staff.call("GET", f"/api/v1/sessions/{session_id}/orders/{order_id}")
    return content


def test_an_order_that_somebody_else_dealt_with_is_passed_by_and_one_in_a_hand_is_named(
    market: Market, shoot: Callable[[Page, str], None]
) -> None:
    market.expected.append("409 (Conflict)")
    host = Desk(market.context(DESK), market.base)
    host.call("POST", "/api/v1/login", {"login": market.accounts.host.login, "password": market.accounts.host.password})
    page, session_id = a_desk(market, count=4, host_id=host.call("GET", "/api/v1/me")["id"])
    names = names_of(market, session_id)
    order = page.locator(".desk-order")
    expect(order).to_contain_text(names[1])
    colleague = market.desk()
    second, third = (
        next(
            each["order_id"]
            for each in colleague.call("GET", f"/api/v1/sessions/{session_id}/orders")["orders"]
            if each["number"] == number
        )
        for number in (2, 3)
    )
    colleague.call("POST", f"/api/v1/sessions/{session_id}/orders/{second}/steps", {"kind": "confirmed", "reason": ""})
    other = market.page(DESK)
    signs_in(other, market.base, market.accounts.host, f"/host/{session_id}/orders")
    expect(other.locator(".desk-order")).to_contain_text(names[3], timeout=20_000)
    # told by the socket, without being asked
    expect(page.locator(".desk-queue")).to_contain_text("đang giữ", timeout=20_000)
    expect(page.locator(".desk-queue")).not_to_contain_text(names[2])

    presses(page, "1")

    expect(order).to_contain_text(names[4])
    page.get_by_role("button", name=names[3]).click()
    expect(order).to_contain_text("đang giữ đơn này đến")
    shoot(page, "desk-in-hand-1440")
    page.keyboard.press("t")
    expect(order.locator('[aria-keyshortcuts="1"]')).to_be_enabled()
    expect(other.locator(".desk-order")).to_contain_text("Nhận về tôi", timeout=20_000)
    assert third


def test_the_desk_over_all_sessions_finds_what_a_caller_names_and_knows_their_refusals(
    market: Market, shoot: Callable[[Page, str], None]
) -> None:
    page, session_id = a_desk(market, count=1)
    order, line = page.locator(".desk-order"), page.locator(".desk-line")
    names = names_of(market, session_id)
    presses(page, "6")
    page.keyboard.press("3")
    expect(line).to_contain_text("Đã hủy")
    staff = market.desk()
    again = staff.make_session(title="Phiên chợ tối thứ Bảy")
    orders(market, again, staff.open_offer(again), 1)
    known = names_of(market, again)
    page.goto(f"{market.base}/desk")
    expect(page.get_by_role("button", name="Gọi lần 1")).to_be_visible()

    page.keyboard.press("/")
    page.keyboard.type("0912345670")
    page.keyboard.press("Enter")

    found = page.locator(".desk-queue")
    expect(found).to_contain_text("Tìm thấy")
    expect(found).to_contain_text("Phiên chợ tối thứ Bảy")
    found.get_by_role("button", name=known[1]).click()
    expect(order).to_contain_text(known[1])
    expect(order.locator(".desk-buyer")).to_contain_text("bị bỏ")
    expect(order.locator(".desk-buyer")).to_contain_text(names[1].removeprefix("Đơn "))
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("Gọi sau 17 giờ")
    page.keyboard.press("Enter")
    expect(order).to_contain_text("Gọi sau 17 giờ")
    shoot(page, "desk-all-1440")


@pytest.mark.timeout(400)
def test_thirty_orders_from_the_first_call_to_delivered_with_the_keyboard_alone(market: Market) -> None:
    page, session_id = a_desk(market, count=30)
    order = page.locator(".desk-order")
    begun, keys = time.monotonic(), 0
    for queue, then in (("Gọi lần 1", "Gói và giao"), ("Gói và giao", "Đã giao, chờ thu tiền")):
        expect(waiting(page, queue)).to_have_text("30", timeout=30_000)
        for left in range(29, -1, -1):
            presses(page, "1")
            keys += 1
            # the next one is there, or the queue is done
            expect(order.locator(".empty") if left == 0 else order.locator(".outcomes")).to_be_visible(timeout=20_000)
        while page.locator(".desk-queues [aria-pressed=true]").text_content() is None or then not in (
            page.locator(".desk-queues [aria-pressed=true]").text_content() or ""
        ):
            page.keyboard.press("]")
            keys += 1
            page.wait_for_timeout(300)
        expect(waiting(page, then)).to_have_text("30", timeout=30_000)
    print(f"{keys} keys, {time.monotonic() - begun:.0f} s")  # noqa: T201 - what the flow costs

    counts = {each["queue"]: each["due"] for each in market.desk().call("GET", f"/api/v1/desk/queues?session_id={session_id}")["queues"]}
    assert counts["collect"] == 30
    assert keys <= 70


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
    expect(matters).to_contain_text("FT-TOO-LITTLE")
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
