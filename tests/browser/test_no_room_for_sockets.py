"""When the server has no room for a socket the page polls, says so, takes orders, and comes back to the socket by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, Market, Serve, Served, people_at
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

POLLING = re.compile("bản tóm tắt, trễ vài giây")
# The browser itself notes each refused upgrade in the console.
REFUSED = "Unexpected response code: 503"


@pytest.fixture(scope="module")
def one_place(serve: Serve) -> Iterator[Served]:
    """A service with a single place for a socket."""
    with serve(OCOP_WORKERS="1", OCOP_REALTIME__MAX_VIEWERS_PER_WORKER="1") as running:
        yield running


@pytest.fixture
def full(one_place: Served, browser: Browser) -> Iterator[Market]:
    with people_at(one_place, browser) as opened:
        opened.expected.append(REFUSED)
        yield opened


def comes_too_late(page: Page, market: Market, session_id: str) -> None:
    """Opens the market while its only place is taken. Chance is fixed at its earliest: the socket is tried after 4 s and 20 s more."""
    page.add_init_script("Math.random = () => 0")
    page.goto(f"{market.base}/s/{session_id}")
    expect(page.locator(".stage-top")).to_contain_text(POLLING, timeout=15_000)


def test_a_page_without_a_socket_orders_and_returns_when_there_is_room(full: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = full.desk()
    session_id = desk.make_session()
    first, second = full.page(DESK), full.page()
    opens_market(first, full.base, session_id)
    with second.expect_request(lambda request: request.url.endswith("/presence")):
        comes_too_late(second, full, session_id)
    expect(second.get_by_text("Bình luận mở lại khi phòng bớt đông.")).to_be_visible()
    expect(second.get_by_role("button", name="Thả tim")).to_be_disabled()

    desk.open_offer(session_id)
    card(second).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(second)
    with second.expect_request(lambda request: request.url.endswith("/orders") and request.method == "POST"):
        second.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(second)).to_contain_text("Đã chốt · đơn")
    expect(card(second)).to_contain_text("Còn 4 phần", timeout=10_000)
    shoot(second, "viewer-polling-390")
    first.close()

    expect(second.get_by_text(POLLING)).to_be_hidden(timeout=40_000)
    expect(second.get_by_label("Bình luận…")).to_be_visible()
    expect(second.locator(".stage-badges")).to_contain_text("1 đang xem")
    expect(card(second)).to_contain_text("Đã chốt · đơn")


def test_the_end_is_seen_without_a_socket_too(full: Market) -> None:
    desk = full.desk()
    session_id = desk.make_session()
    first, second = full.page(DESK), full.page()
    opens_market(first, full.base, session_id)
    comes_too_late(second, full, session_id)

    desk.move(session_id, "ended")

    expect(second.get_by_text("Phiên chợ đã kết thúc")).to_be_visible(timeout=15_000)
