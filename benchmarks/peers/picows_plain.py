"""Fan-out with the Cython library picows on uvloop. Usage: picows_plain.py port payload_bytes"""

from __future__ import annotations

import sys

import picows  # type: ignore[import-not-found]  # lives in the peers' own environment
import uvloop

from benchmarks.peers.rounds import obey

port, payload_bytes = map(int, sys.argv[1:])
clients: set[picows.WSTransport] = set()


class Viewer(picows.WSListener):  # type: ignore[misc]  # untyped, see above
    """Remembers its transport while it is connected."""

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        clients.add(transport)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        clients.discard(transport)


async def send_round(text: str) -> None:
    message = text.encode()
    for client in clients:
        client.send(picows.WSMsgType.TEXT, message)


async def main() -> None:
    server = await picows.ws_create_server(lambda _request: Viewer(), "127.0.0.1", port, backlog=8192, enable_auto_ping=False)
    async with server:
        await obey(send_round, payload_bytes)


uvloop.run(main())
