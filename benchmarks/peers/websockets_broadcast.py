"""Fan-out with the library websockets and its own `broadcast`. Usage: websockets_broadcast.py port payload_bytes"""

from __future__ import annotations

import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.peers.rounds import obey

port, payload_bytes = map(int, sys.argv[1:])
clients: set[ServerConnection] = set()


async def viewer(connection: ServerConnection) -> None:
    clients.add(connection)
    try:
        await connection.wait_closed()
    finally:
        clients.discard(connection)


async def send_round(text: str) -> None:
    broadcast(clients, text)


async def main() -> None:
    async with serve(viewer, "127.0.0.1", port, backlog=8192, compression=None, ping_interval=None):
        await obey(send_round, payload_bytes)


uvloop.run(main())
