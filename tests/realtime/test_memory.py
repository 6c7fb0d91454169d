"""What one idle viewer costs the service in Python's memory, with identity, limits, presence and all that waits for it."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import tracemalloc
from contextlib import AsyncExitStack

import pytest

from app.infra.key_ring import KeyRing
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from tests.live.market import SECRET, Market, Stores, market_with

VIEWERS = 2_000
BYTES_PER_VIEWER = 1_024

# Viewers live in a process of their own, so that only the server's side is measured.
CLIENT = """
import base64, json, os, socket, struct, sys
order = json.load(sys.stdin)
hello = b'{"type":"viewer.hello","id":"1","version":1}'
wire = bytes((0x81, 0x80 | len(hello))) + bytes(4) + hello
opened = []
for cookie in order["cookies"]:
    client = socket.create_connection((order["host"], order["port"]))
    client.sendall((order["head"] % cookie).encode() + wire)
    opened.append(client)
for client in opened:
    received = b""
    while b"room.snapshot" not in received:
        piece = client.recv(65536)
        assert piece, received
        received += piece
print("in", flush=True)
while True:
    for client in opened:
        client.recv(1 << 20)
"""


@pytest.mark.slow
async def test_an_idle_viewer_costs_at_most_a_kilobyte(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, tick_min_seconds=0.5, hello_timeout_seconds=20.0)
        await market.enters()
        await asyncio.sleep(1)
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            viewers = await viewers_of(market)
            try:
                await viewers_are_in(market)
                # Nothing waits any more: hellos are said, the flushes with the newcomers are away.
                await asyncio.sleep(3)
                gc.collect()
                each = (tracemalloc.get_traced_memory()[0] - before) / VIEWERS
            finally:
                viewers.kill()
                await viewers.wait()
        finally:
            tracemalloc.stop()

    assert each <= BYTES_PER_VIEWER, f"{each:.0f} bytes per viewer"


async def viewers_of(market: Market) -> asyncio.subprocess.Process:
    host, port = market.node.address.split(":")
    head = (
        f"GET /ws/sessions/{market.session_id} HTTP/1.1\r\nHost: {market.node.address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nCookie: {TICKET_COOKIE}=%s\r\n\r\n"
    )
    signer = TicketSigner(KeyRing(SECRET))
    order = {"host": host, "port": int(port), "head": head, "cookies": [signer.issue()[1] for _ in range(VIEWERS)]}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", CLIENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps(order).encode())
    process.stdin.close()
    return process


async def viewers_are_in(market: Market) -> None:
    async with asyncio.timeout(60):
        while market.node.rooms.hub.viewer_count(market.session_id) < VIEWERS + 1:  # noqa: ASYNC110 - the hub offers no event
            await asyncio.sleep(0.1)
