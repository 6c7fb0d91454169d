"""Fan-out as tutorials show it: FastAPI, a set of websockets, `await send_text` for each. Usage: fastapi_plain.py port payload_bytes"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from benchmarks.peers.rounds import obey

port, payload_bytes = map(int, sys.argv[1:])
clients: set[WebSocket] = set()


async def send_round(text: str) -> None:
    for client in tuple(clients):
        await client.send_text(text)


@contextlib.asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    commands = asyncio.ensure_future(obey(send_round, payload_bytes))
    yield
    commands.cancel()


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws")
async def viewer(websocket: WebSocket) -> None:
    await websocket.accept()
    clients.add(websocket)
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        clients.discard(websocket)


# Pings off, as in every server here; the rest as the documentation has it, with the faster of its two websocket libraries.
uvicorn.run(
    app, host="127.0.0.1", port=port, log_level="error", loop="uvloop", backlog=8192, ws_ping_interval=None, ws_per_message_deflate=False
)
