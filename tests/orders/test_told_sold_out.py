"""That an offer is sold out is written with the order that took its last unit: the room hears it once, whoever dies in between."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from app.infra.clock import monotonic
from app.infra.database import Database
from app.local_servers.embedded_redis import EmbeddedRedis
from app.main import services_of
from app.orders.group_commit import PlacingQueues
from app.orders.sold_out import TRUSTED_SECONDS
from app.realtime.room_log import LogPosition, RoomLog
from tests.buyers import an_offer as an_offer_by_http
from tests.buyers import an_order, path_of
from tests.freezing import frozen
from tests.live.market import Market as LiveMarket
from tests.live.market import Node, Stores, open_market, open_stores
from tests.local_servers.service_process import free_port
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.selling import selling_services
from tests.sockets.workers import Workers

pytestmark = pytest.mark.slow


async def test_a_worker_that_dies_between_the_last_unit_and_the_telling_leaves_it_to_the_others(
    postgres_url: str, own_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    async with open_stores(postgres_url, own_redis.url, "own") as stores:
        async with AsyncExitStack() as stack:
            market = await open_market(stores, stack)
            await market.goes_live()
            offer = await an_offer_by_http(market, total_quantity=2)
        # That node is gone; the only one left is a process that cannot tell anything, as Redis stands still.
        workers = Workers(market, port=free_port(), logs=tmp_path)
        try:
            await workers.are_listening(workers.start())
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{workers.port}", timeout=20, verify=False) as viewer:
                await viewer.post(path_of(market, "tickets"))
                with frozen(own_redis.pid):
                    placed = await viewer.post(path_of(market, "orders"), json=an_order(offer, 2))
                    workers.send(0, signal.SIGKILL)
                    await workers.are_gone(0)
        finally:
            workers.end()
        others = selling_services(stores.database, stores.redis, "own")
        # What the dead one had claimed is free when its claim has run out.
        await stores.database.pool.execute("UPDATE room_outbox SET claimed_until = NULL")
        told = await others.teller.tell(market.session_id)
        log = RoomLog(stores.redis, prefix="own", settings=stores.settings.realtime)
        heard = await log.read_after(market.session_id, LogPosition((await log.head(market.session_id)).epoch, 0))
        await others.placing.close()

    assert placed.status_code == 201, placed.text
    assert told
    assert [str(each.event.offer_id) for each in heard if each.event.type == "offer.sold_out"] == [offer["id"]]


async def one_unit_at_two_nodes(stores: Stores, stack: AsyncExitStack) -> tuple[LiveMarket, Node, dict[str, Any]]:
    """A market that is live on both nodes, the second one, and an open offer of one unit."""
    market = await open_market(stores, stack)
    await market.goes_live()
    return market, await market.another_node(), await an_offer_by_http(market, total_quantity=1)


async def test_buyers_who_go_on_pressing_at_two_nodes_are_told_once_and_nobody_is_called_after_the_end(
    postgres_url: str, redis_url: str, redis_prefix: str
) -> None:
    """For longer than a node trusts its memory of what is sold out. Then the session ends, and a unit comes back."""
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        market, other, offer = await one_unit_at_two_nodes(stores, stack)
        listener, waiting = await market.enters(), await market.enters(node=other)
        buyers = [
            await stack.enter_async_context(httpx2.AsyncClient(base_url=f"http://{node.address}", timeout=30, verify=False))
            for node in (market.node, other)
        ]
        for buyer in buyers:
            await buyer.post(path_of(market, "tickets"))
        placed = await buyers[0].post(path_of(market, "orders"), json=an_order(offer))
        refused: set[str] = set()
        until = monotonic() + TRUSTED_SECONDS * 1.5
        while monotonic() < until:
            answers = await asyncio.gather(*(buyer.post(path_of(market, "orders"), json=an_order(offer)) for buyer in buyers))
            refused |= {answer.json()["code"] for answer in answers}
            await asyncio.sleep(0.05)
        joined = await waiting.asks("waitlist.join", offer_id=offer["id"])
        await listener.sees_event("offer.sold_out")
        await market.ends()
        await stores.database.pool.execute("UPDATE orders SET due_at = now() - interval '1 second'")
        async with asyncio.timeout(15):
            while not await stores.database.pool.fetchval("SELECT EXISTS (SELECT FROM waitlist_entries WHERE state = 'left')"):  # noqa: ASYNC110 - another task of the node writes it
                await asyncio.sleep(0.05)
            while not await stores.database.pool.fetchval("SELECT EXISTS (SELECT FROM ledger_entries WHERE kind = 'expired')"):  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.5)  # the waitlist's job has looked again
        log = RoomLog(stores.redis, prefix=redis_prefix, settings=stores.settings.realtime)
        heard = await log.read_after(market.session_id, LogPosition((await log.head(market.session_id)).epoch, 0))
        states = await stores.database.pool.fetch("SELECT state FROM waitlist_entries")

    assert (placed.status_code, refused) == (201, {"sold_out"})
    assert joined["type"] == "waitlist.joined"
    assert [each.event.type for each in heard].count("offer.sold_out") == 1
    assert [each.event.type for each in heard].count("waitlist.called") == 0
    assert [row["state"] for row in states] == ["left"]


async def test_whoever_is_called_gets_the_units_at_a_worker_that_knew_them_to_be_gone_before_they_joined_elsewhere(
    postgres_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        market, other, offer = await one_unit_at_two_nodes(stores, stack)
        device = uuid4()
        here, there = await market.enters(device=device), await market.enters(node=other, device=device)
        as_host = {"origin": f"http://{other.address}"} | await market.login_cookie(market.host)
        async with market.browser() as buyer, httpx2.AsyncClient(base_url=f"http://{other.address}", headers=as_host, verify=False) as host:
            await buyer.post(path_of(market, "tickets"))
            placed = (await buyer.post(path_of(market, "orders"), json=an_order(offer))).json()
            joined = await there.asks("waitlist.join", offer_id=offer["id"])
            # Of what happens at the other node this one hears only what the room is told.
            await host.post(path_of(market, "orders", placed["order_id"], "steps"), json={"kind": "cancelled", "reason": "no_answer"})
            await here.sees_event("waitlist.called")
            answer = await here.asks("order.place", **an_order(offer))

    assert joined["type"] == "waitlist.joined"
    assert answer["type"] == "order.placed", answer


async def test_a_worker_knows_which_rooms_it_hears(postgres_url: str, redis_url: str, redis_prefix: str) -> None:
    """Of others it trusts its memory for a moment only (`test_sold_out.py`)."""
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        market, other, _ = await one_unit_at_two_nodes(stores, stack)
        await market.enters(node=other)

        assert [services_of(node.app).placing._sold_out.hears_room(market.session_id) for node in (market.node, other)] == [False, True]


async def test_only_a_batch_that_takes_the_last_unit_writes_into_the_outbox(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    offer_id = await an_offer(database, market, total=3)
    untold = []

    for quantity in (1, 2, 1):
        (_,) = await asyncio.gather(queues.place(a_wanted_order(market, {offer_id: quantity})), return_exceptions=True)
        untold.append(await database.pool.fetch("SELECT id, event FROM room_outbox ORDER BY id"))

    assert [len(rows) for rows in untold] == [0, 1, 1]
    assert untold[1] == untold[2]
    assert str(offer_id) in untold[1][0]["event"]
