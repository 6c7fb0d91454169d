"""The page keeps its place in the room: after the Back button, after sleep, after a connection that died without a word."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, Page, Request, expect

from app.web.texts import texts_for
from tests.browser.accessibility import what_axe_finds
from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGUMENTS, DESK, PHONE, Desk, Market, Served, people_at
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market, signs_in
from tests.browser.test_viewer_orders import orders_of
from tests.browser.weak_network import WeakNetwork, weak_network

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

OFFLINE = "Mất mạng, đang nối lại…"
# What Chromium itself notes in the console while the network is away.
NETWORK_COMPLAINTS = ["WebSocket connection to", "Failed to load resource: net::ERR_"]
# A page is in the room again 2 s after a return, and an order is placed 3 s after the network's. The rest is for a busy machine.
SPARE_SECONDS = 3.0

# Notes when each socket of the page was greeted.
COUNT_SOCKETS = """
window.greetings = [];
window.WebSocket = class extends WebSocket {
  constructor(address) {
    super(address);
    this.addEventListener("message", ({ data }) => /"type":"room.(snapshot|resumed)"/.test(data) && !this.greeted && greetings.push((this.greeted = Date.now())));
  }
};
"""
# A device asleep: `performance.now()` stands still while everybody else's time goes on.
CLOCK_THAT_STANDS_STILL = """
const running = performance.now.bind(performance);
window.slept = 0;
performance.now = () => running() - slept;
"""
# The silence of a room, and the time of a question that a silence brought about.
LONG_WAITS_ARE_TEN_TIMES_AS_SHORT = """
const laterOn = window.setTimeout.bind(window);
window.setTimeout = (act, ms, ...rest) => laterOn(act, ms >= 8_000 ? ms / 10 : ms, ...rest);
"""


@pytest.fixture
def network(served: Served) -> Iterator[WeakNetwork]:
    with weak_network(int(served.base.rpartition(":")[2])) as opened:
        yield opened


@pytest.fixture(scope="session")
def remembering_browser(chromium: BrowserType) -> Iterator[Browser]:
    """Chromium as people have it: a page that is left sleeps in its memory, and the Back button wakes it."""
    kept_out = ["--disable-back-forward-cache"]
    started = chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, ignore_default_args=kept_out)
    yield started
    started.close()


@pytest.fixture
def weak(served: Served, browser: Browser, network: WeakNetwork) -> Iterator[Market]:
    """The shared service behind a weak network."""
    with people_at(served, browser) as opened:
        opened.base = network.base
        opened.expected += NETWORK_COMPLAINTS
        yield opened


def make_session(market: Market, served: Served) -> tuple[Desk, str]:
    """A live session; its desk has a network of its own."""
    desk = market.desk()
    desk.base = served.base
    return desk, desk.make_session()


def a_phone(market: Market, *scripts: str) -> Page:
    page = market.page(PHONE)
    for script in (COUNT_SOCKETS, *scripts):
        page.add_init_script(script)
    return page


def greetings(page: Page, count: int, *, timeout: float = 15_000) -> list[float]:
    """When the sockets of the page were greeted, once `count` of them were."""
    page.wait_for_function("count => window.greetings.length >= count", arg=count, timeout=timeout)
    found: list[float] = page.evaluate("greetings")
    return found


def comes_back(page: Page) -> None:
    """The page is seen again. Headless pages are never hidden, so the browser's word for it is said here."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def keys_of_orders(page: Page) -> set[str]:
    """The keys under which orders are sent over HTTP from now on; filled as they come."""
    keys: set[str] = set()

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/orders"):
            keys.add(json.loads(request.post_data or "{}")["key"])

    page.on("request", note)
    return keys


def hears_of_an_offer(page: Page, desk: Desk, session_id: str) -> None:
    """What happens from now on reaches the page."""
    desk.open_offer(session_id, total=7)
    expect(card(page)).to_contain_text("Còn 7 phần")


def test_the_back_button_brings_a_connected_page(
    served: Served, remembering_browser: Browser, network: WeakNetwork, shoot: Callable[[Page, str], None]
) -> None:
    network.delay_seconds = 0.06
    with people_at(served, remembering_browser) as market:
        market.base = network.base
        desk, session_id = make_session(market, served)
        page = a_phone(market)
        opens_market(page, market.base, session_id)

        for returns in range(1, 4):
            page.evaluate("window.isTheSamePage = true")
            page.goto(f"{market.base}/login")
            page.evaluate("history.back()")
            page.wait_for_function("window.isTheSamePage")
            returned_at = page.evaluate("Date.now()")
            assert greetings(page, 1 + returns)[-1] - returned_at < 2_000 + SPARE_SECONDS * 1_000

        hears_of_an_offer(page, desk, session_id)
        expect(page.get_by_text(OFFLINE)).to_be_hidden()
        expect(page.locator(".stage-badges")).to_contain_text("1 đang xem")
        shoot(page, "viewer-back-390")


def test_the_countdown_is_right_after_sleep_with_a_clock_that_stood_still(weak: Market, served: Served, network: WeakNetwork) -> None:
    desk, session_id = make_session(weak, served)
    offer = desk.open_offer(session_id)
    page = a_phone(weak, CLOCK_THAT_STANDS_STILL)
    opens_market(page, weak.base, session_id)

    def error_seconds() -> float:
        minutes, seconds = card(page).get_by_role("timer").inner_text().split(":")
        ends_at: float = offer["ends_at_ms"] / 1000
        return int(minutes) * 60 + int(seconds) - (ends_at - time.time())

    assert abs(error_seconds()) < 2
    network.hold()
    page.evaluate("slept = 45_000")
    page.wait_for_function("() => new Promise(done => setTimeout(() => done(true), 500))")
    assert error_seconds() > 40
    network.heal()
    deadline = time.monotonic() + 5 + SPARE_SECONDS
    while abs(error_seconds()) >= 2 and time.monotonic() < deadline:
        page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => done(true)))")

    assert abs(error_seconds()) < 2


def test_a_connection_that_died_in_the_background_is_replaced_at_once_on_return(weak: Market, served: Served, network: WeakNetwork) -> None:
    desk, session_id = make_session(weak, served)
    page = a_phone(weak)
    opens_market(page, weak.base, session_id)
    network.forget()

    returned_at = page.evaluate("Date.now()")
    comes_back(page)

    assert greetings(page, 2)[-1] - returned_at < (2 + SPARE_SECONDS) * 1_000
    hears_of_an_offer(page, desk, session_id)


def test_a_return_to_a_living_connection_opens_no_other(weak: Market, served: Served) -> None:
    desk, session_id = make_session(weak, served)
    page = a_phone(weak)
    opens_market(page, weak.base, session_id)

    for _ in range(3):
        comes_back(page)
    hears_of_an_offer(page, desk, session_id)

    assert len(greetings(page, 1)) == 1


def test_the_board_is_back_at_once_too(weak: Market, served: Served, network: WeakNetwork) -> None:
    desk, session_id = make_session(weak, served)
    page = weak.page(DESK)
    page.add_init_script(COUNT_SOCKETS)
    signs_in(page, weak.base, weak.accounts.organiser, f"/host/{session_id}")
    greetings(page, 1)
    network.forget()

    returned_at = page.evaluate("Date.now()")
    comes_back(page)

    assert greetings(page, 2)[-1] - returned_at < (2 + SPARE_SECONDS) * 1_000
    desk.open_offer(session_id, total=7)
    expect(page.get_by_role("region", name="Đang lên sóng")).to_contain_text("Còn 7/7")


LOSSES: dict[str, Callable[[WeakNetwork], None]] = {"swallowed": WeakNetwork.swallow, "cut": WeakNetwork.cut, "held": WeakNetwork.hold}


@pytest.mark.parametrize("loss", LOSSES)
def test_an_order_tapped_without_a_network_is_placed_when_it_returns(
    loss: str, weak: Market, served: Served, network: WeakNetwork, shoot: Callable[[Page, str], None]
) -> None:
    desk, session_id = make_session(weak, served)
    desk.open_offer(session_id)
    page = a_phone(weak)
    opens_market(page, weak.base, session_id)
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(page)
    keys = keys_of_orders(page)

    LOSSES[loss](network)
    page.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(page)).to_contain_text("Mất mạng, đơn sẽ gửi khi có mạng.", timeout=10_000)
    expect(page.get_by_text(OFFLINE)).to_be_visible()
    shoot(page, f"viewer-order-{loss}-390")
    network.heal()

    expect(card(page)).to_contain_text("Đã chốt · đơn", timeout=(3 + SPARE_SECONDS) * 1_000)
    expect(page.get_by_text(OFFLINE)).to_be_hidden()
    assert len(keys) == 1
    assert [order["number"] for order in orders_of(page, weak, session_id)] == [1]


def test_a_frozen_page_is_back_when_it_thaws_and_an_order_tapped_at_once_is_placed_once(
    weak: Market, served: Served, network: WeakNetwork
) -> None:
    """A browser freezes pages in the background; their connections die meanwhile."""
    desk, session_id = make_session(weak, served)
    desk.open_offer(session_id)
    page = a_phone(weak)
    opens_market(page, weak.base, session_id)
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(page)
    browser = page.context.new_cdp_session(page)

    browser.send("Page.setWebLifecycleState", {"state": "frozen"})
    network.forget()
    thawed_at = page.evaluate("Date.now()")
    browser.send("Page.setWebLifecycleState", {"state": "active"})
    page.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()

    assert greetings(page, 2)[-1] - thawed_at < (3 + SPARE_SECONDS) * 1_000
    expect(card(page)).to_contain_text("Đã chốt · đơn", timeout=(3 + SPARE_SECONDS) * 1_000)
    assert [order["number"] for order in orders_of(page, weak, session_id)] == [1]
    assert len(greetings(page, 2)) == 2


def test_a_connection_that_dies_before_ones_eyes_is_noticed_by_its_silence(weak: Market, served: Served, network: WeakNetwork) -> None:
    desk, session_id = make_session(weak, served)
    page = a_phone(weak, LONG_WAITS_ARE_TEN_TIMES_AS_SHORT)
    opens_market(page, weak.base, session_id)

    network.forget()

    # Nothing for 12 s, then a question that has 8 s.
    greetings(page, 2, timeout=2_000 + SPARE_SECONDS * 1_000)
    hears_of_an_offer(page, desk, session_id)


def test_an_order_on_a_connection_that_died_unseen_takes_another_way(weak: Market, served: Served, network: WeakNetwork) -> None:
    desk, session_id = make_session(weak, served)
    desk.open_offer(session_id)
    page = a_phone(weak)
    opens_market(page, weak.base, session_id)
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(page)

    network.forget()
    page.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()

    expect(card(page)).to_contain_text("Đã chốt · đơn", timeout=(3 + SPARE_SECONDS) * 1_000)
    assert [order["number"] for order in orders_of(page, weak, session_id)] == [1]


def test_a_device_that_says_it_has_no_network_is_believed_at_once(weak: Market, served: Served, shoot: Callable[[Page, str], None]) -> None:
    desk, session_id = make_session(weak, served)
    desk.open_offer(session_id)
    page = a_phone(weak)
    opens_market(page, weak.base, session_id)
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(page)

    page.context.set_offline(True)
    page.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(page)).to_contain_text("Mất mạng, đơn sẽ gửi khi có mạng.")
    expect(card(page).get_by_role("button", name="Đang chờ mạng…")).to_be_visible()
    shoot(page, "viewer-offline-390")
    page.context.set_offline(False)

    expect(card(page)).to_contain_text("Đã chốt · đơn", timeout=(3 + SPARE_SECONDS) * 1_000)


def says_that_cookies_are_refused(page: Page, market: Market, session_id: str) -> None:
    """The page shows the room, says why it cannot do more, and names neither a full room nor a reload."""
    expect(page.get_by_text(texts_for("vi")["viewer.cookies_refused"])).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Cho phép cookie để bình luận.")).to_be_visible()
    card(page).get_by_role("button", name=ORDER_BUTTON).click()
    expect(card(page)).to_contain_text("Trình duyệt đang chặn cookie nên chưa chốt đơn được.")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_text(re.compile("Phòng đông|Phòng đang đầy|tải lại"))).to_have_count(0)


def test_a_browser_without_cookies_is_told_so(
    served: Served, browser: Browser, chromium: BrowserType, tmp_path: Path, shoot: Callable[[Page, str], None]
) -> None:
    profile = tmp_path / "Default"
    profile.mkdir()
    refuses = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (profile / "Preferences").write_text(json.dumps(refuses), encoding="utf-8")
    with people_at(served, browser) as market:
        market.expected += [*NETWORK_COMPLAINTS, "status of 401"]
        desk, session_id = make_session(market, served)
        desk.open_offer(session_id)
        width, height = PHONE
        context = market.welcome(
            chromium.launch_persistent_context(
                tmp_path,
                executable_path=CHROMIUM,
                args=CHROMIUM_ARGUMENTS,
                viewport={"width": width, "height": height},
                reduced_motion="reduce",
            )
        )
        page = context.new_page()
        page.goto(f"{market.base}/s/{session_id}")

        says_that_cookies_are_refused(page, market, session_id)
        shoot(page, "viewer-cookies-refused-390")
        assert what_axe_finds(page) == []


def test_a_ticket_that_never_arrives_is_a_refused_cookie(weak: Market, served: Served, network: WeakNetwork) -> None:
    weak.expected += ["status of 401"]
    network.takes_ticket = True
    desk, session_id = make_session(weak, served)
    desk.open_offer(session_id)
    page = a_phone(weak)
    page.goto(f"{weak.base}/s/{session_id}")

    says_that_cookies_are_refused(page, weak, session_id)


def test_a_lost_ticket_is_replaced_without_a_reload(weak: Market, served: Served, network: WeakNetwork) -> None:
    weak.expected += ["status of 401"]
    desk, session_id = make_session(weak, served)
    page = a_phone(weak)
    opens_market(page, weak.base, session_id)
    page.context.clear_cookies()

    network.cut()
    network.heal()

    greetings(page, 2, timeout=20_000)
    hears_of_an_offer(page, desk, session_id)
