"""Claims of comments on the desk, over HTTP: over sessions, counted, pushed, asked again; and an order whose buyer wants something else is to be confirmed again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from websockets.asyncio.client import connect

from app.accounts.service import CurrentUser
from tests.buyers import BUYER, path_of
from tests.live.fixtures import house, market, sockets, stores
from tests.live.market import Market, Viewer, a_user, another_organisation

__all__ = ["house", "market", "sockets", "stores"]

PATIENCE_SECONDS = 60


@pytest.fixture
async def lan(market: Market) -> CurrentUser:
    return await a_user(market.node, market.organiser.organisation_id, name="Lan", role="desk")


@pytest.fixture
async def desk(market: Market, lan: CurrentUser) -> AsyncIterator[httpx2.AsyncClient]:
    await market.goes_live()
    async with market.browser(market.host) as host:
        for product_id in market.product_ids:
            answer = await host.put(path_of(market, "stock", product_id), json={"units": 50, "per_viewer_limit": 20})
            assert answer.status_code == 200, answer.text
    async with market.browser(lan) as browser:
        yield browser


async def until(ask: Callable[[], Any], fits: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not fits(found := await ask()):  # noqa: ASYNC110 - what another part of the service writes tells nobody here
            await asyncio.sleep(0.1)
    return found


async def claims(desk: httpx2.AsyncClient, market: Market) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.get("/api/v1/desk/claims", params={"session_id": str(market.session_id)})).json()["claims"]
    return found


async def waiting(desk: httpx2.AsyncClient, market: Market, queue: str) -> int:
    found = (await desk.get("/api/v1/desk/queues", params={"session_id": str(market.session_id)})).json()
    return int(next(each["due"] for each in found["queues"] if each["queue"] == queue))


async def says(viewer: Viewer, text: str) -> None:
    answer = await viewer.asks("comment.post", text=text)
    assert answer["type"] == "command.done", answer


async def test_claims_of_all_sessions_wait_in_one_queue_that_open_desks_hear_of(
    market: Market, desk: httpx2.AsyncClient, lan: CurrentUser
) -> None:
    headers = await market.login_cookie(lan)
    async with connect(f"ws://{market.node.address}/ws/desk", additional_headers=headers, compression=None) as socket:
        for _ in range(2):
            await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS)
        viewer = await market.enters()
        await says(viewer, "A1 x2 0901234567")
        await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS)

    (claim,) = await until(lambda: claims(desk, market), lambda found: len(found) == 1)
    counts = (await desk.get("/api/v1/desk/queues", params={"session_id": str(market.session_id)})).json()["claims"]
    everywhere = (await desk.get("/api/v1/desk/claims")).json()["claims"]
    async with another_organisation(market) as other, market.browser(other.organiser) as outside:
        theirs = (await outside.get("/api/v1/desk/claims")).json()["claims"]
        strange = await outside.get("/api/v1/desk/claims", params={"session_id": str(market.session_id)})

    assert (claim["session_id"], claim["phone_masked"], claim["lines"][0]["quantity"]) == (str(market.session_id), "•••567", 2)
    assert (counts["waiting"], counts["first_until_ms"]) == (1, claim["until_ms"])
    assert "0901234567" not in str(claim)
    assert claim in everywhere
    assert theirs == []
    assert strange.status_code in {403, 404}


async def test_whoever_is_asked_again_keeps_the_units_and_comes_last(market: Market, desk: httpx2.AsyncClient) -> None:
    first, second = await market.enters(), await market.enters()
    await says(first, "A1")
    await until(lambda: claims(desk, market), lambda found: len(found) == 1)
    await says(second, "A1 x2")
    before = await until(lambda: claims(desk, market), lambda found: len(found) == 2)
    path = path_of(market, "claims", before[0]["id"], "ask-again")

    asked = [await desk.post(path, headers={"idempotency-key": "once"}) for _ in range(2)]
    after = await claims(desk, market)
    strange = await desk.post(path_of(market, "claims", uuid4(), "ask-again"))
    await desk.post(path_of(market, "claims", before[1]["id"], "rejection"))
    over = await desk.post(path_of(market, "claims", before[1]["id"], "ask-again"))

    assert [answer.status_code for answer in asked] == [200, 200]
    assert asked[0].json() == asked[1].json()
    assert [each["id"] for each in after] == [before[1]["id"], before[0]["id"]]
    assert after[1]["until_ms"] > before[0]["until_ms"]
    assert after[1]["asked_at_ms"] is not None
    assert (after[1]["lines"], after[1]["state"]) == (before[0]["lines"], "held")
    assert (strange.status_code, strange.json()["code"]) == (404, "claim_not_found")
    assert (over.status_code, over.json()["code"]) == (409, "claim_over")


async def test_a_comment_that_changes_what_was_confirmed_puts_the_order_into_the_queue_again(
    market: Market, desk: httpx2.AsyncClient
) -> None:
    viewer = await market.enters()
    await says(viewer, "A1")
    (claim,) = await until(lambda: claims(desk, market), lambda found: len(found) == 1)
    ordered = await desk.post(path_of(market, "claims", claim["id"], "order"), json={"buyer": BUYER})
    assert ordered.status_code == 200, ordered.text
    order_id = ordered.json()["order_id"]
    await desk.post(path_of(market, "orders", order_id, "steps"), json={"kind": "confirmed", "reason": ""})
    await until(lambda: waiting(desk, market, "pack"), lambda count: count == 1)

    await says(viewer, "A1 x3")

    await until(lambda: waiting(desk, market, "again"), lambda count: count == 1)
    work = (await desk.get(path_of(market, "orders", order_id, "work"))).json()
    (change,) = await claims(desk, market)
    said = (await desk.get(path_of(market, "orders", order_id, "claims"))).json()["claims"]
    assert (work["asks_again"], work["order"]["queue"], change["is_change"]) == (True, "again", True)
    assert [each["id"] for each in said] == [change["id"], claim["id"]]
    assert (said[0]["follows_order_id"], said[1]["order_id"]) == (order_id, order_id)
    # agreed on the phone, it goes on as before, and the claim asks no second time by itself
    await desk.post(path_of(market, "orders", order_id, "calls"), json={"outcome": "agreed"})
    await asyncio.sleep(1.5)
    assert (await waiting(desk, market, "again"), await waiting(desk, market, "pack")) == (0, 1)
    await desk.post(path_of(market, "claims", change["id"], "ask-again"))
    await until(lambda: waiting(desk, market, "again"), lambda count: count == 1)


async def test_of_an_order_that_is_delivered_nothing_is_asked_again(market: Market, desk: httpx2.AsyncClient) -> None:
    viewer = await market.enters()
    await says(viewer, "A1")
    (claim,) = await until(lambda: claims(desk, market), lambda found: len(found) == 1)
    order_id = (await desk.post(path_of(market, "claims", claim["id"], "order"), json={"buyer": BUYER})).json()["order_id"]
    for kind in ("confirmed", "delivered"):
        await desk.post(path_of(market, "orders", order_id, "steps"), json={"kind": kind, "reason": ""})
    await until(lambda: waiting(desk, market, "collect"), lambda count: count == 1)

    await says(viewer, "A1 x3")
    await until(lambda: claims(desk, market), lambda found: len(found) == 1)
    await asyncio.sleep(1.5)

    work = (await desk.get(path_of(market, "orders", order_id, "work"))).json()
    assert (work["asks_again"], work["order"]["queue"]) == (False, "collect")
