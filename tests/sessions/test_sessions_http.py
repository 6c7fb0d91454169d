"""Sessions over HTTP: who may do what, and what is answered when it cannot be done."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.accounts.service import CurrentUser
from tests.live.market import Market, a_user, open_market, open_stores

TOKENS = text("SELECT token_digest, label FROM bridge_tokens WHERE session_id = :session")
MOVES = text("SELECT details->>'to' FROM audit_entries WHERE action = 'session.moved' AND subject_id = :session ORDER BY id")


async def a_stranger(market: Market) -> CurrentUser:
    """An organiser of another organisation."""
    organisation_id = await market.node.accounts.create_organisation("Đơn vị khác")
    return await a_user(market.node, organisation_id, name="Người Lạ", role="organiser")


async def another_host(market: Market) -> CurrentUser:
    return await a_user(market.node, market.organiser.organisation_id, name="Thu Hà", role="host")


async def test_a_session_is_created_planned_and_listed(market: Market) -> None:
    async with market.browser(market.organiser) as organiser, market.browser() as anyone:
        body = {"title": "  Phiên   Tết ", "planned_start_at": "2026-12-05T08:00:00+07:00", "video_url": "https://youtu.be/abcDEF_12-3"}
        made = (await organiser.post("/api/v1/sessions", json=body)).json()
        assert (made["title"], made["state"], made["video"]["kind"]) == ("Phiên Tết", "draft", "youtube")
        assert (await anyone.get(f"/api/v1/sessions/{made['id']}")).status_code == 404

        moved = await organiser.post(f"/api/v1/sessions/{made['id']}/transitions", json={"to": "scheduled"})

        assert moved.json()["state"] == "scheduled"
        seen_by_anyone = {each["id"] for each in (await anyone.get("/api/v1/sessions")).json()["items"]}
        seen_by_staff = {each["id"] for each in (await organiser.get("/api/v1/sessions")).json()["items"]}
        assert made["id"] in seen_by_anyone & seen_by_staff
        assert str(market.session_id) in seen_by_staff - seen_by_anyone
        assert (await anyone.get(f"/api/v1/sessions/{made['id']}")).json()["planned_start_at_ms"] == 1_796_432_400_000


async def test_a_commune_holds_a_session_once_somebody_who_may_has_said_so(market: Market) -> None:
    path = f"/api/v1/sessions/{market.session_id}"
    of_commune = await a_user(market.node, market.organiser.organisation_id, name="Chị Sen", role="organiser")
    await market.stores.database.pool.execute("UPDATE role_grants SET ward_code = 18547 WHERE user_id = $1", of_commune.id)
    async with (
        market.browser(market.organiser) as organiser,
        market.browser(of_commune) as sen,
        market.browser(market.host) as host,
    ):
        assert (await sen.patch(path, json={"title": "Phiên của xã"})).status_code == 403
        held = await organiser.patch(path, json={"ward_code": 18547})
        assert (held.status_code, held.json()["ward_code"]) == (200, 18547)
        assert (await sen.patch(path, json={"title": "Phiên của xã"})).status_code == 200
        form = (await organiser.get(f"/host/{market.session_id}/edit")).text

        elsewhere = await sen.patch(path, json={"ward_code": 18133})
        let_go = await sen.patch(path, json={"ward_code": None})
        unknown = await organiser.patch(path, json={"ward_code": 99_998})
        own = (await sen.post("/api/v1/sessions", json={"title": "Phiên mới của xã"})).json()
        foreign = await sen.post("/api/v1/sessions", json={"title": "Phiên nơi khác", "ward_code": 18133})
        made = (await organiser.post("/api/v1/sessions", json={"title": "Phiên giao cho xã", "ward_code": 18547})).json()
        by_host = await host.patch(path, json={"ward_code": None})
        back = await sen.patch(path, json={"title": "Vẫn của xã"})

    refused = [elsewhere, let_go, unknown, foreign]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(400, "invalid_ward")] * 4
    assert '"name": "Xã Phúc Trạch"' in form or '"name":"Xã Phúc Trạch"' in form
    assert (own["ward_code"], made["ward_code"]) == (18547, 18547)
    assert (by_host.status_code, by_host.json()["ward_code"], back.status_code) == (200, None, 403)
    await market.goes_live()
    async with market.browser() as anyone:
        assert (await anyone.get(path)).json()["ward_code"] is None


async def test_the_total_counts_all_sessions_and_pages_show_each_once(postgres_url: str, redis_url: str, redis_prefix: str) -> None:
    """More than one answer holds, for both kinds of readers."""
    more = (
        "INSERT INTO sessions (id, organisation_id, host_id, title, state, announced_state, planned_start_at, created_at) "
        "SELECT gen_random_uuid(), organisation_id, host_id, title, 'scheduled', 'scheduled', '2026-12-05', created_at "
        "FROM sessions, generate_series(1, $2::int) WHERE id = $1"
    )
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        market = await open_market(stores, stack)
        await stores.database.pool.execute(more, market.session_id, 230)
        async with market.browser(market.organiser) as organiser, market.browser() as anyone:
            for reader, total in ((organiser, 231), (anyone, 230)):
                whole = (await reader.get("/api/v1/sessions")).json()
                pages = [(await reader.get("/api/v1/sessions", params={"limit": 100, "offset": offset})).json() for offset in (0, 100, 200)]
                assert (len(whole["items"]), whole["total"]) == (200, total)
                assert [page["total"] for page in pages] == [total] * 3
                assert len({each["id"] for page in pages for each in page["items"]}) == total
            too_many = await anyone.get("/api/v1/sessions", params={"limit": 201})
    assert (too_many.status_code, too_many.json()["code"]) == (422, "malformed")


async def test_the_host_starts_and_ends_and_only_the_organiser_closes(market: Market) -> None:
    path = f"/api/v1/sessions/{market.session_id}/transitions"
    async with market.browser(market.host) as host, market.browser(market.organiser) as organiser:
        assert (await host.post(path, json={"to": "live"})).json()["started_at_ms"] is not None
        assert (await host.post(path, json={"to": "live"})).json()["code"] == "transition_refused"
        assert (await host.post(path, json={"to": "ended"})).json()["ended_at_ms"] is not None

        refusal = await host.post(path, json={"to": "closed"})
        assert (refusal.status_code, refusal.json()["code"]) == (403, "forbidden")
        assert (await organiser.post(path, json={"to": "closed"})).json()["state"] == "closed"
    async with market.stores.database.transactions() as db:
        moves = (await db.scalars(MOVES, {"session": str(market.session_id)})).all()
    assert moves == ["live", "ended", "closed"]


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("PATCH", "", {"title": "x"}),
        ("POST", "/transitions", {"to": "live"}),
        ("PUT", "/products", {"product_ids": []}),
        ("POST", "/pin", {"product_id": None}),
        ("POST", "/bridge-tokens", {"label": "x"}),
    ],
)
async def test_only_staff_in_charge_may_change_a_session(market: Market, method: str, suffix: str, body: dict[str, Any]) -> None:
    path = f"/api/v1/sessions/{market.session_id}{suffix}"
    codes = {}
    for name, user in (("anyone", None), ("stranger", await a_stranger(market)), ("other host", await another_host(market))):
        async with market.browser(user) as browser:
            answer = await browser.request(method, path, json=body)
            codes[name] = (answer.status_code, answer.json()["code"])

    assert codes == {
        "anyone": (401, "not_signed_in"),
        "stranger": (404, "session_not_found"),
        "other host": (403, "not_your_session"),
    }


async def test_products_have_codes_of_the_organisers_own_or_the_next_free_one(market: Market) -> None:
    path = f"/api/v1/sessions/{market.session_id}"
    async with market.browser(market.host) as host:
        before = {each["id"]: each["code"] for each in (await host.get(path)).json()["products"]}
        first, second, *_ = before
        ids = list(before)
        own = await host.put(f"{path}/products", json={"product_ids": ids, "codes": {first: "mat1"}})
        swapped = await host.put(f"{path}/products", json={"product_ids": ids, "codes": {first: before[second], second: "MAT1"}})
        kept = await host.put(f"{path}/products", json={"product_ids": ids})
        alike = await host.put(f"{path}/products", json={"product_ids": ids, "codes": {first: "B1", second: "B1"}})
        taken = await host.put(f"{path}/products", json={"product_ids": ids, "codes": {first: "MAT1"}})
        absurd = [
            await host.put(f"{path}/products", json={"product_ids": ids, "codes": {first: code}})
            for code in ("", "x2", "A0", "Đ1", "A 1", "1")
        ]

    assert before[first] == "A1"
    assert next(each["code"] for each in own.json()["products"] if each["id"] == first) == "MAT1"
    assert {each["id"]: each["code"] for each in swapped.json()["products"]} == before | {first: before[second], second: "MAT1"}
    assert kept.json()["products"] == swapped.json()["products"]
    assert [alike.json()["code"], taken.json()["code"]] == ["invalid_products"] * 2
    assert {(each.status_code, each.json()["code"]) for each in absurd} == {(422, "malformed")}


async def test_a_session_without_products_cannot_start(market: Market) -> None:
    async with market.browser(market.organiser) as organiser:
        await organiser.put(f"/api/v1/sessions/{market.session_id}/products", json={"product_ids": []})

        refusal = await organiser.post(f"/api/v1/sessions/{market.session_id}/transitions", json={"to": "live"})

    assert (refusal.status_code, refusal.json()["code"], refusal.json()["details"]) == (
        409,
        "session_incomplete",
        {"missing": ["products"]},
    )


async def test_codes_of_products_stay_when_the_order_changes(market: Market) -> None:
    first, second = market.product_ids
    async with market.browser(market.organiser) as organiser:
        path = f"/api/v1/sessions/{market.session_id}/products"
        turned = (await organiser.put(path, json={"product_ids": [str(second), str(first)]})).json()
        twice = await organiser.put(path, json={"product_ids": [str(first), str(first)]})
        unknown = await organiser.put(path, json={"product_ids": [str(UUID(int=5))]})

    assert [(each["id"], each["code"]) for each in turned["products"]] == [(str(second), "A2"), (str(first), "A1")]
    assert (twice.json()["code"], unknown.json()["code"]) == ("invalid_products", "product_not_found")


async def test_a_pin_and_a_new_run_down_reach_the_room(live_market: Market) -> None:
    viewer = await live_market.enters()
    first, second = live_market.product_ids
    async with live_market.browser(live_market.host) as host:
        path = f"/api/v1/sessions/{live_market.session_id}"
        await host.post(f"{path}/pin", json={"product_id": str(first)})
        assert (await viewer.sees_event("product.pinned"))["product_id"] == str(first)

        await host.put(f"{path}/products", json={"product_ids": [str(second)]})
        changed = await viewer.sees(lambda frame: any(each["event"]["type"] == "products.changed" for each in frame.get("events", ())))
        assert changed["type"] == "room.tick"
        not_listed = await host.post(f"{path}/pin", json={"product_id": str(first)})

    assert not_listed.json()["code"] == "product_not_in_session"
    late = await (await live_market.connects()).hello()
    assert (late["pinned_product_id"], [each["id"] for each in late["products"]]) == (None, [str(second)])


async def test_a_bad_video_link_is_named(market: Market) -> None:
    async with market.browser(market.organiser) as organiser:
        refusal = await organiser.patch(f"/api/v1/sessions/{market.session_id}", json={"video_url": "https://vimeo.com/1"})

    assert (refusal.status_code, refusal.json()["code"]) == (400, "invalid_video_url")


async def test_a_device_keeps_its_id_when_its_ticket_is_renewed(market: Market) -> None:
    async with market.browser() as phone:
        first = await phone.post(f"/api/v1/sessions/{market.session_id}/tickets")
        second = await phone.post(f"/api/v1/sessions/{market.session_id}/tickets")

    assert first.json() == second.json()
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_a_bridge_token_is_stored_only_as_a_digest(market: Market) -> None:
    async with market.browser(market.organiser) as organiser:
        path = f"/api/v1/sessions/{market.session_id}/bridge-tokens"
        token = (await organiser.post(path, json={"label": "TikTok"})).json()["token"]
    async with market.stores.database.transactions() as db:
        row = (await db.execute(TOKENS, {"session": market.session_id})).one()

    assert row.label == "TikTok"
    assert token.encode() not in bytes(row.token_digest)
    assert len(row.token_digest) == 32
