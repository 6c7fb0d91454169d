"""What people write is shown as text, and no page breaks its own content security policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, Market
from tests.browser.people import opens_market, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PAYLOADS = ["<script>window.broken = 1</script>", '<img src="x" onerror="window.broken = 1">', "{{7*7}} ${7*7} <b>đậm</b>"]


def says(page: Page, words: str) -> None:
    """Posts a comment; the first one asks for a name."""
    box = page.get_by_label("Bình luận…")
    box.fill(words)
    box.press("Enter")


def test_comments_are_never_markup(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session(title='Chợ <i>phiên</i> "OCOP" </script><script>window.broken = 1</script>')
    desk.open_offer(session_id)
    viewer, board = market.page(DESK), market.page(DESK)
    opens_market(viewer, market.base, session_id)
    signs_in(board, market.base, market.accounts.organiser, f"/host/{session_id}")

    says(viewer, PAYLOADS[0])
    viewer.get_by_label("Tên hiển thị").fill("<u>Lan</u>")
    viewer.get_by_label("Tên hiển thị").press("Enter")
    for words in PAYLOADS:
        if words != PAYLOADS[0]:
            # One comment per second is the room's pace.
            viewer.wait_for_timeout(1_200)
            says(viewer, words)
        expect(viewer.locator(".comments")).to_contain_text(words)
        expect(board.locator(".comments")).to_contain_text(words)

    expect(viewer.locator(".comment-author").first).to_have_text("<u>Lan</u>")
    for page in (viewer, board):
        assert page.evaluate("window.broken") is None
        assert page.locator(".comments script, .comments img, .comments b").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_opens_without_a_complaint(market: Market, theme: str) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    desk.open_offer(session_id)
    page = market.page(theme=theme)
    signs_in(page, market.base, market.accounts.organiser, "/host")

    session_pages = (f"/s/{session_id}", *(f"/host/{session_id}{page}" for page in ("", "/edit", "/orders")), f"/organiser/{session_id}")
    for path in ("/", *session_pages, "/organiser", "/host"):
        for language in ("en", "vi"):
            answer = page.goto(f"{market.base}{path}?lang={language}", wait_until="networkidle" if "/s/" not in path else "load")
            assert answer is not None
            assert answer.status == 200
            assert "script-src 'self' 'nonce-" in answer.headers["content-security-policy"]
            assert page.locator("html").get_attribute("lang") == language
            # Nothing may be wider than the phone.
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
