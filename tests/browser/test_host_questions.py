"""The host sees what viewers ask, sends the answer in one tap, and says another one aloud."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, TABLET, Market
from tests.browser.people import opens_market, says, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
SECONDS = 1_000


def group(host: Page, topic: str) -> Locator:
    return host.locator(".asked-group", has_text=topic)


def test_questions_are_answered_in_one_tap_and_by_key(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(products=5)
    desk.open_offer(session_id, total=40, price_vnd=45_000)
    host = market.page(DESK)
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")
    expect(host.locator(".asked")).to_contain_text("Chưa có câu hỏi nào đang chờ")
    viewer, other = market.page(PHONE), market.page(PHONE)
    for page in (viewer, other):
        opens_market(page, market.base, session_id)

    says(viewer, "giá bao nhiêu ạ", "ship bao lâu vậy shop")
    says(other, "bn 1 hu z", "hạn sử dụng tới khi nào", "ngon quá")

    price = group(host, "Giá · ")
    expect(price).to_contain_text("2 người", timeout=15 * SECONDS)
    expect(price).to_contain_text("45.000 ₫")
    expect(group(host, "Hạn dùng")).to_contain_text("Chưa có thông tin hạn dùng.")
    expect(group(host, "Hạn dùng").get_by_role("link")).to_be_visible()
    expect(group(host, "Bao lâu nhận hàng")).to_contain_text("Chưa có thông tin thời gian giao.")
    for name, size in (("1440", DESK), ("820", TABLET), ("390", PHONE)):
        host.set_viewport_size({"width": size[0], "height": size[1]})
        shoot(host, f"questions-{name}")
    host.get_by_role("button", name="Đang hỏi").click()
    shoot(host, "questions-open-390")
    host.set_viewport_size({"width": DESK[0], "height": DESK[1]})

    price.get_by_role("button", name="Gửi trả lời").click()
    expect(viewer.locator(".comment-staff")).to_contain_text("đang ưu đãi 45.000 ₫")
    expect(price).to_have_count(0)
    own = group(host, "Bao lâu nhận hàng")
    own.get_by_label("Viết câu trả lời").fill("Hàng tới sau 2 đến 4 ngày ạ.")
    own.get_by_role("button", name="Lưu").click()
    expect(own).to_contain_text("Hàng tới sau 2 đến 4 ngày ạ.")
    # The socket may tell the board before the page has its own answer, and takes the next command only then.
    with host.expect_event("requestfinished", lambda request: request.url.endswith("/answered")):
        group(host, "Hạn dùng").get_by_role("button", name="Đã nói").click()
    expect(group(host, "Hạn dùng")).to_have_count(0)
    # So often somebody of the staff may speak.
    host.wait_for_timeout(1_200)
    host.locator("body").press("a")
    expect(viewer.locator(".comment-staff", has_text="Hàng tới sau 2 đến 4 ngày")).to_be_visible()
    expect(host.locator(".asked-group")).to_have_count(0)
