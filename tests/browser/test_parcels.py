"""From confirmed orders to a full box on the page: made, printed, packed with a hand scanner and by taps, wrong goods refused, without a mouse."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Desk, Market
from tests.browser.people import signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

BUYER = {
    "name": "Nguyễn Thị Minh Nguyệt",
    "phone": "0933445566",
    "address": {"province_code": 42, "ward_code": 18547, "street": "Xóm 5"},
}


def confirmed_orders(market: Market, desk: Desk, *buyers: dict[str, Any]) -> list[dict[str, Any]]:
    """Receipts of orders, two units each, whose buyers have agreed; they stand at the desk to be packed."""
    session_id = desk.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    offer = desk.open_offer(session_id, total=9, limit=9, price_vnd=40_000)
    receipts = []
    for buyer in buyers:
        person = Desk(market.context(PHONE), market.base)
        person.call("POST", f"/api/v1/sessions/{session_id}/tickets")
        lines = [{"offer_id": offer["id"], "quantity": 2}]
        order = {"key": str(uuid4()), "lines": lines, "buyer": buyer, "payment": "cod"}
        receipt = person.call("POST", f"/api/v1/sessions/{session_id}/orders", order)
        desk.call("POST", f"/api/v1/sessions/{session_id}/orders/{receipt['order_id']}/steps", {"kind": "confirmed"})
        receipts.append(receipt | {"session_id": session_id})
    for _ in range(100):
        preview = desk.call("POST", "/api/v1/parcels/preview", {})
        if {each["order_id"] for each in receipts} <= {order["order_id"] for group in preview["groups"] for order in group["orders"]}:
            break
        time.sleep(0.1)
    return receipts


def a_parcel(market: Market, desk: Desk, phone: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An open parcel of one order, and the order's receipt."""
    (receipt,) = confirmed_orders(market, desk, BUYER | {"phone": phone})
    (parcel_id,) = desk.call("POST", "/api/v1/parcels", {"groups": [[receipt["order_id"]]]})["parcel_ids"]
    return desk.call("GET", f"/api/v1/parcels/{parcel_id}"), receipt


def at_the_parcels(market: Market, size: tuple[int, int], view: str = "") -> Page:
    page = market.page(size)
    signs_in(page, market.base, market.accounts.organiser, "/organiser/parcels")
    if view:
        page.get_by_role("link", name=view).click()
    return page


def row_of(page: Page, code: str) -> Any:
    return page.get_by_role("listitem").filter(has=page.get_by_text(re.compile(code)))


def beeps(page: Page, code: str) -> None:
    """What a hand scanner does: it types, then presses Enter."""
    page.locator("#scan").press_sequentially(code)
    page.keyboard.press("Enter")


def test_orders_of_one_buyer_go_into_one_box_whose_label_a_scanner_reads(
    market: Market, shoot: Callable[[Page, str], None], tmp_path: Path
) -> None:
    receipts = confirmed_orders(market, market.desk(), BUYER, BUYER, BUYER | {"phone": "0933445567"})
    one, two, other = (each["order_code"] for each in receipts)
    page = at_the_parcels(market, DESK)

    expect(page.get_by_role("checkbox", name=re.compile(f"{one}, {two}|{two}, {one}"))).to_be_checked(timeout=15_000)
    expect(page.get_by_text("gộp 2 đơn").first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Minh Nguyệt")
    shoot(page, "parcels-make-1440")
    page.get_by_role("button", name=re.compile("^Tạo \\d+ kiện")).click()
    expect(page.get_by_role("status").filter(has_text="Đã tạo")).to_be_visible()
    # the button that was pressed may be gone: by keys one goes on with the papers
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Tem (A6)")).to_be_focused()
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    saved.value.save_as(tmp_path / "labels.pdf")

    document = pypdfium2.PdfDocument(BytesIO((tmp_path / "labels.pdf").read_bytes()))
    texts = [each.get_textpage().get_text_bounded() for each in document]
    (label,) = [number for number, text in enumerate(texts) if one in text]
    assert two in texts[label]
    assert other not in texts[label]
    assert "Nguyễn Thị Minh Nguyệt" in texts[label]
    code = {found.text for found in zxingcpp.read_barcodes(document[label].render(scale=4).to_pil())}
    assert len(code) == 1

    page.get_by_role("link", name=re.compile("^Đang mở")).click()
    row = row_of(page, code.pop())
    expect(row).to_contain_text("0/4 món")
    expect(row).to_contain_text("thu hộ 160.000")
    page.get_by_text("Cần lấy những gì?").click()
    expect(page.locator(".parcels-picks")).to_contain_text(re.compile("[4-9]"))
    shoot(page, "parcels-open-1440")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_box_is_packed_with_a_scanner_on_a_phone_and_wrong_goods_are_refused(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    parcel, _ = a_parcel(market, desk, "0912345670")
    inside = parcel["lines"][0]
    wrong = next(each for each in desk.call("GET", "/api/v1/products")["items"] if each["id"] != inside["product_id"])
    market.expected.append("409 (Conflict)")
    market.expected.append("404 (Not Found)")
    page = at_the_parcels(market, PHONE, "Bàn đóng gói")

    beeps(page, "P-222222")
    expect(page.get_by_role("alert")).to_contain_text("Không tìm thấy kiện hàng này.")
    beeps(page, parcel["code"])
    expect(page.get_by_text("Đã bỏ vào 0/2 món")).to_be_visible()
    beeps(page, parcel["code"])
    beeps(page, wrong.get("code") or "KHONG-CO")
    expect(page.get_by_role("alert")).to_contain_text("SAI HÀNG")
    shoot(page, "parcels-wrong-390")
    beeps(page, inside["product_code"])
    expect(page.get_by_text("Đã bỏ vào 1/2 món")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    # the last unit by keyboard alone
    page.get_by_role("button", name=f"Bỏ vào một: {inside['product_name']}").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Đủ hàng, kiện đã đóng.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, "parcels-packed-390")
    assert desk.call("GET", f"/api/v1/parcels/{parcel['parcel_id']}")["state"] == "packed"


def test_a_box_is_split_on_the_page_and_a_cancelled_order_asks_to_be_looked_at(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    _, receipt = a_parcel(market, desk, "0912345671")
    page = at_the_parcels(market, PHONE, "Bàn đóng gói")

    beeps(page, receipt["order_code"])
    page.get_by_text("Tách thành hai kiện").click()
    page.get_by_label(re.compile("có 2")).fill("1")
    page.get_by_role("button", name="Tách", exact=True).click()
    expect(page.get_by_text("Kiện mới: P-")).to_be_visible()
    page.get_by_role("button", name="Đủ hàng, đóng kiện").click()
    page.get_by_role("button", name="Chắc chắn đã đủ?").click()
    expect(page.get_by_text("Đủ hàng, kiện đã đóng.")).to_be_visible()

    cancel = {"kind": "cancelled", "reason": "refused"}
    desk.call("POST", f"/api/v1/sessions/{receipt['session_id']}/orders/{receipt['order_id']}/steps", cancel)
    expect(page.get_by_role("link", name=re.compile("Cần xem lại \\d"))).to_be_visible(timeout=30_000)
    page.get_by_role("link", name=re.compile("Cần xem lại")).click()
    expect(page.get_by_text("Đơn đã hủy").first).to_be_visible()
    shoot(page, "parcels-looks-390")
