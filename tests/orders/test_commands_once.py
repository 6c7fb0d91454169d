"""A command of staff that is repeated under its key is carried out once and answered alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from app.local_servers.embedded_redis import EmbeddedRedis
from tests.live.market import Market, open_market, open_stores


@pytest.fixture
async def own_redis(server_folder: Path) -> AsyncIterator[EmbeddedRedis]:
    server = EmbeddedRedis(server_folder)
    server.start()
    yield server
    server.stop()


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
