"""Claims of comments at the desk: counted as they come, asked again, rejected and confirmed with the keyboard; a change puts the order into "again"."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Market
from tests.browser.people import chooses, opens_market, says, signs_in
from tests.browser.test_order_desk import waiting

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SECONDS = 1_000


def says_with_a_number(page: Page, words: str) -> None:
    """It is masked as soon as it is said."""
    box = page.get_by_label("Bình luận…")
    box.fill(words)
    box.press("Enter")
    page.get_by_role("button", name="Gửi").click()
    expect(page.locator(".comment", has_text="0901***567").first).to_be_visible()


def test_claims_are_decided_at_the_desk(market: Market, shoot: Callable[[Page, str], None]) -> None:  # noqa: PLR0915 - one evening from the comment to the question
    staff = market.desk()
    session_id = staff.make_session(title="Chợ phiên sớm", products=3)
    for product_id in staff.product_ids()[:3]:
        staff.call("PUT", f"/api/v1/sessions/{session_id}/stock/{product_id}", {"units": 20, "per_viewer_limit": 9})
    page = market.page(DESK)
    signs_in(page, market.base, market.accounts.organiser, f"/organiser/{session_id}/orders")
    chip = page.get_by_role("button", name="Chốt từ bình luận")
    expect(chip.locator("strong")).to_have_text("0", timeout=20 * SECONDS)
    viewers = [market.page(PHONE) for _ in range(3)]
    for viewer, words in zip(viewers, ("chốt A1 x2", "a2 0901234567", "A3 x3"), strict=True):
        opens_market(viewer, market.base, session_id)
        says_with_a_number(viewer, words) if "09" in words else says(viewer, words)
    # told by the socket
    expect(chip.locator("strong")).to_have_text("3", timeout=20 * SECONDS)

    page.keyboard.press("[")
    while chip.get_attribute("aria-pressed") != "true":
        page.keyboard.press("[")
    claims = page.locator(".claims")
    expect(claims.locator(".claim-row")).to_have_count(3)
    expect(claims).to_contain_text("•••567")
    shoot(page, "desk-claims-1440")
    expect(claims.locator(".is-chosen")).to_contain_text("A1 \u00d7 2")
    page.keyboard.press("h")
    expect(claims.locator(".claim-row").last).to_contain_text("Đã hỏi lại", timeout=10 * SECONDS)
    expect(claims.locator(".claim-row").last).to_contain_text("A1 \u00d7 2")
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(claims.locator(".is-chosen")).to_contain_text("A2 \u00d7 1")
    page.keyboard.press("j")
    expect(claims.locator(".is-chosen")).to_contain_text("A3 \u00d7 3")
    page.keyboard.press("x")
    expect(claims.locator(".claim-row")).to_have_count(2, timeout=10 * SECONDS)

    claims.locator(".claim-row", has_text="A1 \u00d7 2").get_by_role("button", name="Chốt", exact=False).first.click()
    form = claims.locator("form")
    form.get_by_label("Họ và tên").fill("Nguyễn Thị Minh Nguyệt")
    form.get_by_label("Số điện thoại").fill("0912 345 678")
    chooses(form, "Tỉnh, thành phố", typed="ha tinh", place="Hà Tĩnh")
    chooses(form, "Xã, phường", typed="phuc trach", place="Xã Phúc Trạch")
    form.get_by_label("Số nhà, đường, thôn xóm").fill("Xóm 5")
    form.get_by_role("button", name="Chốt").click()
    expect(claims.locator(".claim-row")).to_have_count(1, timeout=10 * SECONDS)
    expect(waiting(page, "Gọi lần 1")).to_have_text("1", timeout=20 * SECONDS)

    # the buyer agrees on the phone, and then wants something else
    page.get_by_role("button", name="Gọi lần 1").click()
    expect(page.locator('.outcomes [aria-keyshortcuts="1"]')).to_be_enabled()
    page.keyboard.press("1")
    expect(waiting(page, "Gói và giao")).to_have_text("1", timeout=20 * SECONDS)
    box = viewers[0].get_by_label("Bình luận…")
    box.fill("A1 x4")
    box.press("Enter")
    expect(waiting(page, "Xác nhận lại")).to_have_text("1", timeout=20 * SECONDS)
    chip.click()
    expect(claims).to_contain_text("Cần chốt lại")
    # from the claim to the order before it, and from there back to the claim
    claims.get_by_role("button", name="Đơn trước").click()
    said = page.locator(".desk-said")
    expect(said).to_have_count(2)
    expect(said.first).to_contain_text("A1 x4")
    shoot(page, "desk-said-1440")
    said.first.get_by_role("button", name="Mở lượt chốt").click()
    expect(claims.locator(".is-chosen")).to_contain_text("A1 \u00d7 4")

    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    shoot(page, "desk-claims-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
