"""A name that is kept for the organiser keeps nobody out, not even one that the phone remembers from before."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, Market
from tests.browser.people import opens_market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

REMEMBERED = 'localStorage.getItem("ocop.comment_name") ?? localStorage.setItem("ocop.comment_name", JSON.stringify("Ban tổ chức"))'


def test_a_refused_name_is_forgotten_and_another_one_asked_for(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên OCOP")
    desk.open_offer(session_id)
    viewer = market.page(DESK)
    viewer.add_init_script(REMEMBERED)
    opens_market(viewer, market.base, session_id)
    box, name = viewer.get_by_label("Bình luận…"), viewer.get_by_label("Tên hiển thị")

    assert viewer.evaluate('localStorage.getItem("ocop.comment_name")') is None
    box.fill("chào cả nhà")
    box.press("Enter")
    name.fill("A d m i n")
    name.press("Enter")
    expect(viewer.locator(".comments")).to_contain_text("chào cả nhà")
    expect(viewer.get_by_text("Tên này dành cho ban tổ chức.")).to_be_visible()
    name.fill("Lan")
    viewer.wait_for_timeout(1_200)
    box.fill("em là Lan")
    box.press("Enter")

    expect(viewer.locator(".comment", has_text="em là Lan").locator(".comment-author")).to_have_text("Lan")
    expect(viewer.locator(".comment", has_text="chào cả nhà").locator(".comment-author")).not_to_contain_text("d m i")
    expect(viewer.get_by_text("Tên này dành cho ban tổ chức.")).to_be_hidden()
