"""A host signs in, goes live, pins, opens a flash offer, and sees the figures move."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Market
from tests.browser.people import ORDER_BUTTON, card, figure, fills_the_form, opens_market, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_session_from_start_to_end(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên OCOP Hà Tĩnh", live=False)
    host = market.page(DESK)
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")

    host.get_by_role("button", name="Bắt đầu phiên chợ").click()
    host.get_by_role("button", name="Bấm lần nữa để lên sóng").click()
    expect(host.locator(".board-head")).to_contain_text("Đang trực tiếp")
    viewer = market.page(PHONE)
    opens_market(viewer, market.base, session_id)
    # The room may hear of it before the host's own page has its answer, and takes the next command only then.
    with host.expect_event("requestfinished", lambda request: request.url.endswith("/pin")):
        host.locator(".run-row").first.get_by_role("button", name="Ghim").click()
    expect(card(viewer)).to_contain_text("Đang giới thiệu")
    host.locator("body").press("f")
    host.get_by_label("Số phần").fill("4")
    host.get_by_label("Số phần").press("Enter")
    expect(host.get_by_role("button", name="Dừng ưu đãi")).to_be_visible()
    card(viewer).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(viewer)
    viewer.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()

    expect(card(viewer)).to_contain_text("Đã chốt · đơn")
    expect(figure(host, "Đang xem")).to_have_text("1")
    expect(figure(host, "Đơn đã chốt")).to_have_text("1")
    expect(figure(host, "Tiền đặt hàng")).not_to_have_text("0 ₫")
    expect(host.locator(".running")).to_contain_text("Còn 3/4")
    shoot(host, "board-quiet-1440")
    host.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    shoot(host, "board-quiet-390")
    host.get_by_role("button", name="Kết thúc phiên chợ").click()
    host.get_by_role("button", name="Bấm lần nữa để kết thúc").click()
    expect(viewer.get_by_text("Phiên chợ đã kết thúc")).to_be_visible()


def test_the_keys_go_on_pin_and_help(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    host = market.page(DESK)
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")
    rows = host.locator(".run-row")

    for place in range(2):
        with host.expect_event("requestfinished", lambda request: request.url.endswith("/pin")):
            host.locator("body").press("Space")
        expect(rows.nth(place)).to_have_attribute("aria-current", "true")
    host.locator("body").press("p")
    expect(host.locator('.run-row[aria-current="true"]')).to_have_count(0)
    host.locator("body").press("?")

    expect(host.locator(".keys")).to_contain_text("Dấu cách")


def test_counts_of_other_platforms_stand_beside_ours_and_are_marked(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    host = market.page(DESK)
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")
    expect(figure(host, "Đang xem")).to_have_text("0")

    host.get_by_label("Số người xem").fill("12.400")
    host.get_by_role("button", name="Ghi nhận").click()

    expect(host.locator(".outside")).to_contain_text("TikTok nhập vào")
    expect(host.locator(".outside")).to_contain_text("12.400")
    expect(figure(host, "Đang xem")).to_have_text("0")


def test_a_host_may_not_open_reports(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    host = market.page(DESK)
    signs_in(host, market.base, market.accounts.host, "/host")

    answer = host.request.get(f"{market.base}/organiser/{session_id}")

    assert answer.status == 403
    assert "Mã lỗi: forbidden" in answer.text()


def test_a_new_session_is_made_from_the_list(market: Market) -> None:
    host = market.page(PHONE)
    signs_in(host, market.base, market.accounts.host, "/host")

    host.get_by_role("button", name="Tạo phiên chợ mới").click()
    host.get_by_label("Tên phiên chợ").fill("Chợ Tết quê mình")
    host.get_by_label("Đường dẫn video").fill("https://www.youtube.com/watch?v=abcdefghijk")
    host.get_by_label("Tìm sản phẩm").fill("mat ong")
    host.get_by_label("Mật ong").first.check()
    host.get_by_role("button", name="Tạo phiên", exact=True).click()

    expect(host.get_by_role("heading", name="Chợ Tết quê mình")).to_be_visible()
    expect(host.locator(".run-row")).to_have_count(1)
    expect(host.locator(".attention")).to_contain_text("Bản nháp")
