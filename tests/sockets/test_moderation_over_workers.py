"""What people in charge decide holds in every worker process within a second, also in one that just started, and after Redis was emptied."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import httpx2
import pytest

from app.infra.key_ring import KeyRing
from app.protocol.close_codes import CloseCode
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from tests.buyers import an_offer, an_order, path_of
from tests.live.market import SECRET, Market, Node, Viewer
from tests.live.test_moderation import Helper, comment_of, helping, says
from tests.sockets.workers import running_workers

pytestmark = pytest.mark.slow
TROLLS = 20


@dataclass
class Port:
    """Workers that share a port, as `Market.connects` asks for them."""

    address: str


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def enters(market: Market, port: int, device: UUID | None = None) -> Viewer:
    return await market.enters(node=cast("Node", Port(f"127.0.0.1:{port}")), device=device)


async def heard_by(reader: Viewer, words: str) -> list[str]:
    """Everything that a reader was shown until these words."""
    await reader.reads(words, within=15)
    return [each["comment"]["text"] for each in reader.events("comment.posted")]


async def test_the_muted_are_heard_on_no_worker_and_everybody_else_is(live_market: Market, port: int, tmp_path: Path) -> None:
    devices = [uuid4() for _ in range(TROLLS)]
    async with AsyncExitStack() as stack:
        workers = await stack.enter_async_context(running_workers(live_market, 2, port=port, logs=tmp_path, comment_interval_seconds=0.001))
        helper: Helper = await stack.enter_async_context(helping(live_market))
        trolls = [await enters(live_market, port, device) for device in devices]
        others = [await enters(live_market, port) for _ in range(TROLLS)]
        reader = await live_market.enters()
        for number, troll in enumerate(trolls):
            await says(troll, f"phá {number}")
        occasions = [await comment_of(reader, f"phá {number}") for number in range(TROLLS)]

        for occasion in occasions:
            await helper.restricts(occasion["id"])
        answered_at = time.monotonic()
        await asyncio.gather(*(says(troll, f"vẫn phá {number}") for number, troll in enumerate(trolls)))
        assert time.monotonic() - answered_at < 1
        await asyncio.gather(*(says(viewer, f"hỏi mua {number}") for number, viewer in enumerate(others)))
        for number in range(TROLLS):
            await reader.reads(f"hỏi mua {number}", within=10)

        heard = {each["comment"]["text"] for each in reader.events("comment.posted")}
        assert not {words for words in heard if words.startswith("vẫn phá")}
        assert {f"hỏi mua {number}" for number in range(TROLLS)} <= heard

        prefix = live_market.stores.settings.redis_prefix
        await live_market.stores.redis.once.delete(
            *[key async for key in live_market.stores.redis.idempotent.scan_iter(f"{prefix}:session:*")]
        )
        workers.send(0, signal.SIGKILL)
        await workers.are_gone(0)
        await workers.are_listening(workers.start())
        again = [await enters(live_market, port, device) for device in devices]
        await asyncio.gather(*(says(troll, f"lại phá {number}") for number, troll in enumerate(again)))
        newcomer = await enters(live_market, port)
        await says(newcomer, "bưởi ngon")

        assert not {words for words in await heard_by(reader, "bưởi ngon") if words.startswith("lại phá")}
        assert [comment["text"] for comment in newcomer.frames[0]["comments"] if "phá" in comment["text"]] == []


async def test_the_banned_are_closed_on_all_workers_within_a_second(live_market: Market, port: int, tmp_path: Path) -> None:
    device = uuid4()
    async with running_workers(live_market, 2, port=port, logs=tmp_path), helping(live_market) as helper:
        sockets = [await enters(live_market, port, device) for _ in range(4)]
        others = [await enters(live_market, port) for _ in range(10)]
        await says(sockets[0], "phá")
        comment = await comment_of(others[0], "phá")

        await helper.restricts(comment["id"], "ban")

        assert await asyncio.gather(*(each.closed(within=1) for each in sockets)) == [CloseCode.BANNED] * 4
        assert [answer["type"] for answer in await asyncio.gather(*(says(each, "hỏi mua") for each in others))] == ["command.done"] * 10


async def test_the_banned_order_at_no_worker_from_a_second_later_on(live_market: Market, port: int, tmp_path: Path) -> None:
    """Each order comes over a connection of its own, so both workers take some; the third has nobody in the room."""
    offer = await an_offer(live_market, total_quantity=200)
    device = uuid4()
    cookie = {"Cookie": f"{TICKET_COOKIE}={TicketSigner(KeyRing(SECRET)).issue(device)[1]}"}

    async def orders(headers: dict[str, str]) -> str:
        origin = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=origin, headers={"origin": origin} | headers, timeout=30, verify=False) as client:
            answer = await client.post(path_of(live_market, "orders"), json=an_order(offer))
        return str(answer.json().get("code", answer.status_code))

    async with running_workers(live_market, 2, port=port, logs=tmp_path) as workers, helping(live_market) as helper:
        troll = await enters(live_market, port, device)
        await says(troll, "phá")
        assert await orders(cookie) == "201"
        comment = await comment_of(troll, "phá")

        await helper.restricts(comment["id"], "ban")
        await asyncio.sleep(1)

        await workers.are_listening(workers.start())
        assert [await orders(cookie) for _ in range(24)] == ["speaker_banned"] * 24
        other = {"Cookie": f"{TICKET_COOKIE}={TicketSigner(KeyRing(SECRET)).issue()[1]}"}
        assert await orders(other) == "201"
