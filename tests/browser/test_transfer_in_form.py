"""The order form offers a transfer where an account is named; cash on delivery stays what is chosen, and the order's page has the code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Market
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market
from tests.fulfilment.test_bank_accounts import ACCOUNT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_viewer_chooses_a_transfer_and_finds_the_code_on_the_orders_page(market: Market, shoot: Callable[[Page, str], None]) -> None:
    staff = market.desk()
    staff.call("PUT", "/api/v1/bank-accounts", ACCOUNT)
    session_id = staff.make_session(title="Chợ phiên chuyển khoản")
    staff.open_offer(session_id)
    page = market.page(PHONE)
    opens_market(page, market.base, session_id)
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    form = page.locator("dialog[open] form")
    expect(form.get_by_label("Khi nhận hàng")).to_be_checked()
    fills_the_form(page)
    form.get_by_label("Chuyển khoản (VietQR)").check()
    shoot(page, "form-transfer-390")

    form.get_by_role("button", name="Chốt đơn").click()

    link = page.get_by_role("link", name="Xem đơn").first
    expect(link).to_be_visible(timeout=20_000)
    (order,) = staff.call("GET", f"/api/v1/sessions/{session_id}/orders")["orders"]
    assert order["payment"] == "transfer"
    link.click()
    expect(page.get_by_text(f"OCOP{order['code']}").first).to_be_visible(timeout=20_000)
    shoot(page, "order-transfer-390")
    (account,) = staff.call("GET", "/api/v1/bank-accounts")["items"]
    staff.call("DELETE", f"/api/v1/bank-accounts/{account['account_id']}")
