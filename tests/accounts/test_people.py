"""People over HTTP on a running market: invited by a link, given and taken roles, closed; one's own account; tokens for scripts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
import pyotp
import pytest

from app.accounts.access import LOGIN_COOKIE
from app.accounts.service import NewUser
from app.infra.clock import monotonic
from app.settings import RealtimeSettings
from tests.live.fixtures import house, live_house, sockets, stores
from tests.live.market import Market, Node, a_session
from tests.people import PASSWORD

__all__ = ["house", "live_house", "sockets", "stores"]

OTHER_PASSWORD = "gạo lứt hương sơn 26"


@asynccontextmanager
async def browser(market: Market) -> AsyncIterator[httpx2.AsyncClient]:
    base = f"http://{market.node.address}"
    transport = httpx2.ASGITransport(app=market.node.app, client=("203.0.113.7", 50_000))
    agent = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36"
    async with httpx2.AsyncClient(
        transport=transport, base_url=base, headers={"origin": base, "user-agent": agent}, timeout=20, verify=False
    ) as client:
        yield client


@asynccontextmanager
async def signed_in(market: Market, login: str, password: str = PASSWORD) -> AsyncIterator[httpx2.AsyncClient]:
    async with browser(market) as client:
        answer = await client.post("/api/v1/login", json={"login": login, "password": password})
        assert answer.status_code == 200, answer.text
        yield client


async def invited(organiser: httpx2.AsyncClient, **grant: Any) -> str:
    """The secret of a new invitation."""
    answer = await organiser.post("/api/v1/invitations", json={"grant": grant, "note": "Chị Sen"})
    assert answer.status_code == 201, answer.text
    path, _, token = answer.json()["path"].partition("#")
    assert path == "/invitation"
    return str(token)


def taken_up(token: str, login: str = "chi.sen", **changes: Any) -> dict[str, Any]:
    return {"token": token, "login": login, "display_name": "Chị Sen", "password": PASSWORD} | changes


async def test_whoever_has_the_link_comes_in_once_with_the_role_that_stands_in_it(live_house: Market) -> None:
    market = live_house
    async with signed_in(market, market.organiser.login) as organiser, browser(market) as helper, browser(market) as late:
        token = await invited(organiser, role="helper", session_id=str(market.session_id))
        elsewhere = await a_session(market.node, market.organiser, market.host, market.product_ids)

        look = (await helper.post("/api/v1/invitation/look", json={"token": token})).json()
        made = await helper.post("/api/v1/invitation/accept", json=taken_up(token, "chi.sen.1"))
        again = await late.post("/api/v1/invitation/accept", json=taken_up(token, "ke.khac"))

        assert (look["organisation_name"], look["role"]) == (market.organiser.organisation_name, "helper")
        assert made.status_code == 201, made.text
        assert (await helper.get("/api/v1/me")).json()["role"] == "helper"
        assert (await helper.get(f"/host/{market.session_id}")).status_code == 200
        assert (await helper.post(f"/api/v1/sessions/{market.session_id}/pin", json={"product_id": None})).status_code == 403
        assert (await helper.get(f"/host/{elsewhere}")).status_code == 403
        (person,) = [each for each in (await organiser.get("/api/v1/people")).json()["items"] if each["login"] == "chi.sen.1"]
        assert person["grants"] == [{"role": "helper", "ward_code": None, "session_id": str(market.session_id)}]
        assert (again.status_code, again.json()["code"]) == (409, "invitation_used")
        stored = json.dumps([dict(row) for row in await market.stores.database.pool.fetch("SELECT * FROM invitations")], default=repr)
        assert token not in stored


async def test_an_invitation_that_was_taken_back_or_is_over_opens_nothing(live_house: Market) -> None:
    market = live_house
    async with signed_in(market, market.organiser.login) as organiser, browser(market) as stranger:
        revoked, over = await invited(organiser, role="host"), await invited(organiser, role="host")
        listed = (await organiser.get("/api/v1/invitations")).json()["items"]
        # the newest first
        await organiser.delete(f"/api/v1/invitations/{listed[1]['id']}")
        await market.stores.database.pool.execute("UPDATE invitations SET expires_at = now() WHERE id = $1", listed[0]["id"])

        answers = [
            await stranger.post("/api/v1/invitation/accept", json=taken_up(token, "khach.la")) for token in (revoked, over, "made-up")
        ]

        assert [(each.status_code, each.json()["code"]) for each in answers] == [(404, "invitation_invalid")] * 3
        assert listed[0]["id"] not in {each["id"] for each in (await organiser.get("/api/v1/invitations")).json()["items"]}


async def test_a_repeated_intention_gets_the_same_link_and_a_taken_login_leaves_it_open(live_house: Market) -> None:
    market = live_house
    async with signed_in(market, market.organiser.login) as organiser, browser(market) as invitee:
        body = {"grant": {"role": "desk"}, "note": ""}
        first, second = [
            (await organiser.post("/api/v1/invitations", json=body, headers={"idempotency-key": "mot-lan"})).json() for _ in range(2)
        ]
        token = first["path"].partition("#")[2]

        taken = await invitee.post("/api/v1/invitation/accept", json=taken_up(token, market.host.login))
        free = await invitee.post("/api/v1/invitation/accept", json=taken_up(token, "ban.don"))

        assert first["path"] == second["path"]
        assert (taken.status_code, taken.json()["code"]) == (409, "login_taken")
        assert free.status_code == 201


async def test_the_page_of_people_names_the_communes_of_their_roles(live_house: Market) -> None:
    market = live_house
    somebody = await market.node.accounts.create_user(market.organiser.organisation_id, NewUser("o.xa", "Chị Xã", "helper", PASSWORD))
    async with signed_in(market, market.organiser.login) as organiser:
        grants = {"grants": [{"role": "helper", "ward_code": 18547}]}
        assert (await organiser.put(f"/api/v1/people/{somebody.id}/roles", json=grants)).status_code == 200
        await invited(organiser, role="desk", ward_code=18133)
        page = (await organiser.get("/organiser/people")).text

    assert "Xã Phúc Trạch" in page
    assert "Hương Sơn" in page


@pytest.mark.parametrize("grant", [{"role": "producer"}, {"role": "helper", "session_id": "0e1f5a37-6d9c-4b1e-8f53-5d1c7a2b9e04"}])
async def test_a_role_that_cannot_be_given_is_refused(live_house: Market, grant: dict[str, str]) -> None:
    async with signed_in(live_house, live_house.organiser.login) as organiser:
        answer = await organiser.post("/api/v1/invitations", json={"grant": grant})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_roles")


async def test_the_last_organiser_can_neither_be_closed_nor_lose_the_role(live_house: Market) -> None:
    accounts = live_house.node.accounts
    organisation = await accounts.create_organisation("Một người")
    alone = await accounts.create_user(organisation, NewUser("mot.minh", "Một", "organiser", PASSWORD))
    async with signed_in(live_house, alone.login) as organiser:
        path = f"/api/v1/people/{alone.id}"

        closed = await organiser.post(f"{path}/close")
        taken = await organiser.put(f"{path}/roles", json={"grants": [{"role": "host"}]})
        narrowed = await organiser.put(f"{path}/roles", json={"grants": [{"role": "organiser", "ward_code": 18547}]})

    assert [(each.status_code, each.json()["code"]) for each in (closed, taken, narrowed)] == [(409, "last_organiser")] * 3


async def test_two_organisers_cannot_take_the_role_from_each_other_at_once(live_house: Market) -> None:
    market = live_house
    accounts = market.node.accounts
    organisation = await accounts.create_organisation("Hai người")
    users = [await accounts.create_user(organisation, NewUser(f"hai.{n}.nguoi", "Hai", "organiser", PASSWORD)) for n in (1, 2)]
    async with signed_in(market, users[0].login) as one, signed_in(market, users[1].login) as two:
        answers = await asyncio.gather(one.post(f"/api/v1/people/{users[1].id}/close"), two.post(f"/api/v1/people/{users[0].id}/close"))

    assert sorted(answer.status_code for answer in answers) in ([200, 401], [200, 409])
    left = await market.stores.database.pool.fetchval("SELECT count(*) FROM users WHERE organisation_id = $1 AND is_active", organisation)
    assert left == 1


async def test_another_organisations_people_cannot_be_seen_or_touched(live_house: Market) -> None:
    market = live_house
    accounts = market.node.accounts
    other = await accounts.create_user(await accounts.create_organisation("Bên kia"), NewUser("ben.kia", "Bên Kia", "organiser", PASSWORD))
    async with signed_in(market, other.login) as stranger:
        listed = (await stranger.get("/api/v1/people")).json()["items"]
        path = f"/api/v1/people/{market.host.id}"
        answers = [
            await stranger.put(f"{path}/roles", json={"grants": [{"role": "organiser"}]}),
            await stranger.post(f"{path}/close"),
            await stranger.delete(f"{path}/second-factor"),
        ]

    assert [each["login"] for each in listed] == ["ben.kia"]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(404, "person_not_found")] * 3


@pytest.mark.parametrize("how", ["sign-in ended", "account closed", "role taken", "role narrowed"])
async def test_whatever_is_taken_closes_open_boards_on_every_node(live_house: Market, how: str) -> None:
    market = live_house
    async with AsyncExitStack() as stack:
        other_node = await stack.enter_async_context(Node(market.node.settings).running())
        organiser = await stack.enter_async_context(signed_in(market, market.organiser.login))
        name = f"giup.{how.replace(' ', '.')}"
        token = await invited(organiser, role="helper")
        helper = await stack.enter_async_context(browser(market))
        user = (await helper.post("/api/v1/invitation/accept", json=taken_up(token, name))).json()
        cookie = {"Cookie": f"{LOGIN_COOKIE}={helper.cookies[LOGIN_COOKIE]}"}
        boards = [await market.connects(path="/board", node=node, headers=cookie) for node in (market.node, other_node)]
        for board in boards:
            await board.hello()

        path = f"/api/v1/people/{user['id']}"
        match how:
            case "sign-in ended":
                (own,) = (await helper.get("/api/v1/account")).json()["sign_ins"]
                answer = await helper.delete(f"/api/v1/account/sign-ins/{own['id']}")
            case "account closed":
                answer = await organiser.post(f"{path}/close")
            case "role taken":
                answer = await organiser.put(f"{path}/roles", json={"grants": [{"role": "auditor"}]})
            case _:
                answer = await organiser.put(f"{path}/roles", json={"grants": [{"role": "helper"}, {"role": "desk"}]})
        assert answer.is_success, answer.text
        codes = [await board.closed() for board in boards]

    expected = {"sign-in ended": 4503, "account closed": 4503, "role taken": 4504, "role narrowed": 4003}[how]
    assert codes == [expected] * 2
    # Beside the look itself, so that what is taken is felt within a second.
    assert RealtimeSettings().staff_check_seconds <= 0.5


async def test_a_new_password_ends_every_other_sign_in_and_turns_this_one(live_house: Market) -> None:
    market = live_house
    user = await market.node.accounts.create_user(market.organiser.organisation_id, NewUser("doi.mat.khau", "Lan", "host", PASSWORD))
    async with signed_in(market, user.login) as here, signed_in(market, user.login) as there:
        before = here.cookies[LOGIN_COOKIE]

        wrong = await here.put("/api/v1/account/password", json={"password": "không phải đâu", "new_password": OTHER_PASSWORD})
        short = await here.put("/api/v1/account/password", json={"password": PASSWORD, "new_password": "ngắn"})
        right = await here.put("/api/v1/account/password", json={"password": PASSWORD, "new_password": OTHER_PASSWORD})

        assert [(wrong.status_code, wrong.json()["code"]), (short.status_code, short.json()["code"])] == [
            (400, "password_wrong"),
            (400, "invalid_user"),
        ]
        assert right.status_code == 204
        assert here.cookies[LOGIN_COOKIE] != before
        assert (await here.get("/api/v1/me")).status_code == 200
        assert (await there.get("/api/v1/me")).status_code == 401
        assert (await there.post("/api/v1/login", json={"login": user.login, "password": PASSWORD})).status_code == 401
        assert (await there.post("/api/v1/login", json={"login": user.login, "password": OTHER_PASSWORD})).status_code == 200


async def test_a_guessed_password_waits_longer_each_time_as_at_the_sign_in(live_house: Market) -> None:
    market = live_house
    user = await market.node.accounts.create_user(market.organiser.organisation_id, NewUser("bi.doan.mo", "Lan", "host", PASSWORD))
    async with signed_in(market, user.login) as here:
        here.cookies.delete("ocop_device")
        took = []
        for _ in range(8):
            began = monotonic()
            answer = await here.put("/api/v1/account/password", json={"password": "đoán mò", "new_password": OTHER_PASSWORD})
            took.append(monotonic() - began)
            assert answer.json()["code"] == "password_wrong"
        right = await here.put("/api/v1/account/password", json={"password": PASSWORD, "new_password": OTHER_PASSWORD})

    assert took[-1] > 0.5
    assert right.status_code == 204


async def test_sign_ins_are_listed_in_words_and_ended_one_by_one(live_house: Market) -> None:
    market = live_house
    user = await market.node.accounts.create_user(market.organiser.organisation_id, NewUser("nhieu.may", "Lan", "desk", PASSWORD))
    async with signed_in(market, user.login) as here, signed_in(market, user.login) as there, signed_in(market, user.login) as third:
        listed = (await here.get("/api/v1/account")).json()["sign_ins"]
        # the newest first: third, there, here
        ended = await here.delete(f"/api/v1/account/sign-ins/{listed[1]['id']}")
        again = await here.delete(f"/api/v1/account/sign-ins/{listed[1]['id']}")

        assert [each["is_current"] for each in listed] == [False, False, True]
        assert {(each["browser"], each["network"]) for each in listed} == {("Chrome · Android", "203.0.113.…")}
        assert (ended.status_code, again.status_code) == (204, 404)
        assert [(await each.get("/api/v1/me")).status_code for each in (here, there, third)] == [200, 401, 200]
        await here.delete("/api/v1/account/sign-ins")
        assert [(await each.get("/api/v1/me")).status_code for each in (here, third)] == [200, 401]


async def test_with_a_second_factor_a_password_alone_signs_nobody_in_and_a_code_counts_once(live_house: Market) -> None:
    market = live_house
    user = await market.node.accounts.create_user(market.organiser.organisation_id, NewUser("hai.lop.khoa", "Lan", "organiser", PASSWORD))
    login = {"login": user.login, "password": PASSWORD}
    async with signed_in(market, user.login) as here, browser(market) as there, signed_in(market, market.organiser.login) as organiser:
        begun = (await here.post("/api/v1/account/second-factor", json={"password": PASSWORD})).json()
        not_yet = await there.post("/api/v1/login", json=login)
        totp = pyotp.TOTP(begun["secret"])
        wrong = await here.post("/api/v1/account/second-factor/confirm", json={"code": f"{(int(totp.now()) + 1) % 1_000_000:06}"})
        code = totp.now()
        confirmed = await here.post("/api/v1/account/second-factor/confirm", json={"code": code})

        without = await there.post("/api/v1/login", json=login)
        used = await there.post("/api/v1/login", json=login | {"code": code})
        await market.stores.database.pool.execute("UPDATE second_factors SET last_step = 0 WHERE user_id = $1", user.id)
        fresh = await there.post("/api/v1/login", json=login | {"code": totp.now()})
        wrong_password = await there.post("/api/v1/login", json=login | {"password": "không phải đâu", "code": totp.now()})

        assert begun["qr"].startswith("data:image/svg+xml")
        assert not_yet.status_code == 200
        assert (wrong.status_code, wrong.json()["code"]) == (401, "second_factor_wrong")
        assert confirmed.status_code == 204
        assert [(each.status_code, each.json()["code"]) for each in (without, used, wrong_password)] == [
            (401, "second_factor_needed"),
            (401, "second_factor_wrong"),
            (401, "login_failed"),
        ]
        assert fresh.status_code == 200
        sealed = await market.stores.database.pool.fetchval("SELECT sealed FROM second_factors WHERE user_id = $1", user.id)
        assert begun["secret"].encode() not in sealed

        forgotten = await organiser.delete(f"/api/v1/people/{user.id}/second-factor")
        assert forgotten.json()["has_second_factor"] is False
        assert (await there.post("/api/v1/login", json=login)).status_code == 200


async def test_a_token_does_what_it_is_for_what_its_owner_may_and_nothing_else(live_house: Market) -> None:
    market = live_house
    session = f"/api/v1/sessions/{market.session_id}"
    async with signed_in(market, market.organiser.login) as organiser, browser(market) as script:
        user = await market.node.accounts.create_user(market.organiser.organisation_id, NewUser("may.doc", "Máy", "auditor", PASSWORD))
        async with signed_in(market, user.login) as owner:
            too_much = await owner.post("/api/v1/account/tokens", json={"name": "Quá tay", "actions": ["run_sessions"]})
            itself = await owner.post("/api/v1/account/tokens", json={"name": "Quá tay", "actions": ["own_account"]})
            made = (await owner.post("/api/v1/account/tokens", json={"name": "Báo cáo đêm", "actions": ["read_figures"]})).json()
            bearer = {"authorization": f"Bearer {made['token']}"}

            may = await script.get(f"{session}/stats", headers=bearer)
            not_for = await script.get(f"{session}/report", headers=bearer)
            account = await script.get("/api/v1/account", headers=bearer)
            beside_cookie = await organiser.get(f"{session}/report", headers=bearer)
            listed = (await owner.get("/api/v1/account/tokens")).json()["items"]

            assert [(each.status_code, each.json()["code"]) for each in (too_much, itself)] == [(403, "action_not_yours")] * 2
            assert [each.status_code for each in (may, not_for, account, beside_cookie)] == [200, 403, 403, 403]
            assert [(each["name"], "token" in each, each["last_used_at"] is not None) for each in listed] == [("Báo cáo đêm", False, True)]

            await organiser.put(f"/api/v1/people/{user.id}/roles", json={"grants": [{"role": "desk"}]})
            assert (await script.get(f"{session}/stats", headers=bearer)).status_code == 403
            await organiser.put(f"/api/v1/people/{user.id}/roles", json={"grants": [{"role": "auditor"}]})
            assert (await script.get(f"{session}/stats", headers=bearer)).status_code == 200

            await owner.delete(f"/api/v1/account/tokens/{made['id']}")
            assert (await script.get(f"{session}/stats", headers=bearer)).status_code == 401


async def test_everything_about_people_leaves_its_entry_in_the_audit_trail(live_house: Market) -> None:
    market = live_house
    accounts = market.node.accounts
    organisation = await accounts.create_organisation("Sổ ghi")
    head = await accounts.create_user(organisation, NewUser("so.ghi", "Sổ", "organiser", PASSWORD))
    async with signed_in(market, head.login) as organiser, browser(market) as helper:
        revoked = await invited(organiser, role="helper")
        (waiting,) = (await organiser.get("/api/v1/invitations")).json()["items"]
        await organiser.delete(f"/api/v1/invitations/{waiting['id']}")
        token = await invited(organiser, role="helper")
        user = (await helper.post("/api/v1/invitation/accept", json=taken_up(token, "so.ghi.hai"))).json()
        made = (await helper.post("/api/v1/account/tokens", json={"name": "Máy", "actions": ["read_figures"]})).json()
        await helper.delete(f"/api/v1/account/tokens/{made['id']}")
        await helper.put("/api/v1/account/password", json={"password": PASSWORD, "new_password": OTHER_PASSWORD})
        await organiser.put(f"/api/v1/people/{user['id']}/roles", json={"grants": [{"role": "host"}]})
        await organiser.post(f"/api/v1/people/{user['id']}/close")
        await organiser.post(f"/api/v1/people/{user['id']}/close")

    rows = await market.stores.database.pool.fetch(
        "SELECT action, details::text FROM audit_entries WHERE organisation_id = $1 ORDER BY id", organisation
    )
    assert [row["action"] for row in rows] == [
        *("organisation.created", "user.created", "user.signed_in", "invitation.created", "invitation.revoked", "invitation.created"),
        *("user.created", "invitation.accepted", "user.signed_in", "api_token.created", "api_token.revoked", "user.password_changed"),
        *("user.roles_set", "user.closed"),
    ]
    written = " ".join(row["details"] for row in rows)
    assert [secret for secret in (PASSWORD, OTHER_PASSWORD, token, revoked, made["token"]) if secret in written] == []


async def test_the_page_of_an_invitation_tells_no_one_where_somebody_came_from(live_house: Market) -> None:
    async with browser(live_house) as stranger:
        page = await stranger.get("/invitation")

    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
