"""Both doors for viewers refuse the same, in the same order and in the same words, and call nameless people the same."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest

from app.realtime.tickets import TICKET_COOKIE
from tests.live.market import Market, Node, Stores
from tests.realtime.raw_socket import ask, upgrade

# What the servers add to every answer, not the door.
_NOT_THE_DOORS = {"date", "server", "content-length", "connection"}
_FORGED = f"{TICKET_COOKIE}=forged"
_ELSEWHERE = "https://evil.example"
_NOBODYS = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Refusal:
    """What is asked, and which answer both doors give. `state`: the session is in it; `asked_before`: so often from the same address."""

    status: int
    code: str
    changes: dict[str, str] = field(default_factory=dict)
    state: str = "live"
    asked_before: int = 0


REFUSALS = {
    "host": Refusal(400, "host_refused", {"host": "evil.example"}),
    "origin elsewhere": Refusal(403, "origin_refused", {"origin": _ELSEWHERE}),
    "origin null": Refusal(403, "origin_refused", {"origin": "null"}),
    "origin empty": Refusal(403, "origin_refused", {"origin": ""}),
    "another scheme": Refusal(403, "origin_refused", {"x_forwarded_proto": "https"}),
    "no cookie": Refusal(401, "ticket_invalid", {"drop": "Cookie"}),
    "no ticket": Refusal(401, "ticket_invalid", {"cookie": "theme=dark"}),
    "forged ticket": Refusal(401, "ticket_invalid", {"cookie": _FORGED}),
    "address too fast": Refusal(429, "rate_limited", asked_before=2),
    "no such session": Refusal(404, "session_not_found", {"session": _NOBODYS}),
    "no id": Refusal(404, "session_not_found", {"session": "market"}),
    "not quite an id": Refusal(404, "session_not_found", {"session": _NOBODYS.replace("-", "0")}),
    "not begun": Refusal(409, "session_not_live", state="draft"),
    "over": Refusal(409, "session_not_live", state="ended"),
    # which comes first
    "host before origin": Refusal(400, "host_refused", {"host": "evil.example", "origin": "null"}),
    "origin before ticket": Refusal(403, "origin_refused", {"origin": _ELSEWHERE, "cookie": _FORGED}),
    "ticket before address": Refusal(401, "ticket_invalid", {"cookie": _FORGED}, asked_before=2),
    "ticket before session": Refusal(401, "ticket_invalid", {"cookie": _FORGED, "session": _NOBODYS}),
    "address before session": Refusal(429, "rate_limited", {"session": _NOBODYS}, asked_before=2),
    "address before state": Refusal(429, "rate_limited", state="draft", asked_before=2),
}


@pytest.fixture(scope="module")
async def doors(house: Market) -> AsyncIterator[list[Node]]:
    """One node with each door, behind a proxy that is trusted; each takes two sockets of an address."""
    async with AsyncExitStack() as stack:
        yield [await _node(stack, house.stores, sockets, address_sockets_burst=2.0) for sockets in ("portable", "detached")]


async def _node(stack: AsyncExitStack, stores: Stores, sockets: str, **limits: float) -> Node:
    realtime = stores.settings.realtime.model_copy(update={"sockets": sockets, "address_sockets_per_second": 1e-3, **limits})
    changes = {"realtime": realtime, "allowed_hosts": ("127.0.0.1",), "trusted_proxies": ("127.0.0.1",)}
    return await stack.enter_async_context(Node(stores.settings.model_copy(update=changes)).running())


async def _asks(market: Market, node: Node, **changes: str) -> tuple[int, dict[str, str], dict[str, object]]:
    """Status, headers and document, without what differs by chance."""
    status, headers, body = await ask(replace(market, node=node), upgrade(market, address=node.address, **changes))
    document = json.loads(body) if body else {}
    if "retry_after_seconds" in document:
        document["retry_after_seconds"] = headers["retry-after"] = "known"
    return status, {name: value for name, value in headers.items() if name not in _NOT_THE_DOORS}, document


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
async def test_both_doors_refuse_the_same_in_the_same_order(market: Market, doors: list[Node], refusal: Refusal) -> None:
    if refusal.state != "draft":
        await market.goes_live()
    if refusal.state == "ended":
        await market.ends()
    address = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"

    answers = []
    for node in doors:
        for _ in range(refusal.asked_before):
            await _asks(market, node, x_forwarded_for=address)
        answers.append(await _asks(market, node, x_forwarded_for=address, **refusal.changes))

    portable, detached = answers
    assert (detached[0], detached[2]["code"]) == (refusal.status, refusal.code)
    assert portable == detached
    assert ("retry-after" in detached[1]) == (refusal.status == 429)


async def test_both_doors_say_first_that_the_node_is_full(live_market: Market) -> None:
    async with AsyncExitStack() as stack:
        answers = []
        for sockets in ("portable", "detached"):
            node = await _node(stack, live_market.stores, sockets, max_viewers_per_worker=1)
            viewer = await live_market.enters(node=node)
            answers.append(await _asks(live_market, node, host="evil.example"))
            await viewer.socket.close()

    assert (answers[0][0], answers[0][2]["code"], "retry-after" in answers[0][1]) == (503, "capacity", True)
    assert answers[0] == answers[1]


async def test_both_doors_say_first_that_the_node_is_about_to_leave(live_market: Market) -> None:
    async with AsyncExitStack() as stack:
        answers = []
        for sockets in ("portable", "detached"):
            node = await _node(stack, live_market.stores, sockets)
            await node.rooms.drain(0.0)
            answers.append(await _asks(live_market, node, host="evil.example"))

    assert (answers[0][0], answers[0][2]["code"], "retry-after" in answers[0][1]) == (503, "unavailable", True)
    assert answers[0] == answers[1]


async def test_who_gives_no_name_is_called_the_same_behind_both_doors(live_market: Market, doors: list[Node]) -> None:
    device = uuid4()
    for node in doors:
        viewer = await live_market.enters(node=node, device=device)
        assert (await viewer.asks("comment.post", text=f"tôi ở {node.address}"))["type"] == "command.done"
        await viewer.socket.close()

    authors = {author for author, _ in await live_market.archived_comments(at_least=2)}
    assert authors == {f"Khách {device.int % 10_000:04d}"}
