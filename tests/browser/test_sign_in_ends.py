"""A sign-in that ends under a page of the staff is said on the page, with the way back to the same page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.web.texts import texts_for
from tests.browser.conftest import DESK, Desk, Market, Served, people_at
from tests.browser.people import signs_in
from tests.browser.weak_network import WeakNetwork, weak_network

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

TEXTS = texts_for("vi")
# What Chromium itself notes in the console: the lost connection, and the refusals that tell the page of the end.
EXPECTED = ["WebSocket connection to", "Failed to load resource: net::ERR_", "status of 401"]
# Two pages read anew every 10 and 20 s; here sooner.
READS_TEN_TIMES_AS_OFTEN = """
const [later, repeatedly] = [window.setTimeout.bind(window), window.setInterval.bind(window)];
window.setTimeout = (act, ms, ...rest) => later(act, ms >= 8_000 ? ms / 10 : ms, ...rest);
window.setInterval = (act, ms, ...rest) => repeatedly(act, ms >= 8_000 ? ms / 10 : ms, ...rest);
"""


@pytest.fixture
def network(served: Served) -> Iterator[WeakNetwork]:
    with weak_network(int(served.base.rpartition(":")[2])) as opened:
        yield opened


@pytest.fixture
def weak(served: Served, browser: Browser, network: WeakNetwork) -> Iterator[Market]:
    """The shared service behind a network that can be cut."""
    with people_at(served, browser) as opened:
        opened.base = network.base
        opened.expected += EXPECTED
        yield opened


def make_session(market: Market, served: Served) -> tuple[Desk, str]:
    """A live session; its desk has a network of its own."""
    desk = market.desk()
    desk.base = served.base
    return desk, desk.make_session()


def says_it_ended(page: Page) -> Locator:
    notice = page.get_by_role("alert").filter(has_text=TEXTS["host.signed_out"])
    expect(notice).to_be_visible(timeout=15_000)
    return notice


def signs_in_again(page: Page, market: Market, path: str) -> None:
    """By the link on the page, which leads back to it."""
    says_it_ended(page).get_by_role("link", name=TEXTS["host.sign_in_again"]).click()
    page.wait_for_url(f"{market.base}/login?next=*")
    page.get_by_label("Tên đăng nhập").fill(market.accounts.organiser.login)
    page.get_by_label("Mật khẩu", exact=True).fill(market.accounts.organiser.password)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(market.base + path)


def test_the_board_says_that_the_sign_in_ended_while_it_was_away_and_works_after_the_next(
    weak: Market, served: Served, network: WeakNetwork
) -> None:
    desk, session_id = make_session(weak, served)
    path = f"/host/{session_id}"
    page = weak.page(DESK)
    signs_in(page, weak.base, weak.accounts.organiser, path)
    expect(page.get_by_text(TEXTS["host.attention_offline"])).to_be_hidden()

    network.cut()
    expect(page.get_by_text(TEXTS["host.attention_offline"])).to_be_visible(timeout=15_000)
    page.context.clear_cookies()
    network.heal()
    signs_in_again(page, weak, path)

    expect(page.get_by_text(TEXTS["host.signed_out"])).to_be_hidden()
    desk.open_offer(session_id, total=7)
    expect(page.get_by_role("region", name="Đang lên sóng")).to_contain_text("Còn 7/7", timeout=15_000)
    page.get_by_placeholder(TEXTS["viewer.comment_placeholder"]).fill("Chào cả nhà")
    page.keyboard.press("Enter")
    expect(page.locator(".zone-talk")).to_contain_text("Chào cả nhà")


def test_the_board_takes_it_back_when_somebody_signed_in_in_another_tab(weak: Market, served: Served) -> None:
    _, session_id = make_session(weak, served)
    path = f"/host/{session_id}"
    page = weak.page(DESK)
    signs_in(page, weak.base, weak.accounts.organiser, path)
    page.context.clear_cookies()

    page.get_by_role("button", name=TEXTS["host.end"]).click()
    page.get_by_role("button", name=TEXTS["host.end_sure"]).click()
    says_it_ended(page)
    signs_in(page.context.new_page(), weak.base, weak.accounts.organiser, path)

    expect(page.get_by_text(TEXTS["host.signed_out"])).to_be_hidden(timeout=15_000)


@pytest.mark.parametrize("page_name", ["orders", "report"])
def test_order_desk_and_report_say_it_in_the_same_words(weak: Market, served: Served, page_name: str) -> None:
    _, session_id = make_session(weak, served)
    path = f"/organiser/{session_id}" + ("/orders" if page_name == "orders" else "")
    page = weak.page(DESK)
    page.add_init_script(READS_TEN_TIMES_AS_OFTEN)
    signs_in(page, weak.base, weak.accounts.organiser, path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.context.clear_cookies()

    says_it_ended(page)
    expect(page.get_by_text(TEXTS["error.not_signed_in"])).to_be_hidden()
    signs_in_again(page, weak, path)

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text(TEXTS["host.signed_out"])).to_be_hidden()


def test_forms_and_lists_say_it_when_something_is_to_be_saved(weak: Market, served: Served) -> None:
    path = "/organiser"
    page = weak.page(DESK)
    signs_in(page, weak.base, weak.accounts.organiser, path)
    page.get_by_label(TEXTS["host.seller_phone"]).fill("0912 345 678")
    page.context.clear_cookies()

    page.get_by_role("button", name=TEXTS["host.seller_phone_save"]).click()
    signs_in_again(page, weak, path)
    expect(page.get_by_text(TEXTS["host.signed_out"])).to_be_hidden()


@pytest.mark.parametrize("path", ["/organiser/goods/producers/new", "/organiser/goods", "/host"])
def test_pages_of_goods_and_sessions_hear_of_the_end(weak: Market, path: str) -> None:
    page = weak.page(DESK)
    signs_in(page, weak.base, weak.accounts.organiser, path)
    page.context.clear_cookies()

    page.evaluate(
        "fetch('/api/v1/me').then((answer) => answer.json()).then((body) => dispatchEvent(new Event(body.code === 'not_signed_in' ? 'signed-out' : 'x')))"
    )
    signs_in_again(page, weak, path)
