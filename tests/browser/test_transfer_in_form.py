"""The order form offers a transfer where an account is named; cash on delivery stays what is chosen, and the order's page has the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Desk, Market
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market, says
from tests.fulfilment.test_bank_accounts import ACCOUNT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def staff(market: Market) -> Iterator[Desk]:
    """Of an organisation that has named its account."""
    desk = market.desk()
    desk.call("PUT", "/api/v1/bank-accounts", ACCOUNT)
    yield desk
    (account,) = desk.call("GET", "/api/v1/bank-accounts")["items"]
    desk.call("DELETE", f"/api/v1/bank-accounts/{account['account_id']}")


def shows_the_code(page: Page, order_code: str) -> None:
    """The order's page names the memo and has drawn its picture, for which the account is asked once more."""
    expect(page.get_by_text(f"OCOP{order_code}").first).to_be_visible(timeout=20_000)
    drawn = "() => [...document.querySelectorAll('.order-transfer-picture')].some((each) => each.complete && each.naturalWidth > 0)"
    page.wait_for_function(drawn, timeout=20_000)


def test_a_viewer_chooses_a_transfer_and_finds_the_code_on_the_orders_page(
    market: Market, staff: Desk, shoot: Callable[[Page, str], None]
) -> None:
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

    link = page.get_by_role("link", name="Xem mã VietQR").first
    expect(link).to_be_visible(timeout=20_000)
    (order,) = staff.call("GET", f"/api/v1/sessions/{session_id}/orders")["orders"]
    assert order["payment"] == "transfer"
    link.click()
    shows_the_code(page, order["code"])
    shoot(page, "order-transfer-390")


def test_a_basket_is_paid_by_transfer_and_says_so_after_a_reload_too(
    market: Market, staff: Desk, shoot: Callable[[Page, str], None]
) -> None:
    session_id = staff.make_session(products=4)
    products = staff.call("GET", f"/api/v1/sessions/{session_id}")["products"]
    for product in products[:2]:
        staff.call("PUT", f"/api/v1/sessions/{session_id}/stock/{product['id']}", {"units": 9, "per_viewer_limit": 5})
    page = market.page(PHONE)
    opens_market(page, market.base, session_id)
    page.get_by_role("button", name="Kệ hàng").click()
    sheet = page.locator("dialog[open]")
    for product in products[:2]:
        sheet.get_by_role("button", name=f"Thêm {product['name']} vào giỏ").click()
    sheet.get_by_role("button", name="Giỏ hàng · 2 món").click()
    expect(sheet.get_by_label("Khi nhận hàng")).to_be_checked()
    fills_the_form(page)
    sheet.get_by_label("Chuyển khoản (VietQR)").check()
    expect(sheet).to_contain_text("để quét mã chuyển khoản")
    shoot(page, "basket-transfer-390")
    sheet.get_by_role("button", name="Chốt đơn", exact=True).click()

    expect(sheet).to_contain_text("Đơn đang chờ tiền")
    expect(sheet).not_to_contain_text("Trả tiền khi nhận hàng")
    shoot(page, "basket-transfer-placed-390")
    (order,) = page.request.get(f"{market.base}/api/v1/sessions/{session_id}/orders/mine").json()["orders"]
    assert order["payment"] == "transfer"
    sheet.get_by_role("link", name="Xem mã VietQR").click()
    shows_the_code(page, order["order_code"])


def test_what_a_comment_asked_for_is_paid_by_transfer(market: Market, staff: Desk, shoot: Callable[[Page, str], None]) -> None:
    session_id = staff.make_session(products=2)
    staff.open_offer(session_id, total=9)
    page = market.page(PHONE)
    opens_market(page, market.base, session_id)
    says(page, "A1 x2")
    page.locator(".claim-card").get_by_role("button", name="Chốt đơn").click(timeout=20_000)
    form = page.locator("dialog[open] form")
    fills_the_form(page)
    form.get_by_label("Chuyển khoản (VietQR)").check()
    shoot(page, "claim-transfer-390")
    form.get_by_role("button", name="Chốt đơn").click()

    expect(page.locator(".claim-card")).to_contain_text("đơn", timeout=20_000)
    orders = []
    for _ in range(50):
        if orders := staff.call("GET", f"/api/v1/sessions/{session_id}/orders")["orders"]:
            break
        page.wait_for_timeout(200)
    assert [each["payment"] for each in orders] == ["transfer"]
