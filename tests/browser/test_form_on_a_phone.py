"""The order form where there is little room: a keyboard over half the phone, a phone on its side, 320 pixels, a page at 200 %."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.conftest import Market
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

WITH_KEYBOARD: ViewportSize = {"width": 390, "height": 400}


def box_of(found: Locator) -> dict[str, float]:
    # what is drawn anew in this moment has no place yet
    expect(found).to_be_visible()
    box = found.bounding_box() or found.bounding_box()
    assert box is not None
    return {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    def apart(start: str, length: str) -> bool:
        return one[start] + one[length] <= other[start] or other[start] + other[length] <= one[start]

    return not (apart("x", "width") or apart("y", "height"))


def is_on_top(page: Page, found: Locator) -> bool:
    """Whether a finger at the middle of it touches it, and nothing that lies over it."""
    result: bool = found.evaluate(
        "node => { const box = node.getBoundingClientRect(); "
        "const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2); return node.contains(top); }"
    )
    return result


def mine(page: Page, market: Market, session_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.request.get(f"{market.base}/api/v1/sessions/{session_id}/orders/mine").json()["orders"]
    return found


def opens_the_form(market: Market) -> tuple[Page, Locator]:
    """With a name in it, and a keyboard over the lower half of the phone."""
    desk = market.desk()
    session_id = desk.make_session()
    desk.open_offer(session_id, total=5, limit=3)
    page = market.page()
    opens_market(page, market.base, session_id)
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    form = page.locator("dialog[open] form")
    form.get_by_label("Họ và tên").fill("Lan")
    page.set_viewport_size(WITH_KEYBOARD)
    return page, form


def test_the_list_of_places_is_in_sight_with_the_keyboard_open(market: Market, shoot: Callable[[Page, str], None]) -> None:
    page, form = opens_the_form(market)
    province = form.get_by_role("combobox", name="Tỉnh, thành phố")

    province.click()
    province.press_sequentially("ha")
    first = form.get_by_role("option").first
    expect(first).to_be_visible()
    assert is_on_top(page, first)
    assert is_on_top(page, province)
    assert is_on_top(page, page.locator("dialog[open] .countdown"))
    expect(page.locator("dialog[open] .sheet-head")).to_contain_text("Còn 5 phần")
    shoot(page, "viewer-form-keyboard-390x400")


def test_what_is_typed_counts_and_is_never_lost(market: Market) -> None:
    page, form = opens_the_form(market)
    province = form.get_by_role("combobox", name="Tỉnh, thành phố")

    # A name typed in full counts without a touch on the list; part of one stays and says what is missing.
    province.fill("Hà Tĩnh")
    page.keyboard.press("Tab")
    expect(province).to_have_value("Hà Tĩnh")
    ward = form.get_by_role("combobox", name="Xã, phường")
    expect(ward).to_be_focused()
    ward.press_sequentially("xã phúc")
    page.keyboard.press("Tab")
    expect(ward).to_have_value("xã phúc")
    expect(page.locator("#buyer-ward-error")).to_contain_text("Mời chọn trong danh sách")

    # Nothing is lost by closing, and what is mended is no longer held against anybody.
    page.locator("dialog[open]").get_by_role("button", name="Đóng").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    expect(form.get_by_label("Họ và tên")).to_have_value("Lan")
    expect(ward).to_have_value("xã phúc")
    form.get_by_role("button", name="Chốt đơn").click()
    expect(page.locator("#buyer-phone-error")).to_contain_text("Mời nhập số điện thoại")
    form.get_by_label("Số điện thoại").fill("0912 345 678")
    expect(page.locator("#buyer-phone-error")).to_have_text("")
    ward.fill("Xã Phúc Trạch")
    page.keyboard.press("Tab")
    expect(page.locator("#buyer-ward-error")).to_have_text("")
    form.get_by_label("Số nhà, đường, thôn xóm").fill("Xóm 5")
    form.get_by_role("button", name="Thêm một").click()
    form.get_by_role("button", name="Chốt đơn").click()

    expect(card(page)).to_contain_text("Đã chốt · đơn ")
    expect(card(page)).to_contain_text("80.000")


def test_a_known_address_is_shown_changed_and_forgotten(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    desk.open_offer(session_id, total=9, limit=3)
    page = market.page()
    opens_market(page, market.base, session_id)
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(page)
    page.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(page)).to_contain_text("Đã chốt · đơn ")

    (first,) = mine(page, market, session_id)
    # A reload changes nothing about what was ordered; the rest of what one person may have is one tap.
    page.reload()
    expect(card(page)).to_contain_text("Đã chốt · đơn ")
    expect(card(page).locator(".delivery")).to_contain_text("Giao đến Nguyễn Thị Minh Nguyệt, Xóm 5, Xã Phúc Trạch")
    shoot(page, "viewer-ordered-again-390")
    card(page).get_by_role("button", name="Thêm một").click()
    expect(card(page).get_by_role("button", name="Thêm một")).to_be_disabled()
    card(page).get_by_role("button", name="Sửa").click()
    form = page.locator("dialog[open] form")
    form.get_by_label("Số nhà, đường, thôn xóm").fill("Xóm 7")
    shoot(page, "viewer-address-390")
    form.get_by_role("button", name="Lưu").click()
    expect(card(page).locator(".delivery")).to_contain_text("Xóm 7")
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    expect(card(page)).not_to_contain_text(first["order_code"])
    expect(card(page)).to_contain_text("Đã chốt · đơn ")
    orders = mine(page, market, session_id)
    assert [line["quantity"] for order in orders for line in order["lines"]] == [2, 1]

    # All three are taken; another offer still asks where to.
    desk.open_offer(session_id, total=9, limit=3, price_vnd=35_000)
    expect(card(page)).to_contain_text("35.000")
    card(page).get_by_role("button", name="Sửa").click()
    form.get_by_role("button", name="Xóa thông tin trên máy này").click()
    expect(form.get_by_label("Họ và tên")).to_have_value("")
    page.locator("dialog[open]").get_by_role("button", name="Đóng").click()
    expect(card(page).locator(".delivery")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "size"),
    [("320", (320, 640)), ("landscape", (844, 390)), ("zoomed-desk", (640, 400)), ("zoomed-phone", (320, 426)), ("390", (390, 844))],
)
def test_nothing_lies_on_top_of_another(market: Market, shoot: Callable[[Page, str], None], name: str, size: tuple[int, int]) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên OCOP Hà Tĩnh: đặc sản Hương Sơn, Hương Khê và Kỳ Anh")
    desk.open_offer(session_id)
    page = market.page(size)
    opens_market(page, market.base, session_id)
    button = card(page).get_by_role("button", name=ORDER_BUTTON)
    expect(button).to_be_visible()
    page.get_by_label("Bình luận…").fill("Mật ong năm nay thơm lắm, cho mình hỏi còn loại nửa lít không ạ?")
    page.get_by_role("button", name="Gửi").click()
    page.get_by_role("button", name="Gửi").click()
    shoot(page, f"viewer-{name}")

    assert is_on_top(page, button)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    above = [page.locator(".stage-badges .badge").first, page.locator(".stage-title"), page.get_by_role("link", name="English")]
    below = [page.locator(".on-air"), page.locator(".market-side .comment").last, page.locator(".market-foot")]
    seen = [(box_of(one), box_of(other)) for one in above for other in below if one.is_visible() and other.is_visible()]
    assert [pair for pair in seen if overlap(*pair)] == []
    button.click()
    form = page.locator("dialog[open] form")
    for label in ("Họ và tên", "Số điện thoại", "Số nhà, đường, thôn xóm"):
        field = form.get_by_label(label)
        field.scroll_into_view_if_needed()
        field.click()
        assert is_on_top(page, field), label
    shoot(page, f"viewer-form-{name}")
