"""The desk's socket: whoever works orders hears of a change, whichever worker made it; nobody else gets in, and who may not stay goes."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.accounts.service import CurrentUser
from app.main import services_of
from app.protocol.close_codes import CloseCode
from tests.buyers import a_viewer, an_offer, places
from tests.live.fixtures import house, market, sockets, stores
from tests.live.market import Market, a_user

__all__ = ["house", "market", "sockets", "stores"]


def at_the_desk(market: Market, headers: dict[str, str]) -> connect:
    return connect(f"ws://{market.node.address}/ws/desk", additional_headers=headers, compression=None)


async def colleague(market: Market) -> CurrentUser:
    return await a_user(market.node, market.organiser.organisation_id, name="Cúc", role="desk")


async def until_quiet(socket: ClientConnection) -> None:
    """Once at the beginning, and once more when the counter is first looked at, unless somebody else's desk has looked at it already."""
    await socket.recv()
    with suppress(TimeoutError):
        while True:
            await asyncio.wait_for(socket.recv(), 1.5)


async def test_a_change_made_by_another_worker_is_heard_and_of_another_organisation_nothing(market: Market) -> None:
    headers = await market.login_cookie(await colleague(market))
    async with at_the_desk(market, headers) as socket, asyncio.timeout(20):
        await until_quiet(socket)
        other = await market.another_node()

        await services_of(other.app).order_desk.work._news.changed(market.session_id)
        await services_of(other.app).order_desk.work._news.changed(market.organiser.organisation_id)

        assert json.loads(await socket.recv()) == {"type": "desk.changed"}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 1.5)


async def test_an_order_is_on_the_desk_soon_after_it_was_placed_and_its_colleagues_hear_of_it(market: Market) -> None:
    await market.goes_live()
    headers = await market.login_cookie(await colleague(market))
    offer = await an_offer(market)
    async with a_viewer(market) as viewer, market.browser(market.organiser) as organiser, at_the_desk(market, headers) as socket:
        async with asyncio.timeout(20):
            await until_quiet(socket)
            await places(viewer, market, offer)

            await socket.recv()

        queue = (await organiser.get(f"/api/v1/desk/orders?queue=first&session_id={market.session_id}")).json()["orders"]
        assert [each["phone_masked"] for each in queue] == ["•••678"]


async def test_strangers_and_those_who_work_no_orders_are_refused_before_the_upgrade(
    market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    auditor = await a_user(market.node, market.organiser.organisation_id, name="Kiểm", role="auditor")

    for headers, status in (({}, 401), (await market.login_cookie(auditor), 403)):
        with pytest.raises(InvalidStatus) as refused:
            async with at_the_desk(market, headers):
                pass
        assert refused.value.response.status_code == status
    foreign = await market.login_cookie(await colleague(market)) | {"Origin": "https://elsewhere.example"}
    with pytest.raises(InvalidStatus):
        async with at_the_desk(market, foreign):
            pass
    # a refusal is an answer, not an error of ours
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_who_signs_out_is_shown_out_and_what_is_said_is_not_listened_to(market: Market) -> None:
    headers = await market.login_cookie(await colleague(market))
    async with at_the_desk(market, headers) as socket, asyncio.timeout(20):
        await socket.send('{"type": "order.place"}')
        await socket.recv()
        await market.node.database.pool.execute("DELETE FROM sign_ins WHERE user_id IN (SELECT id FROM users WHERE role = 'desk')")

        with pytest.raises(ConnectionClosed):
            await _read_all(socket)

    assert socket.close_code == CloseCode.SIGNED_OUT


async def test_who_leaves_in_the_middle_of_the_handshake_is_no_error(market: Market, caplog: pytest.LogCaptureFixture) -> None:
    headers = await market.login_cookie(await colleague(market))
    host, _, port = market.node.address.partition(":")
    upgrade = "".join(
        f"{name}: {value}\r\n"
        for name, value in (
            ("Host", market.node.address), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), *headers.items(),
        )
    )  # fmt: skip

    async def leaves(after_seconds: float) -> None:
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /ws/desk HTTP/1.1\r\n{upgrade}\r\n".encode())
        await writer.drain()
        await asyncio.sleep(after_seconds)
        writer.transport.abort() if after_seconds else writer.close()

    # around the moment in which the colleague was looked up and is let in
    for number in range(120):
        await leaves(number % 40 / 4_000)
    await asyncio.sleep(1)

    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
    async with at_the_desk(market, headers) as socket, asyncio.timeout(20):
        assert json.loads(await socket.recv()) == {"type": "desk.changed"}


async def _read_all(socket: ClientConnection) -> None:
    while True:
        await socket.recv()
