"""Clients that are slow, huge or never satisfied hold up nobody but themselves, and hear why they were refused."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send

from app.errors import Unavailable
from app.infra import bounded_http, bounded_requests
from app.infra.body_limits import DEFAULT_BYTES, WITHOUT_BODY_BYTES, BodyLimits
from app.infra.bounded_requests import BoundedRequests
from app.infra.slow_clients import SlowBodies, SlowHeads
from app.infra.tasks import TaskOwner
from app.main import ROUTERS
from app.settings import HttpSettings
from tests.live.market import Market, open_market, open_stores

PROXY = "127.0.0.1"
MIB = 1024 * 1024
LOGIN = b"POST /api/v1/login HTTP/1.1\r\nhost: cho.test\r\norigin: http://cho.test\r\ncontent-type: application/json\r\n"


@pytest.fixture
def open_bounded(postgres_url: str, redis_url: str, redis_prefix: str) -> Callable[..., Any]:
    """Opens a market whose node believes the proxy here, with other settings."""

    @asynccontextmanager
    async def opening(http: HttpSettings, **changes: Any) -> AsyncIterator[Market]:
        async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
            stores.settings = stores.settings.model_copy(update={"http": http, "trusted_proxies": (PROXY,), **changes})
            yield await open_market(stores, stack)

    return opening


async def _answer_to(market: Market, head: bytes, body: bytes = b"", *, address: str = "203.0.113.7") -> bytes:
    host, port = market.node.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(head + b"x-forwarded-for: " + address.encode() + b"\r\n\r\n" + body)
        return await asyncio.wait_for(reader.readline(), 15)
    finally:
        writer.close()


async def test_bodies_of_one_address_that_drip_are_cut_and_do_not_stop_others(open_bounded: Callable[..., Any]) -> None:
    async with open_bounded(HttpSettings(body_seconds=1.5, bodies_at_once=40, bodies_per_address=20)) as market:
        dripping = [asyncio.ensure_future(_answer_to(market, LOGIN + b"content-length: 40\r\n", b"{")) for _ in range(30)]
        _ = await asyncio.wait(dripping, return_when=asyncio.FIRST_COMPLETED)
        wrong = b'{"login": "nobody", "password": "nothing"}'
        other = await _answer_to(market, LOGIN + b"content-length: %d\r\n" % len(wrong), wrong, address="198.51.100.1")
        statuses = [answer.split()[1] for answer in await asyncio.gather(*dripping)]

    assert b" 401 " in other
    assert (statuses.count(b"408"), statuses.count(b"503")) == (20, 10)


async def test_of_one_addresss_heads_that_drip_the_oldest_give_way() -> None:
    heads = SlowHeads(per_address=2)
    opened = [socket.socketpair() for _ in range(4)]
    transports = [(await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours))[0] for ours, _ in opened]

    for transport in transports[:2]:
        heads.begin("203.0.113.7", transport)
    heads.begin("203.0.113.8", transports[3])
    await asyncio.sleep(1.05)
    heads.begin("203.0.113.7", transports[2])

    assert [transport.is_closing() for transport in transports] == [True, False, False, False]
    for transport in transports:
        heads.end("203.0.113.7", transport)
        heads.end("203.0.113.8", transport)
        transport.abort()
    assert heads._of == {}
    for _, theirs in opened:
        theirs.close()


async def test_heads_from_a_proxy_are_those_of_many() -> None:
    heads = SlowHeads(per_address=1, proxies=("203.0.113.7",))
    opened = [socket.socketpair() for _ in range(2)]
    transports = [(await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours))[0] for ours, _ in opened]

    heads.begin("203.0.113.7", transports[0])
    await asyncio.sleep(1.05)
    heads.begin("203.0.113.7", transports[1])

    assert [transport.is_closing() for transport in transports] == [False, False]
    for transport in transports:
        transport.abort()
    for _, theirs in opened:
        theirs.close()


async def test_who_sends_200_mib_sees_why_it_is_refused_and_the_memory_stays_flat(open_bounded: Callable[..., Any]) -> None:
    async with open_bounded(HttpSettings()) as market:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answers = {}
        for name, head in (
            ("length", LOGIN + b"content-length: %d\r\n" % (200 * MIB)),
            ("chunked", LOGIN + b"transfer-encoding: chunked\r\n"),
            ("without a body", LOGIN.replace(b"POST /api/v1/login", b"GET /api/v1/sessions") + b"content-length: %d\r\n" % (200 * MIB)),
        ):
            answers[name] = await asyncio.to_thread(_send_all_then_read, market.node.address, head)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert {name: b"HTTP/1.1 413 " in answer and b"body_too_large" in answer for name, answer in answers.items()} == dict.fromkeys(
        answers, True
    )
    assert grown < 40 * 1024  # KiB


async def test_nobody_is_waited_for_beyond_the_bodies_of_one_address_when_they_are_refused(open_bounded: Callable[..., Any]) -> None:
    too_long = LOGIN + b"content-length: %d\r\nx-forwarded-for: 203.0.113.7\r\n\r\n{" % MIB
    async with open_bounded(HttpSettings(bodies_per_address=2)) as market, AsyncExitStack() as stack:
        host, port = market.node.address.split(":")
        readers = []
        for _ in range(3):
            reader, writer = await asyncio.open_connection(host, int(port))
            stack.callback(writer.close)
            writer.write(too_long)
            assert b" 413 " in await asyncio.wait_for(reader.readline(), 5)
            readers.append(reader)
        ends = [asyncio.ensure_future(reader.read()) for reader in readers]
        over, waiting = await asyncio.wait(ends, timeout=bounded_requests.LINGER_SECONDS / 2, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()

    assert over == {ends[2]}


def _send_all_then_read(address: str, head: bytes) -> bytes:
    """A simple client: it looks at the answer after it has sent everything."""
    host, port = address.split(":")
    part = b"x" * MIB
    is_chunked = b"chunked" in head
    with socket.create_connection((host, int(port)), timeout=30) as sending:
        sending.sendall(head + b"\r\n")
        for _ in range(200):
            sending.sendall(b"%x\r\n%b\r\n" % (len(part), part) if is_chunked else part)
        if is_chunked:
            sending.sendall(b"0\r\n\r\n")
        answer = b""
        while data := sending.recv(65_536):
            answer += data
    return answer


async def test_a_node_is_asked_for_its_health_by_its_address_whatever_hosts_are_allowed(open_bounded: Callable[..., Any]) -> None:
    async with open_bounded(HttpSettings(), allowed_hosts=("cho.example.vn",)) as market, market.browser() as browser:
        statuses = {path: (await browser.get(path)).status_code for path in ("/healthz", "/readyz", "/metrics", "/", "/api/v1/sessions")}

    assert statuses == {"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 400, "/api/v1/sessions": 400}


def test_limits_of_bodies_stand_beside_the_routes() -> None:
    limits = BodyLimits(ROUTERS)

    assert limits.of("POST", "/api/v1/login") == 4 * 1024
    assert limits.of("POST", "/api/v1/sessions") == DEFAULT_BYTES
    assert limits.of("GET", "/api/v1/login") == limits.of("DELETE", "/") == WITHOUT_BODY_BYTES


class _Application:
    """An application that stands still where it is told to."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Event()
        self.finished = asyncio.Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/export.zip":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"a part", "more_body": True})
        if scope["path"] != "/quick":
            await self.may_go_on.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        self.finished.release()

    async def has_finished(self, times: int) -> None:
        for _ in range(times):
            await self.finished.acquire()
        # what waits for these tasks gets its turn
        for _ in range(5):
            await asyncio.sleep(0)


async def _ask(bounded: BoundedRequests, method: str, path: str, *headers: tuple[bytes, bytes]) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await bounded({"type": "http", "method": method, "path": path, "headers": list(headers), "client": ("203.0.113.7", 1)}, receive, send)
    return sent


def _bounded(application: _Application, tasks: TaskOwner | None = None) -> BoundedRequests:
    settings = HttpSettings(answer_idle_seconds=0.1)
    tasks = TaskOwner("requests") if tasks is None else tasks
    return BoundedRequests(application, tasks=tasks, allowed_hosts=(), limits=BodyLimits(()), deadline_seconds=0.05, settings=settings)


async def test_a_late_command_may_have_been_done_and_is_not_interrupted() -> None:
    application = _Application()
    bounded = _bounded(application)

    asked = [("GET", ()), ("POST", ()), ("POST", ((b"idempotency-key", b"a"),))]
    answers = [(await _ask(bounded, method, "/slow", *headers))[1]["body"] for method, headers in asked]
    application.may_go_on.set()
    await application.has_finished(3)

    problems = [httpx2.Response(503, content=body).json() for body in answers]
    assert [(problem["code"], problem["retryable"]) for problem in problems] == [
        ("unavailable", True),
        ("outcome_unknown", False),
        ("outcome_unknown", True),
    ]


async def test_late_work_may_end_before_the_stores_close_and_is_ended_when_it_does_not() -> None:
    quick, endless, tasks = _Application(), _Application(), TaskOwner("requests")
    for application in (quick, endless):
        _ = await _ask(_bounded(application, tasks), "POST", "/slow")

    quick.may_go_on.set()
    await tasks.finish(0.2)

    assert (quick.finished.locked(), endless.finished.locked()) == (False, True)
    assert [task for task in asyncio.all_tasks() if task.get_name() == "requests./slow"] == []


async def test_when_too_much_goes_on_behind_late_answers_new_requests_wait_and_none_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_requests, "LATE_ANSWERS_MAX", 3)
    application = _Application()
    bounded = _bounded(application)

    _ = await asyncio.gather(*(_ask(bounded, "POST", "/slow") for _ in range(3)))
    refused = await _ask(bounded, "GET", "/quick")
    application.may_go_on.set()
    await application.has_finished(3)
    served = await _ask(bounded, "GET", "/quick")

    assert [messages[0]["status"] for messages in (refused, served)] == [503, 204]


async def test_an_answer_that_stands_still_is_cut_off() -> None:
    application = _Application()

    sent = await asyncio.wait_for(_ask(_bounded(application), "GET", "/export.zip"), 5)

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[-1]["more_body"]
    assert application.finished.locked()


def test_bodies_that_would_take_too_much_memory_together_are_refused_before_they_come() -> None:
    bodies = SlowBodies(at_once=10, per_address=10, max_bytes=1_000)

    with bodies.one_more("192.0.2.1", 700):
        with pytest.raises(Unavailable), bodies.one_more("192.0.2.2", 400):
            pass
        with bodies.one_more("192.0.2.2", 300):
            pass
    with bodies.one_more("192.0.2.3", 1_000):
        pass


async def test_who_never_reads_an_answer_is_let_go(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_http, "UNREAD_SECONDS", 0.5)
    host, port = market.node.address.split(":")
    connections = market.node.server.server_state.connections
    _, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(b"GET /openapi.json HTTP/1.1\r\nhost: cho.test\r\n\r\n" * 200)

    async with asyncio.timeout(20):
        while not connections:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)
        while connections:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    writer.close()
