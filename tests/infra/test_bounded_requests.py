"""What one request may cost is bounded, and a store that is away is said as such on every address."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest

from app.infra import bounded_requests
from app.infra.migrations import upgrade_to_newest
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis
from tests.freezing import frozen
from tests.live.market import QUICK, Market, open_market, open_stores

pytestmark = pytest.mark.slow

LOGIN = b"POST /api/v1/login HTTP/1.1\r\nhost: cho.test\r\norigin: http://cho.test\r\ncontent-type: application/json\r\n"


async def _status_of(market: Market, head: bytes, body: bytes = b"") -> bytes:
    host, port = market.node.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(head + b"\r\n" + body)
        return await asyncio.wait_for(reader.readline(), 10)
    finally:
        writer.close()


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(market: Market) -> None:
    status = await _status_of(market, LOGIN + b"content-length: 209715200\r\n")

    assert b" 413 " in status


async def test_a_body_that_grows_too_large_is_refused_while_it_comes(market: Market) -> None:
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"

    status = await _status_of(market, LOGIN + b"transfer-encoding: chunked\r\n", chunk * 6)

    assert b" 413 " in status


async def test_another_method_is_told_which_ones_the_address_takes(market: Market) -> None:
    async with market.browser() as browser:
        answer = await browser.delete("/api/v1/login")

    assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (405, "method_not_allowed", "POST")


@pytest.mark.parametrize(
    ("host", "allowed", "fits"),
    [
        ("cho.example.vn", (), True),
        ("cho.example.vn:8000", ("cho.example.vn",), True),
        ("CHO.example.vn", ("cho.example.vn",), True),
        ("evil.example", ("cho.example.vn",), False),
        ("", ("cho.example.vn",), False),
    ],
)
def test_hosts_are_those_that_were_named(host: str, allowed: tuple[str, ...], fits: bool) -> None:
    assert bounded_requests.host_allowed(host, allowed) is fits


@pytest.fixture
async def fragile(server_folder: Path) -> AsyncIterator[tuple[Market, EmbeddedPostgres, EmbeddedRedis]]:
    """A live market on stores of its own that answers requests within two seconds."""
    postgres, redis = EmbeddedPostgres(server_folder, shared_buffers_mb=32, max_connections=60), EmbeddedRedis(server_folder)
    postgres.start()
    redis.start()
    await asyncio.to_thread(upgrade_to_newest, postgres.url)
    try:
        async with open_stores(postgres.url, redis.url, "own", QUICK) as stores, AsyncExitStack() as stack:
            stores.settings = stores.settings.model_copy(update={"request_deadline_seconds": 2.0})
            market = await open_market(stores, stack)
            await market.goes_live()
            yield market, postgres, redis
    finally:
        redis.stop()
        postgres.stop()


async def test_with_postgresql_standing_still_every_page_and_route_is_answered_in_time_and_never_with_500(
    fragile: tuple[Market, EmbeddedPostgres, EmbeddedRedis],
) -> None:
    market, postgres, _ = fragile
    paths = ["/", "/login", f"/s/{market.session_id}", "/host", "/organiser", "/api/v1/sessions", "/api/v1/me", "/readyz", "/healthz"]
    below = ("", "/offers", "/stats", "/report", "/orders", "/tick", "/report/products.csv")
    paths += [f"/api/v1/sessions/{market.session_id}{path}" for path in below]
    async with market.browser(market.organiser) as browser:
        with frozen(postgres.pid):
            started = time.monotonic()
            answers = await asyncio.gather(*(browser.get(path, timeout=20) for path in paths), return_exceptions=True)
            took = time.monotonic() - started

    statuses = {
        path: answer.status_code if isinstance(answer, httpx2.Response) else repr(answer)
        for path, answer in zip(paths, answers, strict=True)
    }
    assert set(statuses.values()) <= {200, 404, 503}, statuses
    assert statuses["/healthz"] == 200
    assert statuses["/readyz"] == 503
    assert took < 20
    unavailable = next(
        answer for answer in answers if isinstance(answer, httpx2.Response) and answer.status_code == 503 and "/api/" in str(answer.url)
    )
    assert unavailable.json()["code"] == "unavailable"
    assert unavailable.headers["retry-after"]


async def test_readiness_names_a_redis_that_refuses_writes(fragile: tuple[Market, EmbeddedPostgres, EmbeddedRedis]) -> None:
    market, _, redis = fragile
    async with market.browser() as browser:
        before = await browser.get("/readyz")
        await market.stores.redis.once.config_set("maxmemory", "1")
        full = await browser.get("/readyz")
        await market.stores.redis.once.config_set("maxmemory", "0")
        with frozen(redis.pid):
            silent = await browser.get("/readyz", timeout=10)

    assert (before.status_code, before.json()["stores"]) == (200, {"postgresql": "answers", "redis": "answers"})
    assert (full.status_code, full.json()["stores"]["redis"]) == (503, "refuses writes (OOM)")
    assert (silent.status_code, silent.json()["stores"]["redis"]) == (503, "does not answer")
