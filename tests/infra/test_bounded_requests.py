"""What one request may cost is bounded, and a store that is away is said as such on every address."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest

from app.infra import bounded_requests, request_bodies
from app.infra.migrations import upgrade_to_newest
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis
from tests.freezing import frozen
from tests.live.market import QUICK, Market, Node, Stores, open_market, open_stores

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


async def test_bodies_that_drip_are_cut_and_others_are_served_meanwhile(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "BODY_SECONDS", 1.5)
    dripping = [asyncio.ensure_future(_status_of(market, LOGIN + b"content-length: 40\r\n", b"{")) for _ in range(30)]

    async with market.browser() as browser:
        served = (await browser.get("/api/v1/sessions")).status_code
    statuses = await asyncio.gather(*dripping)

    assert served == 200
    assert all(b" 408 " in status for status in statuses)


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


async def test_who_sends_too_much_comes_to_read_the_refusal(market: Market) -> None:
    """A client that is still sending when it is refused: the connection is not cut before it can have read why."""
    host, port = market.node.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(LOGIN + b"transfer-encoding: chunked\r\n\r\n")
    sent = 0
    try:
        while sent < 200 * 1024 * 1024:
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            await writer.drain()
            sent += 0x10000
            if reader._buffer:  # type: ignore[attr-defined]
                break
        status = await asyncio.wait_for(reader.readline(), 5)
    finally:
        writer.close()

    assert b" 413 " in status
    assert sent < 4 * 1024 * 1024


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
async def test_a_method_that_needs_no_body_takes_none(market: Market, method: str) -> None:
    head = f"{method} /api/v1/sessions HTTP/1.1\r\nhost: cho.test\r\norigin: http://cho.test\r\n".encode()

    said = await _status_of(market, head + b"content-length: 200000\r\n", b"x" * 200_000)
    chunked = await _status_of(market, head + b"transfer-encoding: chunked\r\n", (b"1000\r\n" + b"x" * 0x1000 + b"\r\n") * 3)

    assert b" 413 " in said
    assert b" 413 " in chunked


async def test_a_login_is_smaller_than_what_other_routes_take(market: Market) -> None:
    login = await _status_of(market, LOGIN + b"content-length: 5000\r\n")
    other = LOGIN.replace(b"/api/v1/login", f"/api/v1/sessions/{market.session_id}/offers".encode())

    assert b" 413 " in login
    assert b" 413 " not in await _status_of(market, other + b"content-length: 5000\r\n", b" " * 5000)


async def test_slow_bodies_of_one_network_leave_room_for_others(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "SLOW_AFTER_SECONDS", 0.2)
    monkeypatch.setattr(request_bodies, "SLOW_BODIES_PER_NETWORK", 5)
    monkeypatch.setattr(request_bodies, "BODY_SECONDS", 2.0)

    async def slow(address: str) -> float:
        started = time.monotonic()
        host, port = market.node.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port), local_addr=(address, 0))
        writer.write(LOGIN + b"content-length: 40\r\n\r\n{")
        status = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        assert b" 408 " in status
        return time.monotonic() - started

    crowd = [asyncio.ensure_future(slow("127.0.0.2")) for _ in range(20)]
    other = asyncio.ensure_future(slow("127.0.0.3"))
    took = sorted(await asyncio.gather(*crowd))

    assert sum(seconds < 1 for seconds in took) == 15
    assert await other > 1


async def test_all_bodies_together_take_bounded_memory(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "BODIES_MAX_BYTES", 10_000)
    waiting = asyncio.ensure_future(_status_of(market, LOGIN + b"content-length: 4000\r\n", b"{"))
    await asyncio.sleep(0.3)
    second = LOGIN.replace(b"/api/v1/login", b"/api/v1/viewer")

    refused = await _status_of(market, second + b"content-length: 9000\r\n", b"{")
    waiting.cancel()

    assert b" 503 " in refused


async def test_probes_are_answered_whatever_host_they_ask_for(stores: Stores) -> None:
    node = Node(stores.settings.model_copy(update={"allowed_hosts": ["cho.example.vn"]}))
    async with node.running(), httpx2.AsyncClient(base_url=f"http://{node.address}") as prober:
        answers = {path: (await prober.get(path)).status_code for path in ("/healthz", "/readyz", "/metrics", "/", "/api/v1/sessions")}

    assert answers == {"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 400, "/api/v1/sessions": 400}


async def test_a_change_that_comes_too_late_is_not_called_a_failure(fragile: tuple[Market, EmbeddedPostgres, EmbeddedRedis]) -> None:
    market, postgres, _ = fragile
    path = f"/api/v1/sessions/{market.session_id}"
    async with market.browser(market.organiser) as browser:
        await browser.get(path)
        with frozen(postgres.pid):
            plain, keyed = await asyncio.gather(
                browser.patch(path, json={"description": "Cam Vũ Quang"}, timeout=20),
                browser.patch(path, json={"description": "Cam Vũ Quang"}, timeout=20, headers={"Idempotency-Key": "press-of-a-button"}),
            )

    assert (plain.status_code, plain.json()["code"], plain.json()["retryable"]) == (503, "change_unknown", False)
    assert (keyed.status_code, keyed.json()["code"], keyed.json()["retryable"]) == (503, "outcome_unknown", True)


async def test_with_too_many_late_answers_new_requests_are_refused_and_none_is_cancelled(
    fragile: tuple[Market, EmbeddedPostgres, EmbeddedRedis], monkeypatch: pytest.MonkeyPatch
) -> None:
    market, postgres, _ = fragile
    monkeypatch.setattr(bounded_requests, "LATE_ANSWERS_MAX", 2)
    path = f"/api/v1/sessions/{market.session_id}"
    async with market.browser(market.organiser) as browser:
        await browser.get(path)
        with frozen(postgres.pid):
            late = await asyncio.gather(*(browser.patch(path, json={"description": f"Lần {n}"}, timeout=20) for n in range(2)))
            started = time.monotonic()
            refused = await browser.get(path)
            took = time.monotonic() - started
            alive = await browser.get("/healthz")
        assert await _eventually(lambda: browser.get(path), 200)

    assert [answer.json()["code"] for answer in late] == ["change_unknown"] * 2
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert took < 0.5
    assert alive.status_code == 200


async def _eventually(ask: Callable[[], Awaitable[httpx2.Response]], status: int) -> bool:
    async with asyncio.timeout(10):
        while (await ask()).status_code != status:  # noqa: ASYNC110 - another process has to catch up
            await asyncio.sleep(0.05)
    return True
