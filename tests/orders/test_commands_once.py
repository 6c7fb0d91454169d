"""A command of staff that is repeated under its key is carried out once and answered alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from app.infra.clock import utc_now
from app.local_servers.embedded_redis import EmbeddedRedis
from tests.live.market import Market, open_market, open_stores


@pytest.fixture
async def market(postgres_url: str, own_redis: EmbeddedRedis) -> AsyncIterator[Market]:
    async with open_stores(postgres_url, own_redis.url, "own") as stores, AsyncExitStack() as stack:
        market = await open_market(stores, stack)
        await market.goes_live()
        yield market


async def test_offers_are_made_and_extended_once_per_key_while_redis_is_away(market: Market, own_redis: EmbeddedRedis) -> None:
    path = f"/api/v1/sessions/{market.session_id}/offers"
    new = {"product_id": str(market.product_ids[0]), "flash_price_vnd": 39_000, "total_quantity": 10, "open_now": True}
    viewer = await market.enters()
    async with market.browser(market.host) as host:
        own_redis.stop()
        made = [await host.post(path, json=new, headers={"Idempotency-Key": "make"}) for _ in range(2)]
        offer = made[0].json()
        longer = f"{path}/{offer['id']}/extend"
        extended = [await host.post(longer, json={"seconds": 60}, headers={"Idempotency-Key": "longer"}) for _ in range(2)]
        other = await host.post(longer, json={"seconds": 61}, headers={"Idempotency-Key": "longer"})
        kept = (await host.get(path)).json()["offers"]
        own_redis.start()

    assert [(answer.status_code, answer.json()) for answer in made] == [(201, offer)] * 2
    assert [(answer.status_code, answer.json()["ends_at_ms"]) for answer in extended] == [(200, offer["ends_at_ms"] + 60_000)] * 2
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert [each["ends_at_ms"] for each in kept] == [offer["ends_at_ms"] + 60_000]
    told = await viewer.sees_event("offer.changed", within=15)
    assert told["offer"]["ends_at_ms"] == offer["ends_at_ms"] + 60_000


async def test_without_a_key_every_command_is_carried_out(market: Market) -> None:
    path = f"/api/v1/sessions/{market.session_id}/offers"
    new = {"product_id": str(market.product_ids[0]), "flash_price_vnd": 39_000, "total_quantity": 10}
    async with market.browser(market.host) as host:
        for _ in range(2):
            await host.post(path, json=new)
        assert len((await host.get(path)).json()["offers"]) == 2


async def test_sessions_and_pins_are_changed_once_per_key(market: Market) -> None:
    path = f"/api/v1/sessions/{market.session_id}"
    async with market.browser(market.organiser) as organiser:
        made = [
            await organiser.post("/api/v1/sessions", json={"title": "Phiên chiều"}, headers={"Idempotency-Key": "new"}) for _ in range(2)
        ]
        first = await organiser.post(f"{path}/pin", json={"product_id": str(market.product_ids[0])}, headers={"Idempotency-Key": "pin-1"})
        second = await organiser.post(f"{path}/pin", json={"product_id": str(market.product_ids[1])}, headers={"Idempotency-Key": "pin-2"})
        late = await organiser.post(f"{path}/pin", json={"product_id": str(market.product_ids[0])}, headers={"Idempotency-Key": "pin-1"})
        ended = [await organiser.post(f"{path}/transitions", json={"to": "ended"}, headers={"Idempotency-Key": "end"}) for _ in range(2)]

    assert made[0].json()["id"] == made[1].json()["id"]
    assert [answer.status_code for answer in (first, second, late)] == [200, 200, 200]
    assert late.json()["pinned_product_id"] == str(market.product_ids[1])
    assert [(answer.status_code, answer.json()["state"]) for answer in ended] == [(200, "ended")] * 2


async def _twice(client: httpx2.AsyncClient, method: str, path: str, body: dict[str, Any]) -> list[tuple[int, Any]]:
    """Status and answer of one intention that is sent two times."""
    key = {"Idempotency-Key": uuid4().hex}
    answers = [await client.request(method, f"/api/v1{path}", json=body, headers=key) for _ in range(2)]
    return [(answer.status_code, answer.json()) for answer in answers]


async def test_a_repeat_after_the_session_ended_is_answered_as_the_first_time(market: Market) -> None:
    """Its first answer was lost on the way; that the session is over by now changes nothing about what was done."""
    session, product = f"/api/v1/sessions/{market.session_id}", str(market.product_ids[0])
    commands: dict[str, tuple[str, str, dict[str, Any]]] = {
        "prepare": ("POST", "/offers", {"product_id": product, "flash_price_vnd": 30_000, "total_quantity": 5}),
        "create": ("POST", "/offers", {"product_id": product, "flash_price_vnd": 39_000, "total_quantity": 10, "open_now": True}),
        "pin": ("POST", "/pin", {"product_id": product}),
        "rename": ("PATCH", "", {"title": "Phiên chiều"}),
        "shelf": ("PUT", "/products", {"product_ids": [product]}),
    }
    async with market.browser(market.host) as host:

        async def send(name: str) -> httpx2.Response:
            method, path, body = commands[name]
            return await host.request(method, session + path, json=body, headers={"Idempotency-Key": name})

        first = {name: await send(name) for name in list(commands)}
        commands["open"] = ("POST", f"/offers/{first['prepare'].json()['id']}/open", {"duration_seconds": 300})
        commands["extend"] = ("POST", f"/offers/{first['create'].json()['id']}/extend", {"seconds": 60})
        first |= {name: await send(name) for name in ("open", "extend")}
        offers = (await host.get(f"{session}/offers")).json()["offers"]
        await host.put(f"{session}/products", json={"product_ids": [str(market.product_ids[1])]})
        await market.ends()
        await market.stores.database.pool.execute("UPDATE products SET is_active = false")
        again = {name: await send(name) for name in commands}
        new = await host.post(f"{session}/offers", json=commands["create"][2])
        kept = (await host.get(f"{session}/offers")).json()["offers"]

    assert {name: answer.status_code for name, answer in again.items()} == {name: answer.status_code for name, answer in first.items()}
    assert [again[name].json()["id"] for name in ("prepare", "create", "open", "extend")] == [
        first[name].json()["id"] for name in ("prepare", "create", "open", "extend")
    ]
    assert {each["id"] for each in kept} == {each["id"] for each in offers}
    assert (new.status_code, new.json()["code"]) == (409, "session_not_live")


async def test_catalogue_entries_are_made_and_changed_once_per_key(market: Market) -> None:
    household = {"name": "Hộ bà Lan", "kind": "household", "province_code": 42, "commune_code": 18547}
    async with market.browser(market.organiser) as organiser:
        producers = await _twice(organiser, "POST", "/producers", household)
        producer = producers[0][1]
        goods = {"producer_id": producer["id"], "name": "Cam", "price_vnd": 60_000, "unit": "kg", "weight_grams": 1_000}
        products = await _twice(organiser, "POST", "/products", goods)
        product = products[0][1]
        renamed = await _twice(organiser, "PATCH", f"/producers/{producer['id']}", {"name": "Hộ bà Mai"})
        dearer = await _twice(organiser, "PATCH", f"/products/{product['id']}", {"price_vnd": 65_000})
        found = (await organiser.get("/api/v1/products")).json()
    audited = await market.stores.database.pool.fetch(
        "SELECT action FROM audit_entries WHERE subject_id IN ($1, $2)", *map(str, (producer["id"], product["id"]))
    )

    assert producers == [(201, producer)] * 2
    assert products == [(201, product)] * 2
    assert renamed == [(200, producer | {"name": "Hộ bà Mai"})] * 2
    assert dearer[0] == dearer[1]
    assert [each["price_vnd"] for each in found["items"] if each["id"] == product["id"]] == [65_000]
    assert sorted(row["action"] for row in audited) == ["producer.created", "producer.updated", "product.created", "product.updated"]


async def test_payments_are_booked_and_settled_once_per_key(market: Market) -> None:
    payment = {"reference": "FT26112801", "amount_vnd": 39_000, "received_at": utc_now().isoformat()}
    async with market.browser(market.host) as host:
        booked = await _twice(host, "POST", "/payments", payment)
        other = await host.post("/api/v1/payments", json=payment, headers={"Idempotency-Key": "one"})
        reused = await host.post("/api/v1/payments", json=payment | {"reference": "FT26112802"}, headers={"Idempotency-Key": "one"})
        settled = await _twice(host, "POST", f"/payments/{booked[0][1]['payment_id']}/settlement", {"words": "trả lại"})
        unknown = await host.post(f"/api/v1/payments/{booked[0][1]['payment_id']}/settlement", json={"words": "trả lại"})
    written = await market.stores.database.pool.fetchval("SELECT count(*) FROM payments")

    assert booked == [(201, booked[0][1])] * 2
    assert (other.status_code, other.json()) == booked[0]
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert settled == [(200, {"items": []})] * 2
    assert unknown.status_code == 404
    assert written == 1


async def test_a_bridge_token_whose_answer_was_lost_is_given_again_and_is_one_token(market: Market) -> None:
    path = f"/sessions/{market.session_id}/bridge-tokens"
    async with market.browser(market.host) as host:
        first = await _twice(host, "POST", path, {"label": "Máy đọc"})
        second = await _twice(host, "POST", path, {"label": "Máy đọc"})
    bridge = await market.connects(path="/bridge", headers={"Authorization": f"Bearer {first[1][1]['token']}"})
    kept = await market.stores.database.pool.fetchval("SELECT count(*) FROM bridge_tokens")

    assert [status for status, _ in first + second] == [201] * 4
    assert first[0] == first[1]
    assert second[0] == second[1]
    assert first != second
    assert (await bridge.hello())["type"] == "room.snapshot"
    assert kept == 2
