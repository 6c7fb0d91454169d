"""Rules, codes and sources of orders in comments: set on their pages, in force at once, the key shown once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Market
from tests.browser.people import signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_session_s_rules_codes_and_sources_are_set_on_its_page(market: Market, shoot: Callable[[Page, str], None]) -> None:
    staff = market.desk()
    session_id = staff.make_session(title="Chợ phiên sớm", products=3)
    page = market.page(DESK)
    signs_in(page, market.base, market.accounts.organiser, f"/host/{session_id}/comments")
    page.get_by_label("Giữ hàng trong").select_option("1800")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã lưu.")).to_be_visible()
    assert staff.call("GET", f"/api/v1/sessions/{session_id}/comment-orders") == {"is_on": True, "hold_seconds": 1_800}

    before = [each["id"] for each in staff.call("GET", f"/api/v1/sessions/{session_id}")["products"]]
    page.locator(".claim-code").nth(1).fill("mat7")
    page.get_by_role("button", name="Lưu mã hàng").click()
    expect(page.get_by_text("Đã lưu.").last).to_be_visible()
    expect(page.locator(".claim-code").nth(1)).to_have_value("MAT7")
    products = staff.call("GET", f"/api/v1/sessions/{session_id}")["products"]
    assert [each["id"] for each in products] == before
    assert [each["code"] for each in products] == ["A1", "MAT7", "A3"]

    page.get_by_label("Nguồn", exact=True).select_option("facebook")
    page.get_by_label("Tên gọi").fill("Trang Facebook của xã")
    page.get_by_role("button", name="Tạo khóa cho nguồn").click()
    shown = page.locator(".claim-secret")
    expect(shown).to_contain_text("ocops_")
    expect(shown).to_contain_text("/api/v1/comment-sources/")
    shoot(page, "comment-orders-1440")
    page.reload()
    sources = page.locator("section", has=page.get_by_role("heading", name="Bình luận từ nền tảng khác"))
    expect(sources).to_contain_text("Trang Facebook của xã")
    expect(page.locator(".claim-secret")).to_have_count(0)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    shoot(page, "comment-orders-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    sources.get_by_role("button", name="Ngắt").click()
    sources.get_by_role("button", name="Bấm lần nữa để ngắt").click()
    expect(sources).to_contain_text("Chưa có nguồn nào.")
    assert staff.call("GET", f"/api/v1/sessions/{session_id}/comment-sources")["sources"] == []


def test_the_organisation_s_rules_hold_where_a_session_has_none(market: Market) -> None:
    staff = market.desk()
    session_id = staff.make_session(title="Chợ phiên trưa", products=1)
    page = market.page(PHONE)
    signs_in(page, market.base, market.accounts.organiser, "/organiser/comment-orders")
    page.get_by_role("switch").uncheck()
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã lưu.")).to_be_visible()
    assert staff.call("GET", f"/api/v1/sessions/{session_id}/comment-orders")["is_on"] is False
    page.get_by_role("switch").check()
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã lưu.")).to_be_visible()
    page.wait_for_timeout(500)
    assert staff.call("GET", f"/api/v1/sessions/{session_id}/comment-orders")["is_on"] is True
