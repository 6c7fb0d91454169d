"""Money by bank on the pages: an organiser names an account, a buyer gets a code to scan, and the page says when the money has come."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, Desk, Market
from tests.browser.people import signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

BUYER = {
    "name": "Nguyễn Thị Minh Nguyệt",
    "phone": "0912345678",
    "address": {"province_code": 42, "ward_code": 18547, "street": "Xóm 5"},
}


def ordered(market: Market, desk: Desk, payment: str) -> tuple[Page, dict[str, Any]]:
    """A buyer's page of a new order, and its receipt."""
    session_id = desk.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    offer = desk.open_offer(session_id, total=5, limit=3, price_vnd=40_000)
    page = market.page()
    buyer = Desk(page.context, market.base)
    buyer.call("POST", f"/api/v1/sessions/{session_id}/tickets")
    lines = [{"offer_id": offer["id"], "quantity": 2}]
    order = {"key": str(uuid4()), "lines": lines, "buyer": BUYER, "payment": payment}
    receipt: dict[str, Any] = buyer.call("POST", f"/api/v1/sessions/{session_id}/orders", order)
    page.goto(f"{market.base}/o/{receipt['order_code']}#{receipt['link_token']}")
    return page, receipt


def names_the_account(market: Market, shoot: Callable[[Page, str], None]) -> None:
    page = market.page(DESK)
    signs_in(page, market.base, market.accounts.organiser, "/organiser/payments")
    page.get_by_role("link", name="Cài đặt").click()
    accounts = page.get_by_role("region", name="Tài khoản nhận tiền")
    expect(accounts.get_by_text("Đặt hoặc đổi tài khoản")).to_be_visible()
    accounts.locator("details").evaluate("details => (details.open = true)")
    accounts.get_by_label("Ngân hàng").select_option("970436")
    accounts.get_by_label("Số tài khoản", exact=True).fill("1031 933 430")
    accounts.get_by_label("Nhập lại số tài khoản").fill("1031933431")
    accounts.get_by_label("Tên chủ tài khoản").fill("HTX NONG SAN HUONG SON")
    save = accounts.get_by_role("button", name="Dùng tài khoản này")
    expect(save).to_be_disabled()
    expect(accounts).to_contain_text("Hai lần nhập số tài khoản không giống nhau.")
    accounts.get_by_label("Nhập lại số tài khoản").fill("1031933430")
    save.click()
    expect(accounts).to_contain_text("Vietcombank · 1031933430")
    shoot(page, "payments-accounts-1440")


def test_a_buyer_scans_or_copies_and_the_page_says_when_the_money_is_there(market: Market, shoot: Callable[[Page, str], None]) -> None:
    names_the_account(market, shoot)
    desk = market.desk()

    page, receipt = ordered(market, desk, "transfer")

    transfer = page.get_by_role("region", name="Chuyển khoản")
    picture = transfer.get_by_role("img", name=re.compile("Mã VietQR để chuyển 80.000"))
    expect(picture).to_be_visible()
    expect(transfer).to_contain_text(f"OCOP{receipt['order_code']}")
    expect(transfer).to_contain_text("HTX NONG SAN HUONG SON")
    assert transfer.get_by_role("link", name="Lưu ảnh mã QR").get_attribute("download") == f"VietQR-{receipt['order_code']}.png"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    transfer.get_by_role("button", name="Sao chép: Nội dung").click()
    expect(transfer).to_contain_text("Đã chép")
    assert page.evaluate("navigator.clipboard.readText()") == f"OCOP{receipt['order_code']}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, "order-transfer-390")

    payment = {"order_id": receipt["order_id"], "reference": f"FT{uuid4()}", "amount_vnd": 80_000, "received_at": "2026-11-28T09:00:00Z"}
    desk.call("POST", "/api/v1/payments", payment)

    expect(page.locator("main")).to_contain_text("Đã nhận được tiền của bạn.", timeout=15_000)
    expect(transfer).to_have_count(0)


def test_who_pays_on_delivery_may_transfer_before(market: Market, shoot: Callable[[Page, str], None]) -> None:
    names_the_account(market, shoot)

    page, receipt = ordered(market, market.desk(), "cod")

    page.get_by_text("Muốn chuyển khoản trước?").click()
    expect(page.get_by_role("img", name=re.compile("Mã VietQR"))).to_be_visible()
    expect(page.locator("main")).to_contain_text(f"OCOP{receipt['order_code']}")
    page.set_viewport_size({"width": 1440, "height": 900})
    shoot(page, "order-transfer-cod-1440")
