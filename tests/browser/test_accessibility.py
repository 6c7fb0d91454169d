"""Every page in its states, for people who do not see it or do not use a mouse; and the board's first screen on small devices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.infra.clock import utc_now
from tests.browser.accessibility import what_axe_finds
from tests.browser.conftest import DESK, PHONE, TABLET, Desk, Market
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WIDE = (1280, 900)


def says(page: Page, words: str) -> None:
    """A polite voice says it."""
    expect(page.locator('[aria-live="polite"]').filter(has_text=words)).to_have_count(1)


def in_a_form_with_errors(page: Page) -> list[str]:
    page.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(page.locator("#buyer-name-error")).not_to_be_empty()
    page.get_by_role("combobox", name="Tỉnh, thành phố").click()
    expect(page.get_by_role("option").first).to_be_visible()
    return what_axe_finds(page)


def in_the_address_sheet(page: Page, shoot: Callable[[str], None]) -> list[str]:
    card(page).get_by_role("button", name="Sửa").click()
    expect(page.locator("dialog[open] #buyer-name")).to_be_visible()
    found = what_axe_finds(page)
    shoot("viewer-address")
    page.keyboard.press("Escape")
    return found


def after_the_market(page: Page, market: Market, desk: Desk, session_id: str, shoot: Callable[[str], None]) -> dict[str, list[str]]:
    """What axe finds once it is over: on the page itself and on the buyer's pages."""
    found: dict[str, list[str]] = {}
    desk.move(session_id, "ended")
    expect(page.get_by_text("Phiên chợ đã kết thúc")).to_be_visible()
    found["ended"] = what_axe_finds(page)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    for state, path in (("look-up", "/lookup"), ("my-orders", "/my-orders")):
        page.goto(market.base + path)
        expect(page.locator("h1")).to_be_visible()
        page.wait_for_load_state("networkidle")
        found[state] = what_axe_finds(page)
        shoot(state)
    page.locator(".my-order a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đơn")
    page.wait_for_load_state("networkidle")
    found["order"] = what_axe_finds(page)
    shoot("order")
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_viewers_pages_are_clean(market: Market, shoot: Callable[[Page, str], None], theme: str) -> None:
    desk = market.desk()
    session_id = desk.make_session(live=False)
    desk.call("PATCH", f"/api/v1/sessions/{session_id}", {"planned_start_at": (utc_now() + timedelta(days=2)).isoformat()})
    desk.move(session_id, "scheduled")
    page = market.page(theme=theme)
    found: dict[str, list[str]] = {}

    for state, path in (("home", "/"), ("waiting", f"/s/{session_id}"), ("login", "/login"), ("no such page", "/s/gone")):
        page.goto(market.base + path)
        expect(page.locator("h1")).to_be_visible()
        found[state] = what_axe_finds(page)
    market.expected.append("404")
    desk.move(session_id, "live")
    opens_market(page, market.base, session_id)
    found["live"] = what_axe_finds(page)
    desk.open_offer(session_id, total=3, limit=2)
    says(page, "Ưu đãi mới: ")
    found["offer"] = what_axe_finds(page)
    page.get_by_role("button", name="Kệ hàng phiên chợ").click()
    expect(page.locator("dialog[open] .shelf")).to_be_visible()
    found["shelf"] = what_axe_finds(page)
    page.keyboard.press("Escape")
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    found["form with errors"] = in_a_form_with_errors(page)
    fills_the_form(page)
    page.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(page).get_by_role("status").filter(has_text="Đã chốt · đơn ")).to_be_visible()
    found["ordered"] = what_axe_finds(page)
    found["address sheet"] = in_the_address_sheet(page, lambda name: shoot(page, f"{name}-{theme}-390"))
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    expect(page.locator(".market-below .shelf")).to_be_visible()
    found["desk"] = what_axe_finds(page)
    shoot(page, f"viewer-ordered-{theme}-1440")
    found |= after_the_market(page, market, desk, session_id, lambda name: shoot(page, f"{name}-{theme}-390"))

    assert {state: problems for state, problems in found.items() if problems} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_stands_in_the_way_of_an_order_is_clean(market: Market, shoot: Callable[[Page, str], None], theme: str) -> None:
    """Sold out, and the waitlist."""
    desk = market.desk()
    session_id = desk.make_session()
    desk.open_offer(session_id, total=1, limit=1)
    first, second = market.page(theme=theme), market.page(theme=theme)
    found: dict[str, list[str]] = {}

    for page in (first, second):
        opens_market(page, market.base, session_id)
    card(first).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(first)
    first.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    wait = card(second).get_by_role("button", name="Chờ")
    expect(wait).to_be_visible()
    found["sold out"] = what_axe_finds(second)
    shoot(second, f"viewer-sold-out-{theme}-390")
    wait.click()
    expect(card(second)).to_contain_text("thứ 1")
    found["waitlist"] = what_axe_finds(second)
    shoot(second, f"viewer-waitlist-{theme}-390")

    assert {state: problems for state, problems in found.items() if problems} == {}


def test_the_board_is_clean_and_has_one_screen(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(products=8)
    desk.open_offer(session_id)
    page = market.page(PHONE)
    signs_in(page, market.base, market.accounts.organiser, f"/host/{session_id}")
    expect(page.locator(".running")).to_be_visible()
    found: dict[str, list[str]] = {}

    for size in (PHONE, TABLET, DESK):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        shoot(page, f"board-first-screen-{size[0]}")
        found[f"board {size[0]}"] = what_axe_finds(page)
        for seen in (
            ".running .board-clock",
            ".zone-pulse .figure-value",
            ".next-button",
            ".zone-talk .comments",
            ".zone-talk .composer input",
        ):
            box = page.locator(seen).first.bounding_box()
            assert box is not None
            assert box["height"] > 20, (seen, size)
            assert box["y"] + min(box["height"], 60) <= size[1], (seen, size)
            point = [box["x"] + box["width"] / 2, box["y"] + min(box["height"], 60) / 2]
            assert page.evaluate("([x, y, seen]) => document.elementFromPoint(x, y)?.closest(seen) !== null", [*point, seen]), (seen, size)

    assert {state: problems for state, problems in found.items() if problems} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_other_staff_pages_are_clean(market: Market, shoot: Callable[[Page, str], None], theme: str) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    producer = desk.call("GET", "/api/v1/producers")["items"][0]["id"]
    product = desk.call("GET", "/api/v1/products")["items"][0]["id"]
    page = market.page(PHONE, theme=theme)
    signs_in(page, market.base, market.accounts.organiser, "/host")
    found: dict[str, list[str]] = {}
    goods = ("", "/import", f"/producers/{producer}", f"/producers/{producer}/add", f"/products/{product}")
    paths = {
        "orders": f"/host/{session_id}/orders",
        "report": f"/organiser/{session_id}",
        "host": "/host",
        "organiser": "/organiser",
        "edit": f"/host/{session_id}/edit",
        **{f"goods{number}": f"/organiser/goods{tail}" for number, tail in enumerate(goods)},
    }

    for name, path in paths.items():
        for size in (PHONE, WIDE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.goto(market.base + path)
            expect(page.locator("h1").first).to_be_visible()
            page.wait_for_load_state("networkidle")
            found[f"{name} {size[0]}"] = what_axe_finds(page)
            shoot(page, f"staff-{name}-{theme}-{size[0]}")
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
            assert page.evaluate(
                "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)(document.querySelector('.top-bar nav'))"
            ), name
        menu = page.get_by_role("button", name="Mục khác")
        menu.click()
        expect(page.get_by_role("link", name="Báo cáo", exact=True)).to_be_visible()
        found[f"{name} menu"] = what_axe_finds(page)
        shoot(page, f"staff-{name}-{theme}-menu")
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="Báo cáo", exact=True)).to_be_hidden()

    assert {state: problems for state, problems in found.items() if problems} == {}
