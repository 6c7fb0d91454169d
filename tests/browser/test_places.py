"""Where the parcel goes: people type a place as they know it, with old names, apostrophes and without marks."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Market
from tests.browser.people import ORDER_BUTTON, card, opens_market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def opens_the_form(market: Market, page: Page) -> Locator:
    desk = market.desk()
    session_id = desk.make_session()
    desk.open_offer(session_id)
    opens_market(page, market.base, session_id)
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    return page.locator("dialog[open] form")


def types(form: Locator, label: str, typed: str) -> Locator:
    """Types into one of the two choices; the first place of the list."""
    box = form.get_by_role("combobox", name=label)
    box.click()
    box.fill(typed)
    return form.get_by_role("listbox", name=label).get_by_role("option").first


@pytest.mark.parametrize(
    ("province", "shown", "chosen", "ward", "ward_name"),
    [
        ("quang nam", "Thành phố Đà Nẵng· Quảng Nam", "Thành phố Đà Nẵng", "p. hội an tây", "Phường Hội An Tây"),
        ("Ð\u0103k L\u0103k", "Đắk Lắk", "Đắk Lắk", "m\u2019drak", "Xã M'Drắk"),
        ("hcm", "Thành phố Hồ Chí Minh· hcm", "Thành phố Hồ Chí Minh", "sai gon", "Phường Sài Gòn"),
    ],
)
def test_a_buyer_finds_the_place_by_any_of_its_names(
    market: Market, province: str, shown: str, chosen: str, ward: str, ward_name: str
) -> None:
    form = opens_the_form(market, market.page())

    first = types(form, "Tỉnh, thành phố", province)
    expect(first).to_have_text(shown)
    first.click()
    expect(form.get_by_role("combobox", name="Tỉnh, thành phố")).to_have_value(chosen)
    found = types(form, "Xã, phường", ward)
    expect(found).to_have_text(ward_name)
    found.click()

    expect(form.get_by_role("combobox", name="Xã, phường")).to_have_value(ward_name)


def test_a_buyer_remembered_with_a_code_of_another_list_is_asked_for_the_ward_again(market: Market) -> None:
    page = market.page()
    remembered = {
        "name": "Nguyễn Thị Lan", "phone": "0912345678", "provinceCode": 1, "provinceName": "Thành phố Hà Nội", "wardCode": 226,
        "wardName": "Phường Kim Liên", "street": "Ngõ 5",
    }  # fmt: skip
    page.goto(f"{market.base}/")
    page.evaluate("text => localStorage.setItem('ocop.buyer', text)", json.dumps(remembered))

    form = opens_the_form(market, page)

    expect(form.get_by_label("Họ và tên")).to_have_value("Nguyễn Thị Lan")
    expect(form.get_by_role("combobox", name="Tỉnh, thành phố")).to_have_value("Thành phố Hà Nội")
    expect(form.get_by_role("combobox", name="Xã, phường")).to_have_value("")
