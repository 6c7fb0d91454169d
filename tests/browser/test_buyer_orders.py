"""A buyer after the tap: the order's own page, mending, complaining, cancelling, and what the desk did, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, Desk, Market
from tests.browser.people import ORDER_BUTTON, card, chooses, fills_the_form, opens_market, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def orders_at(desk: Desk, session_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.call("GET", f"/api/v1/sessions/{session_id}/orders")["orders"]
    return found


def comes_back(page: Page) -> None:
    """The person looks at the page again."""
    page.evaluate("dispatchEvent(new Event('focus'))")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def step(desk: Desk, session_id: str, order: dict[str, Any], kind: str, reason: str = "") -> None:
    desk.call("POST", f"/api/v1/sessions/{session_id}/orders/{order['order_id']}/steps", {"kind": kind, "reason": reason})


def names_the_phone(market: Market, phone: str) -> None:
    """The organiser says whom buyers call."""
    page = market.page()
    signs_in(page, market.base, market.accounts.organiser, "/organiser")
    page.get_by_label("Số điện thoại cho người mua").fill(phone)
    page.get_by_role("button", name="Lưu số").click()
    expect(page.locator("main")).to_contain_text("Đã lưu.")
    expect(page.get_by_label("Số điện thoại cho người mua")).to_have_value(phone)


def an_ordering_buyer(market: Market, desk: Desk) -> tuple[Page, str, dict[str, Any]]:
    """A viewer who has ordered once, the session, and the order as the desk sees it."""
    session_id = desk.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    desk.open_offer(session_id, total=5, limit=3)
    viewer = market.page()
    opens_market(viewer, market.base, session_id)
    card(viewer).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(viewer)
    viewer.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(viewer)).to_contain_text("Đã chốt · đơn")
    (order,) = orders_at(desk, session_id)
    expect(card(viewer)).to_contain_text(order["code"])
    return viewer, session_id, order


def test_a_tap_on_a_product_shows_it_from_near(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    product_id = desk.open_offer(session_id)["product_id"]
    desk.call("PATCH", f"/api/v1/products/{product_id}", {"label": {"ingredients": "Bột nếp, đậu xanh, lá gai"}})
    viewer = market.page()
    opens_market(viewer, market.base, session_id)

    card(viewer).get_by_role("button", name=re.compile("^Xem ")).click()

    sheet = viewer.locator("dialog[open]")
    expect(sheet.get_by_role("heading", level=2)).to_have_text("Bánh gai Đức Thọ")
    expect(sheet).to_contain_text("Giấy chứng nhận OCOP")
    expect(sheet).to_contain_text("Câu chuyện")
    expect(sheet).to_contain_text("Thành phần, nguyên liệuBột nếp, đậu xanh, lá gai")
    expect(sheet).not_to_contain_text("Bảo quản")
    shoot(viewer, "product-sheet-390")
    sheet.get_by_role("button", name=ORDER_BUTTON).click()
    expect(viewer.locator("dialog[open]")).to_contain_text("Giao hàng đến đâu?")


def test_a_buyer_mends_the_address_until_the_desk_confirms(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    names_the_phone(market, "0239 385 5555")
    viewer, session_id, order = an_ordering_buyer(market, desk)

    card(viewer).get_by_role("link", name="Xem đơn").click()
    expect(viewer.get_by_role("heading", level=1)).to_contain_text(order["code"])
    expect(viewer.locator("main")).to_contain_text("Người bán sẽ gọi 0912 345 678")
    expect(viewer.locator(".order-course")).to_contain_text("Đã đặt")
    expect(viewer.get_by_role("link", name="Gọi 0239 385 5555")).to_have_attribute("href", "tel:+842393855555")
    assert fits(viewer)
    shoot(viewer, "order-placed-390")

    viewer.get_by_role("button", name="Sửa").click()
    chooses(viewer.locator("main"), "Xã, phường", typed="huong khe", place="Xã Hương Khê")
    viewer.get_by_label("Số nhà, đường, thôn xóm").fill("Ngõ 7")
    viewer.get_by_label("Lời nhắn cho người bán").fill("Gọi 0987654321 nếu tôi bận")
    shoot(viewer, "order-mending-390")
    viewer.get_by_role("button", name="Lưu thay đổi").click()
    expect(viewer.locator("main")).to_contain_text("Đã lưu, người bán thấy ngay.")
    expect(viewer.locator(".order-course")).to_contain_text("Bạn đã sửa thông tin nhận hàng")
    seen = desk.call("POST", f"/api/v1/sessions/{session_id}/orders/{order['order_id']}/receiver", {"reason": "call"})
    assert (seen["street"], seen["ward_name"], seen["note"]) == ("Ngõ 7", "Xã Hương Khê", "Gọi 0987654321 nếu tôi bận")

    step(desk, session_id, order, "confirmed")
    comes_back(viewer)
    expect(viewer.locator(".order-course")).to_contain_text("Đã xác nhận")
    expect(viewer.get_by_role("button", name="Sửa")).to_have_count(0)
    expect(viewer.locator("main")).not_to_contain_text("Hủy đơn này")


def test_a_complaint_is_answered_and_the_link_opens_the_order_for_whoever_is_sent_it(
    market: Market, shoot: Callable[[Page, str], None]
) -> None:
    desk = market.desk()
    viewer, session_id, order = an_ordering_buyer(market, desk)
    card(viewer).get_by_role("link", name="Xem đơn").click()

    viewer.get_by_text("Viết cho người bán").click()
    viewer.get_by_label("Có gì chưa đúng với đơn này?").fill("Hũ mật bị vỡ nắp.")
    viewer.get_by_role("button", name="Gửi khiếu nại").click()
    expect(viewer.locator("main")).to_contain_text("Chờ người bán trả lời")
    staff = market.page(DESK)
    signs_in(staff, market.base, market.accounts.organiser, f"/organiser/{session_id}/orders")
    expect(staff.locator(".desk-order")).to_contain_text("Hũ mật bị vỡ nắp.")
    expect(staff.locator(".desk-queue")).to_contain_text("Khiếu nại")
    shoot(staff, "desk-complaint-1440")
    staff.get_by_label("Trả lời người mua").fill("Chúng tôi gửi bù ngay.")
    staff.get_by_role("button", name="Gửi trả lời").click()
    expect(staff.locator(".desk-queue")).not_to_contain_text("Khiếu nại")
    staff.locator("#find").fill("2222222")
    staff.get_by_role("button", name="Tìm").click()
    expect(staff.locator(".desk-line")).to_contain_text("Không tìm thấy đơn nào.")
    staff.locator("#find").fill(f"{order['code'][:3].lower()} {order['code'][3:]}")
    staff.get_by_role("button", name="Tìm").click()
    expect(staff.locator(".desk-order")).to_contain_text(order["code"])
    comes_back(viewer)
    expect(viewer.locator("main")).to_contain_text("Chúng tôi gửi bù ngay.")
    shoot(viewer, "order-answered-390")

    # Whoever is sent the link sees the same on another device; without what stands behind the # nothing.
    other = market.page()
    other.goto(viewer.url)
    expect(other.locator(".order-course")).to_contain_text("Đã đặt")
    other.get_by_role("link", name="English").click()
    expect(other.locator(".order-course")).to_contain_text("Placed")
    other.goto(f"{market.base}/my-orders")
    expect(other.locator("main")).to_contain_text("You have not ordered yet.")
    market.expected.append("404")
    other.goto(f"{market.base}/o/{order['code']}")
    expect(other.locator("main")).to_contain_text("This order cannot be opened.")


def test_what_the_desk_cancels_is_seen_and_what_the_buyer_cancels_too(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    viewer, session_id, order = an_ordering_buyer(market, desk)
    viewer.get_by_role("button", name="Kệ hàng phiên chợ").click()
    viewer.get_by_role("button", name=re.compile("Đơn của tôi")).click()
    mine = viewer.locator("dialog[open] .my-order")
    expect(mine).to_contain_text("Đã đặt")

    step(desk, session_id, order, "cancelled", "no_answer")
    comes_back(viewer)
    expect(mine).to_contain_text("Đã hủy")
    shoot(viewer, "my-orders-sheet-390")

    viewer.reload()
    card(viewer).get_by_role("button", name=ORDER_BUTTON).click()
    expect(card(viewer)).to_contain_text(re.compile("Đã chốt · đơn (?!" + order["code"] + ")"))
    desk.move(session_id, "ended")
    viewer.goto(f"{market.base}/my-orders")
    expect(viewer.locator(".my-order")).to_have_count(2)
    assert fits(viewer)
    shoot(viewer, "my-orders-390")
    viewer.locator(".my-order", has_text="Đã đặt").get_by_role("link").click()
    viewer.get_by_text("Hủy đơn này").first.click()
    viewer.get_by_label("Tôi đặt nhầm").check()
    viewer.get_by_role("button", name="Hủy đơn này").click()
    viewer.get_by_role("button", name="Bấm lần nữa để hủy").click()

    expect(viewer.locator(".order-course")).to_contain_text("Người mua hủy: đặt nhầm")
    assert [each["state"] for each in orders_at(desk, session_id)] == ["cancelled", "cancelled"]
    shoot(viewer, "order-cancelled-390")


def test_the_lookup_tells_the_state_and_slows_down_who_guesses(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    _, _, order = an_ordering_buyer(market, desk)
    stranger = market.page()
    stranger.goto(f"{market.base}/lookup")

    stranger.get_by_label("Số điện thoại").fill("0912 345 678")
    stranger.get_by_label("Mã đơn").fill(f"{order['code'][:3].lower()} {order['code'][3:]}")
    stranger.get_by_role("button", name="Tra cứu").click()
    expect(stranger.locator("main")).to_contain_text("Đã đặt")
    expect(stranger.locator("main")).not_to_contain_text("Nguyệt")
    shoot(stranger, "lookup-390")
    market.expected += ["404", "429"]
    for _ in range(5):
        stranger.get_by_label("Mã đơn").fill("2222222")
        with stranger.expect_response(re.compile("order-lookup")):
            stranger.get_by_role("button", name="Tra cứu").click()
        expect(stranger.get_by_role("button", name="Tra cứu")).to_be_enabled()
    expect(stranger.locator("main")).to_contain_text("Bạn đã thử nhiều lần.")
    assert fits(stranger)


def test_a_cancel_at_the_desk_is_on_the_buyers_open_card_at_once(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    viewer, session_id, order = an_ordering_buyer(market, desk)

    step(desk, session_id, order, "cancelled", "no_answer")

    expect(card(viewer)).to_contain_text(f"Đã hủy · đơn {order['code']}", timeout=5_000)
    expect(card(viewer)).not_to_contain_text("Đã chốt")
    expect(card(viewer).get_by_role("button", name=ORDER_BUTTON)).to_be_visible()
    shoot(viewer, "viewer-cancelled-390")
    viewer.reload()
    expect(card(viewer).get_by_role("button", name=ORDER_BUTTON)).to_be_visible()
    expect(card(viewer)).not_to_contain_text("Đã chốt")
