"""The pictures of the README: a market with simulated viewers, on the pages of viewer, host and organiser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from app.rehearsal.market import MARKET_TITLE
from app.settings import PROJECT_ROOT
from tests.browser.conftest import DESK, PHONE, SCREENSHOTS, TABLET, Market, Served
from tests.browser.people import card, figure, opens_market, signs_in
from tests.browser.small_png import smaller_png

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

# Long enough for a first offer; for the README, long enough for curves.
SHORT_SECONDS, LONG_SECONDS = 12, 240


@contextmanager
def crowd(served: Served) -> Iterator[None]:
    """Simulated viewers and their host, as `make run` sends them."""
    environment = served.environment | {"OCOP_DEMO_VIEWERS": "60"}
    viewers = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "demo"], env=environment, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        viewers.terminate()
        viewers.wait(15)


def in_both_themes(page: Page, name: str, size: tuple[int, int], shoot: Callable[[Page, str], None]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme="dark")
    # Curves are drawn anew after the page.
    page.wait_for_timeout(300)
    shoot(page, f"{name}-dark")
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(300)
    shoot(page, name)


def test_pictures_of_a_market_with_people_in_it(
    market: Market, served: Served, shoot: Callable[[Page, str], None], request: pytest.FixtureRequest
) -> None:
    staff = market.desk()
    live = [each for each in staff.call("GET", "/api/v1/sessions")["items"] if each["state"] == "live"]
    session_id = next(each["id"] for each in live if each["title"] == MARKET_TITLE)
    # Simulated viewers go where something is live; only their own market shall be.
    for each in live:
        if each["id"] != session_id:
            staff.move(each["id"], "ended")
    seconds = LONG_SECONDS if request.config.getoption("--update-screenshots") else SHORT_SECONDS

    with crowd(served):
        phone, desk, board, report = (market.page(size) for size in (PHONE, DESK, DESK, DESK))
        opens_market(phone, market.base, session_id)
        opens_market(desk, market.base, session_id)
        signs_in(board, market.base, market.accounts.organiser, f"/host/{session_id}")
        signs_in(report, market.base, market.accounts.organiser, f"/organiser/{session_id}")
        phone.wait_for_timeout(seconds * 1_000)
        expect(card(phone)).to_contain_text("Ưu đãi", timeout=90_000)
        expect(figure(board, "Đơn đã chốt")).not_to_have_text("0", timeout=60_000)
        for size in (DESK, TABLET, PHONE):
            for page, name in ((phone if size == PHONE else desk, "viewer"), (board, "board"), (report, "report")):
                in_both_themes(page, f"{name}-{size[0]}", size, shoot)

    assert all(smaller_png((SCREENSHOTS / f"{name}.png").read_bytes()).startswith(b"\x89PNG") for name in ("viewer-390", "board-390"))
