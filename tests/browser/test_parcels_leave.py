"""Boxes leave on the page: scanned out with the carrier's codes, many at once after a look, taken back; and two of one buyer are merged."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Desk, Market
from tests.browser.test_parcels import BUYER, at_the_parcels, beeps, confirmed_orders, row_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def parcels_of(desk: Desk, receipts: list[dict[str, Any]], *, packed: bool) -> list[dict[str, Any]]:
    made = desk.call("POST", "/api/v1/parcels", {"groups": [[each["order_id"]] for each in receipts]})["parcel_ids"]
    if packed:
        for each in made:
            desk.call("POST", f"/api/v1/parcels/{each}/packed", {})
    found = {each: desk.call("GET", f"/api/v1/parcels/{each}") for each in made}
    by_order = {each["orders"][0]["order_id"]: each for each in found.values()}
    return [by_order[each["order_id"]] for each in receipts]


def state_of(desk: Desk, parcel: dict[str, Any]) -> tuple[str, str | None, str | None]:
    found = desk.call("GET", f"/api/v1/parcels/{parcel['parcel_id']}")
    return found["state"], found["carrier"], found["tracking_code"]


def test_boxes_are_scanned_out_on_a_phone_with_the_carriers_codes_and_one_is_taken_back(
    market: Market, shoot: Callable[[Page, str], None]
) -> None:
    desk = market.desk()
    one, two = parcels_of(desk, confirmed_orders(market, desk, *(BUYER | {"phone": f"091234568{n}"} for n in range(2))), packed=True)
    market.expected.append("409 (Conflict)")
    page = at_the_parcels(market, PHONE, "Quét giao đi")

    page.get_by_label("Đơn vị vận chuyển").select_option("VNPost (bưu điện)")
    beeps(page, one["code"])
    expect(page.get_by_text("Đã giao 1 kiện")).to_be_visible()
    beeps(page, one["code"])
    expect(page.get_by_role("alert")).to_contain_text("trạng thái không làm được")
    page.get_by_label("Quét thêm mã vận đơn sau mỗi tem").check()
    beeps(page, two["code"])
    expect(page.get_by_label(f"Mã vận đơn của {two['code']}")).to_be_visible()
    beeps(page, "VN0012345")
    expect(page.get_by_text("Đã giao 2 kiện")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, "parcels-leave-390")
    assert state_of(desk, two) == ("handed_over", "vnpost", "VN0012345")

    row_of(page, one["code"]).get_by_role("button", name="Hoàn tác").click()
    expect(page.get_by_text("Đã giao 1 kiện")).to_be_visible()
    assert state_of(desk, one) == ("packed", None, None)


def test_many_boxes_leave_at_once_after_a_look_at_what_does_not_fit(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    receipts = confirmed_orders(market, desk, *(BUYER | {"phone": f"091234569{n}"} for n in range(3)))
    fits, other, changed = parcels_of(desk, receipts, packed=True)
    page = at_the_parcels(market, DESK, "Đã đóng")
    for each in (fits, other, changed):
        page.get_by_label(f"Chọn {each['code']}").check()
    cancel = {"kind": "cancelled", "reason": "refused"}
    desk.call("POST", f"/api/v1/sessions/{receipts[2]['session_id']}/orders/{receipts[2]['order_id']}/steps", cancel)
    for _ in range(100):
        if desk.call("GET", f"/api/v1/parcels/{changed['parcel_id']}")["looks_at"] is not None:
            break
        time.sleep(0.1)

    page.get_by_text("Đã giao cho đơn vị vận chuyển").click()
    page.get_by_role("button", name="Xem trước 3 kiện đã chọn").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Kiện chưa giao được")).to_contain_text(changed["code"])
    shoot(page, "parcels-leave-many-1440")
    # the keyboard goes on where the answer is
    expect(page.get_by_role("button", name="Giao 2 kiện")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Đã giao 2 kiện")).to_be_visible()
    assert [state_of(desk, each)[0] for each in (fits, other, changed)] == ["handed_over", "handed_over", "packed"]
    page.get_by_role("button", name="Hoàn tác").click()
    expect(row_of(page, fits["code"])).to_be_visible()
    assert state_of(desk, other)[0] == "packed"


def test_two_open_boxes_of_one_buyer_are_merged_and_of_two_buyers_the_page_says_why_not(
    market: Market, shoot: Callable[[Page, str], None]
) -> None:
    desk = market.desk()
    mine = BUYER | {"phone": "0912345695"}
    one, two, other = parcels_of(desk, confirmed_orders(market, desk, mine, mine, BUYER | {"phone": "0912345696"}), packed=False)
    market.expected.append("409 (Conflict)")
    page = at_the_parcels(market, PHONE, "Đang mở")

    page.get_by_label(f"Chọn {one['code']}").check()
    page.get_by_label(f"Chọn {other['code']}").check()
    page.get_by_role("button", name="Gộp 2 kiện đã chọn").click()
    expect(page.get_by_role("alert")).to_contain_text("không cùng người nhận")
    page.get_by_label(f"Chọn {other['code']}").uncheck()
    page.get_by_label(f"Chọn {two['code']}").check()
    page.get_by_role("button", name="Gộp 2 kiện đã chọn").click()

    expect(page.get_by_role("status").filter(has_text="Đã gộp vào kiện")).to_be_visible()
    shoot(page, "parcels-merged-390")
    left = {each["code"] for each in desk.call("GET", "/api/v1/parcels?state=open&limit=100")["parcels"]}
    assert len(left & {one["code"], two["code"]}) == 1
    assert other["code"] in left
