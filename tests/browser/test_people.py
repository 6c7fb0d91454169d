"""An organiser invites a helper by a link; the helper opens it on a phone, makes an account, and is at the host's board."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import expect

from app.infra.clock import utc_now
from app.rehearsal.demo_accounts import Account
from app.web.texts import texts_for
from tests.browser.conftest import DESK, PHONE, Desk, Market
from tests.browser.people import signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TEXTS = texts_for("vi")
PASSWORD = "mat-ong-huong-son-26"


def test_an_organiser_invites_a_helper_who_opens_the_link_and_comes_to_the_board(market: Market, shoot) -> None:
    session_id = market.desk().make_session(title="Chợ phiên có người giúp")
    organiser, helper = market.page(PHONE), market.page(PHONE)

    signs_in(organiser, market.base, market.accounts.organiser, "/organiser/people")
    organiser.get_by_role("button", name=TEXTS["people.invite"]).click()
    organiser.get_by_label(TEXTS["people.invite_note"]).fill("Chị Sen, xã Phúc Trạch")
    organiser.get_by_label(TEXTS["people.role"]).select_option("helper")
    organiser.get_by_label(TEXTS["people.which_session"]).select_option(session_id)
    shoot(organiser, "people-invite-390")
    organiser.get_by_role("button", name=TEXTS["people.make_link"]).click()
    link = organiser.get_by_label(TEXTS["people.link"]).input_value()
    shoot(organiser, "people-link-390")

    helper.goto(link)
    expect(helper.get_by_role("heading", level=1)).to_have_text(TEXTS["invitation.welcome"])
    assert "#" not in helper.url
    shoot(helper, "invitation-390")
    helper.get_by_label(TEXTS["invitation.name"]).fill("Chị Sen")
    helper.get_by_label(TEXTS["login.username"]).fill("chi.sen")
    helper.get_by_label(TEXTS["login.password"], exact=True).fill(PASSWORD)
    helper.get_by_role("button", name=TEXTS["invitation.accept"]).click()

    helper.wait_for_url(f"{market.base}/host")
    with helper.expect_websocket() as opened:
        helper.get_by_role("link", name="Chợ phiên có người giúp").click()
    opened.value.wait_for_event("framereceived")
    helper.wait_for_url(f"{market.base}/host/{session_id}")
    expect(helper.get_by_role("heading", level=1)).to_have_text("Chợ phiên có người giúp")
    helper.get_by_placeholder(TEXTS["viewer.comment_placeholder"]).fill("Em chào cả nhà")
    helper.get_by_role("button", name=TEXTS["viewer.comment_send"], exact=True).click()
    expect(helper.get_by_text("Em chào cả nhà").first).to_be_visible()
    expect(helper.get_by_role("button", name=TEXTS["host.pin_short"], exact=True)).to_have_count(0)
    expect(helper.get_by_role("button", name=TEXTS["host.end"])).to_have_count(0)
    shoot(helper, "board-helper-390")

    organiser.reload()
    expect(organiser.get_by_role("region", name="Chị Sen")).to_contain_text(f"{TEXTS['people.role_helper']} · Chợ phiên có người giúp")
    shoot(organiser, "people-390")
    organiser.get_by_role("region", name="Chị Sen").get_by_role("button", name=TEXTS["people.change"]).click()
    shoot(organiser, "people-change-390")


def test_ones_own_account_on_a_phone_and_at_a_desk(market: Market, shoot) -> None:
    for size, name in ((PHONE, "390"), (DESK, "1440")):
        page = market.page(size)
        signs_in(page, market.base, market.accounts.host, "/account")
        expect(page.get_by_role("heading", name=TEXTS["account.sign_ins"])).to_be_visible()
        page.get_by_role("button", name=TEXTS["account.new_token"]).click()
        shoot(page, f"account-{name}")
        page.locator("#factor-password").fill(market.accounts.host.password)
        page.get_by_role("button", name=TEXTS["account.factor_begin"]).click()
        expect(page.get_by_alt_text(TEXTS["account.factor_picture"])).to_be_visible()
        page.get_by_alt_text(TEXTS["account.factor_picture"]).scroll_into_view_if_needed()
        shoot(page, f"account-factor-{name}")
        page.get_by_label(TEXTS["account.token_name"]).fill(f"Báo cáo đêm {name}")
        page.get_by_label(TEXTS["people.action_read_reports"]).check()
        page.get_by_role("button", name=TEXTS["account.make_token"]).click()
        token = page.get_by_role("textbox", name=TEXTS["account.token"]).input_value()
        assert token.startswith("ocopt_")
        page.get_by_text(TEXTS["account.token_made"]).scroll_into_view_if_needed()
        shoot(page, f"account-token-{name}")


def test_whoever_has_switched_codes_on_signs_in_with_one(market: Market, shoot) -> None:
    account = Account(login="ba.cuc", password=PASSWORD)
    invited = market.desk().call("POST", "/api/v1/invitations", {"grant": {"role": "desk"}, "note": ""})
    page = market.page(PHONE)
    taken = {"token": invited["path"].partition("#")[2], "login": account.login, "display_name": "Bà Cúc", "password": PASSWORD}
    own = Desk(page.context, market.base)
    own.call("POST", "/api/v1/invitation/accept", taken)
    page.goto(f"{market.base}/account")
    page.locator("#factor-password").fill(PASSWORD)
    page.get_by_role("button", name=TEXTS["account.factor_begin"]).click()
    secret = page.locator(".factor-secret").inner_text().replace(" ", "")
    page.get_by_label(TEXTS["account.factor_code"]).fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name=TEXTS["account.factor_confirm"]).click()
    expect(page.get_by_text(TEXTS["account.factor_on"])).to_be_visible()
    own.call("POST", "/api/v1/logout")
    market.expected.append("401")

    page.goto(f"{market.base}/login")
    page.get_by_label(TEXTS["login.username"]).fill(account.login)
    page.get_by_label(TEXTS["login.password"], exact=True).fill(PASSWORD)
    page.get_by_role("button", name=TEXTS["login.submit"]).click()
    code = page.get_by_label(TEXTS["login.code"])
    expect(code).to_be_focused()
    shoot(page, "login-code-390")
    code.fill("000 000")
    page.get_by_role("button", name=TEXTS["login.submit"]).click()
    expect(page.locator("#login-problem")).to_be_visible()
    shoot(page, "login-code-wrong-390")
    # The code of now was used up by switching codes on; the phone shows the next one in half a minute, and its clock may be ahead.
    code.fill(pyotp.TOTP(secret).at(utc_now() + timedelta(seconds=30)))
    page.get_by_role("button", name=TEXTS["login.submit"]).click()
    page.wait_for_url(f"{market.base}/host", timeout=20_000)
