"""Login over HTTP: cookie, refusals, and what an answer never tells."""

from __future__ import annotations

import httpx2
import pytest
from starlette.websockets import WebSocket

from app.accounts.access import SignedInUser, needs, user_of_websocket
from app.accounts.permissions import Action
from app.errors import NotSignedIn
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.settings import Settings, load_settings
from tests.accounts.builders import SmallApp, a_user, small_app
from tests.people import PASSWORD


async def log_in(client: httpx2.AsyncClient, **changes: object) -> httpx2.Response:
    return await client.post("/api/v1/login", json={"login": "ban.mai", "password": PASSWORD} | changes)


async def test_login_sets_a_strict_cookie_that_scripts_cannot_read(market: SmallApp) -> None:
    await a_user(market.accounts)

    async with market.browser() as client:
        answer = await log_in(client)

        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("ocop_login=")
        assert {"HttpOnly", "Path=/", "SameSite=strict", "Max-Age=43200"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert "Secure" not in cookie
        assert answer.json()["role"] == "organiser"
        assert (await client.get("/api/v1/me")).json() == answer.json()


async def test_secure_cookie_is_bound_to_the_host(database: Database, redis: RedisClients, redis_prefix: str) -> None:
    market = small_app(load_settings(redis_prefix=redis_prefix, secure_cookies=True), database, redis)
    await a_user(market.accounts)

    async with market.browser(base_url="https://cho.test") as client:
        answer = await log_in(client)

        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-ocop_login=")
        assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} <= set(cookie.split("; "))
        assert (await client.get("/api/v1/me")).status_code == 200
        plain = {"cookie": f"ocop_login={client.cookies['__Host-ocop_login']}"}
        client.cookies.clear()
        assert (await client.get("/api/v1/me", headers=plain)).status_code == 401


async def test_signing_in_again_ends_the_browsers_older_sign_in(market: SmallApp) -> None:
    await a_user(market.accounts)

    async with market.browser() as client:
        await log_in(client)
        old = client.cookies["ocop_login"]
        await log_in(client)

        assert client.cookies["ocop_login"] != old
        assert await market.accounts.user_for_token(old) is None


async def test_logout_ends_the_sign_in_on_the_server_and_clears_the_cookie(market: SmallApp) -> None:
    await a_user(market.accounts)

    async with market.browser() as client:
        await log_in(client)
        token = client.cookies["ocop_login"]
        answer = await client.post("/api/v1/logout")

        assert answer.status_code == 204
        assert "ocop_login" not in client.cookies
        assert await market.accounts.user_for_token(token) is None
        assert (await client.post("/api/v1/logout")).status_code == 204


async def test_without_login_nobody_is_there(market: SmallApp) -> None:
    async with market.browser() as client:
        answer = await client.get("/api/v1/me")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_wrong_password_answers_401_and_too_many_at_once_429_with_the_time_to_wait(
    market: SmallApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.accounts.login_limits.AT_ONCE_PER_LOGIN_AND_ADDRESS", 0)
    await a_user(market.accounts)

    async with market.browser() as client:
        refused = await client.post("/api/v1/login", json={"login": "ban.mai", "password": "a wrong password"})
        monkeypatch.undo()
        wrong = await client.post("/api/v1/login", json={"login": "ban.mai", "password": "a wrong password"})

    assert (wrong.status_code, wrong.json()["code"]) == (401, "login_failed")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) > 0


async def test_cross_site_login_and_logout_are_refused(market: SmallApp) -> None:
    await a_user(market.accounts)

    async with market.browser() as client:
        await log_in(client)
        for path in ("/api/v1/login", "/api/v1/logout"):
            answer = await client.post(path, headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"})

            assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert (await client.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize(
    "body",
    [{}, {"login": "a"}, {"login": "a", "password": "b", "role": "organiser"}, {"login": "a", "password": "x" * 257}, ["login"], "text"],
)
async def test_body_of_another_form_is_malformed(market: SmallApp, body: object) -> None:
    async with market.browser() as client:
        answer = await client.post("/api/v1/login", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_refused_login_never_repeats_the_password(market: SmallApp) -> None:
    async with market.browser() as client:
        answers = [
            await client.post("/api/v1/login", json={"password": PASSWORD}),
            await log_in(client, role="organiser"),
            await log_in(client, login=""),
            await log_in(client),
        ]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 401]
    assert not any(PASSWORD in answer.text for answer in answers)


async def test_login_takes_json_only_so_that_no_foreign_form_can_send_it(market: SmallApp) -> None:
    await a_user(market.accounts)

    async with market.browser() as client:
        body = f'{{"login": "ban.mai", "password": "{PASSWORD}"}}'
        answer = await client.post("/api/v1/login", content=body, headers={"content-type": "text/plain"})

    assert answer.status_code == 422


async def test_username_is_another_spelling_of_login(market: SmallApp) -> None:
    await a_user(market.accounts)

    async with market.browser() as client:
        answer = await client.post("/api/v1/login", json={"username": "ban.mai", "password": PASSWORD})

    assert answer.status_code == 200


async def test_host_may_not_do_what_is_the_organisers(market: SmallApp) -> None:
    await a_user(market.accounts, "ha.linh", role="host")
    await a_user(market.accounts, "ban.mai", organisation="Another market")

    @market.app.get("/api/v1/organisers-only", dependencies=[needs(Action.MANAGE_PEOPLE)])
    async def organisers_only(user: SignedInUser) -> str:
        return user.login

    async with market.signed_in("ha.linh") as host, market.signed_in("ban.mai") as organiser, market.browser() as nobody:
        refused = await host.get("/api/v1/organisers-only")
        welcome = await organiser.get("/api/v1/organisers-only")
        unknown = await nobody.get("/api/v1/organisers-only")

    assert (refused.status_code, refused.json()["code"]) == (403, "organiser_only")
    assert (welcome.status_code, welcome.json()) == (200, "ban.mai")
    assert unknown.status_code == 401


async def test_a_route_that_names_no_action_lets_nobody_in(market: SmallApp) -> None:
    await a_user(market.accounts)

    @market.app.get("/api/v1/forgotten")
    async def forgotten(user: SignedInUser) -> str:
        return user.login

    async with market.signed_in("ban.mai") as organiser:
        refused = await organiser.get("/api/v1/forgotten")

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_staff_socket_knows_its_user_by_the_login_cookie(market: SmallApp, settings: Settings) -> None:
    user = await a_user(market.accounts)
    signed_in = await market.accounts.sign_in("ban.mai", PASSWORD, address="203.0.113.7")

    def socket(cookie: str) -> WebSocket:
        scope = {"type": "websocket", "path": "/ws", "headers": [(b"cookie", cookie.encode())], "app": market.app}
        return WebSocket(scope, receive=None, send=None)  # type: ignore[arg-type]  # nothing is received or sent before the upgrade

    assert await user_of_websocket(socket(f"ocop_login={signed_in.token}")) == user
    with pytest.raises(NotSignedIn):
        await user_of_websocket(socket("ocop_login=made-up"))


async def test_every_refusal_in_the_interface_description_has_its_code(market: SmallApp) -> None:
    description = market.app.openapi()

    for path in ("/api/v1/login", "/api/v1/producers", "/api/v1/products"):
        for status, answer in description["paths"][path]["post"]["responses"].items():
            if int(status) >= 400:
                (media_type,) = answer["content"]
                examples = answer["content"][media_type]["examples"]
                assert media_type == "application/problem+json"
                assert all(example["value"]["code"] == code for code, example in examples.items())
                assert examples
