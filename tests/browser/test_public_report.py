"""A closed report that its organisation shows to everybody, checked on a reader's own machine; and the page's verifier in real Chromium."""

from __future__ import annotations

import asyncio
import base64
import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from typing_extensions import override

from app.web.modules import SCRIPTS_DIR
from tests.browser.conftest import DESK, PHONE, Market
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market, signs_in
from tests.reports.exports import run_verifier
from tests.reports.tampered import corpus

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".js": "text/javascript", "": "text/html"}  # noqa: RUF012 - as the base class has it

    @override
    def log_message(self, *_: object) -> None:
        """Nothing."""


def made() -> dict[str, bytes]:
    """The corpus; on a thread of its own, for Playwright has a loop on this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(corpus())).result()


@pytest.fixture
def scripts() -> Iterator[str]:
    """The modules as they are, on an address that Chromium trusts as much as https."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(SCRIPTS_DIR)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_chromium_says_what_python_says_of_every_export(market: Market, scripts: str, tmp_path: Path) -> None:
    archives = made()
    page = market.browser.new_page()
    page.goto(f"{scripts}/verify_errors.js")
    said = page.evaluate(
        """async (archives) => {
          const { verdictOn } = await import("/verify_export.js");
          const said = {};
          for (const [name, content] of archives) said[name] = (await verdictOn(Uint8Array.from(atob(content), (c) => c.charCodeAt(0)).buffer)).code;
          return said;
        }""",
        [[name, base64.b64encode(content).decode()] for name, content in archives.items()],
    )
    page.close()

    by_python = {}
    for name, content in archives.items():
        (tmp_path / "export.zip").write_bytes(content)
        by_python[name] = run_verifier(str(tmp_path / "export.zip"))[0]
    assert said == by_python
    assert set(said.values()) == {0, 1, 2}


def test_a_browser_without_what_it_takes_says_so(market: Market, scripts: str) -> None:
    page = market.browser.new_page()
    page.goto(f"{scripts}/verify_errors.js")
    page.evaluate("delete globalThis.DecompressionStream")

    said = page.evaluate("async () => (await import('/verify_export.js')).verdictOn(new ArrayBuffer(0))")

    assert said == {"code": 3, "said": "DecompressionStream"}
    page.close()


def a_closed_session(market: Market) -> str:
    """One order of 40,000, its books closed."""
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    desk.open_offer(session_id, total=5, price_vnd=40_000)
    viewer = market.page()
    opens_market(viewer, market.base, session_id)
    card(viewer).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(viewer)
    viewer.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(viewer)).to_contain_text("Đã chốt · đơn")
    desk.move(session_id, "ended")
    desk.move(session_id, "closed")
    return session_id


def test_an_organiser_publishes_a_report_and_anybody_checks_it(market: Market, shoot: Callable[[Page, str], None], tmp_path: Path) -> None:
    session_id = a_closed_session(market)
    organiser = market.page(DESK)
    signs_in(organiser, market.base, market.accounts.organiser, f"/organiser/{session_id}")
    switch = organiser.get_by_role("checkbox", name="Trang báo cáo công khai")
    expect(switch).not_to_be_checked(timeout=30_000)
    assert organiser.request.get(f"{market.base}/r/{session_id}").status == 404
    organiser.get_by_role("button", name="Chuẩn bị tệp").click()
    expect(organiser.get_by_role("link", name="Tải xuống")).to_be_visible(timeout=30_000)
    shoot(organiser, "report-files-1440")
    organiser.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    shoot(organiser, "report-files-390")

    switch.click()
    organiser.get_by_role("checkbox", name="Dữ liệu mở từng phút").click()
    expect(organiser.get_by_role("link", name="Mở trang công khai")).to_be_visible()
    expect(organiser.get_by_role("link", name="minutes.json")).to_be_visible()

    reader = market.page(DESK)
    reader.goto(f"{market.base}/r/{session_id}")
    expect(reader.get_by_role("heading", name="Tự kiểm tra")).to_be_visible()
    reader.get_by_role("button", name="Kiểm tra ngay trên máy này").click()
    expect(reader.locator("[data-verdict='0']")).to_contain_text("40.000")
    shoot(reader, "public-report-1440")
    content = reader.request.get(f"{market.base}/api/v1/open/sessions/{session_id}/export.zip").body()
    (tmp_path / "export.zip").write_bytes(content)
    assert run_verifier(str(tmp_path / "export.zip"))[0] == 0
    (tmp_path / "other.zip").write_bytes(made()["untouched"])
    reader.set_input_files("input[type=file]", str(tmp_path / "other.zip"))
    expect(reader.locator("[data-verdict='1']")).to_contain_text("Không khớp")
    reader.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    shoot(reader, "public-report-390")

    switch.click()
    expect(organiser.get_by_role("link", name="Mở trang công khai")).to_have_count(0)
    assert reader.request.get(f"{market.base}/r/{session_id}").status == 404
