"""Many orders at once at the desk, with the keyboard alone: ticked, looked at before, done, taken back; and given to a colleague on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Desk, Market
from tests.browser.test_order_desk import a_desk, names_of, waiting

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def test_a_whole_queue_is_confirmed_with_the_keyboard_and_taken_back(market: Market, shoot: Callable[[Page, str], None]) -> None:
    page, session_id = a_desk(market, count=6)
    names = names_of(market, session_id)
    panel, line = page.locator(".desk-bulk"), page.locator(".desk-line")
    other = market.desk()
    listed = {each["number"]: each["order_id"] for each in other.call("GET", f"/api/v1/sessions/{session_id}/orders")["orders"]}
    page.keyboard.press("b")
    expect(panel).to_contain_text("Đã chọn 0 đơn")
    expect(page.locator(".outcomes")).to_have_count(0)

    keys(page, "ArrowDown", "Space", "ArrowDown", "ArrowDown", "Space")
    expect(panel).to_contain_text("Đã chọn 2 đơn")
    expect(page.locator(".desk-row[aria-checked=true]")).to_have_count(2)
    page.keyboard.press("a")
    expect(panel).to_contain_text("Đã chọn 6 đơn")
    # meanwhile somebody confirms one of them, so that it does not fit any more
    other.call("POST", f"/api/v1/sessions/{session_id}/orders/{listed[2]}/steps", {"kind": "confirmed", "reason": ""})
    page.keyboard.press("v")
    preview = page.locator(".desk-preview")
    expect(preview).to_contain_text("Xác nhận: làm được cho 5 trong 6 đơn.")
    expect(preview).to_contain_text(names[2].removeprefix("Đơn "))
    expect(preview.get_by_role("button", name="Xác nhận 5 đơn")).to_be_focused()
    shoot(page, "desk-bulk-1440")
    page.keyboard.press("Enter")
    expect(line).to_contain_text("Đã làm 5 đơn")
    expect(waiting(page, "Gói và giao")).to_have_text("6")

    page.keyboard.press("u")
    expect(line).to_contain_text("Đã hoàn tác 5 đơn")
    expect(waiting(page, "Gọi lần 1")).to_have_text("5")
    kinds = [
        [entry["kind"] for entry in other.call("GET", f"/api/v1/sessions/{session_id}/orders/{listed[number]}")["entries"]]
        for number in (1, 2)
    ]
    assert kinds == [["placed"], ["placed", "confirmed"]]
    page.keyboard.press("Escape")
    expect(page.locator(".desk-order")).to_contain_text("Đơn ")
    expect(page.locator(".outcomes")).to_be_visible()


def test_orders_are_given_to_a_colleague_on_a_phone_and_advice_stands_below(market: Market, shoot: Callable[[Page, str], None]) -> None:
    host = Desk(market.context(PHONE), market.base)
    host.call("POST", "/api/v1/login", {"login": market.accounts.host.login, "password": market.accounts.host.password})
    me = host.call("GET", "/api/v1/me")
    page, session_id = a_desk(market, count=3, host_id=me["id"])
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    panel = page.locator(".desk-bulk")
    page.get_by_role("button", name="Làm nhiều đơn").first.click()
    page.locator(".desk-row").nth(0).click()
    page.locator(".desk-row").nth(2).click()
    panel.get_by_role("button", name="Giao cho đồng nghiệp").click()
    panel.get_by_label("Giao cho", exact=True).select_option(me["id"])
    panel.get_by_role("button", name="Xem trước").click()
    expect(panel).to_contain_text("làm được cho 2 trong 2 đơn")
    shoot(page, "desk-bulk-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]

    panel.get_by_role("button", name="Giao cho đồng nghiệp 2 đơn").click()

    expect(page.locator(".desk-line")).to_contain_text("Đã làm 2 đơn")
    expect(page.locator(".desk-queue")).to_contain_text(f"giao cho {me['display_name']}")
    given = market.desk().call("GET", f"/api/v1/desk/orders?session_id={session_id}")["orders"]
    assert [each["assigned_to"] for each in given] == [me["id"], None, me["id"]]
    page.get_by_text("Nên nhận dư bao nhiêu đơn?").click()
    advice = page.locator(".desk-advice")
    # What other tests have settled in this market may have given the advice its table.
    expect(advice).to_contain_text(re.compile("đơn nào ngã ngũ|Nhận dư"))
    advice.scroll_into_view_if_needed()
    shoot(page, "desk-advice-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
