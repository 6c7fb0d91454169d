"""`ocop bridge social-stream`: listens to `social_stream` over its websocket and sends what is said into a session, signed, in batches.

A batch that gets no answer is sent again as it is: the service knows what it has. Whoever stops the program loses what was said meanwhile, and no order.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import structlog
import typer
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from app.comment_orders.outside import OutsideComment, from_social_stream
from app.comment_orders.sources import signature_of

log = structlog.get_logger(__name__)

SERVER = "wss://io.socialstream.ninja"
# Where the extension says chat, with "Send chat messages to API server" switched on.
CHAT_CHANNEL = 4
BATCH_SECONDS = 0.5
BATCH_MOST = 100
WAITING_MOST = 5_000
SEND_SECONDS = 10.0
AGAIN_SECONDS = 2.0
MESSAGE_MOST_BYTES = 256 * 1024


@dataclass(slots=True)
class Bridge:
    """`address` and `secret` as the service showed them; `ssn_session` is the session id of `social_stream`."""

    ssn_session: str
    address: str
    secret: str
    server: str = SERVER
    _waiting: deque[OutsideComment] = field(default_factory=lambda: deque(maxlen=WAITING_MOST))

    async def run(self) -> None:
        """Until cancelled; both ends are tried again when they go away."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen_forever())
            tasks.create_task(self._send_forever())

    async def _listen_forever(self) -> None:
        while True:
            try:
                async with connect(f"{self.server}/join/{self.ssn_session}/{CHAT_CHANNEL}", max_size=MESSAGE_MOST_BYTES) as socket:
                    log.info("social_stream_joined")
                    async for message in socket:
                        self._hear(message)
            except (OSError, WebSocketException) as error:
                log.warning("social_stream_away", error=repr(error))
            await asyncio.sleep(AGAIN_SECONDS)

    def _hear(self, message: str | bytes) -> None:
        try:
            said = from_social_stream(json.loads(message))
        except (ValueError, RecursionError):
            return
        if said is not None:
            self._waiting.append(said)

    async def _send_forever(self) -> None:
        while True:
            await asyncio.sleep(BATCH_SECONDS)
            while self._waiting:
                batch = [self._waiting[index] for index in range(min(BATCH_MOST, len(self._waiting)))]
                if not await asyncio.to_thread(self._send, batch):
                    await asyncio.sleep(AGAIN_SECONDS)
                    break
                for _ in batch:
                    if self._waiting:
                        self._waiting.popleft()

    def _send(self, batch: list[OutsideComment]) -> bool:
        """Whether the batch needs not be sent again."""
        body = json.dumps({"comments": [each.model_dump(mode="json", exclude_none=True) for each in batch]}).encode()
        timestamp = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "ocop-timestamp": timestamp,
            "ocop-signature": signature_of(self.secret, timestamp, body),
        }
        request = urllib.request.Request(self.address, data=body, headers=headers, method="POST")  # noqa: S310 - the operator's own address
        try:
            with urllib.request.urlopen(request, timeout=SEND_SECONDS) as answer:  # noqa: S310 - likewise
                items: list[dict[str, Any]] = json.load(answer)["items"]
        except urllib.error.HTTPError as refused:
            log.warning("comments_refused", status=refused.code, comments=len(batch))
            # What is malformed stays so; anything else may pass.
            return refused.code == 422
        except (OSError, ValueError, KeyError) as error:
            log.warning("comments_not_sent", error=repr(error), comments=len(batch))
            return False
        log.info("comments_sent", taken=sum(item["outcome"] == "taken" for item in items), of=len(items))
        return True


commands = typer.Typer(no_args_is_help=True, help="Programs that bring other platforms' comments into a session.")


@commands.callback()
def _bridges() -> None:
    """So that `social-stream` stays a command of its own."""


@commands.command("social-stream")
def social_stream(
    session: str = typer.Option(..., help="session id of social_stream, as in the address of its dock"),
    address: str = typer.Option(
        ..., help="where to send: the service's address and what it showed, e.g. https://cho.example.vn/api/v1/comment-sources/…/comments"
    ),
    secret: str = typer.Option(..., envvar="OCOP_SOURCE_SECRET", help="what the service showed; better in the environment"),
    server: str = typer.Option(SERVER, help="the server of social_stream"),
) -> None:
    """Listen to social_stream and send what is said, until Ctrl-C."""
    if not address.startswith(("https://", "http://")):
        raise typer.BadParameter("must begin with https:// or http://", param_hint="--address")
    try:
        asyncio.run(Bridge(session, address, secret, server).run())
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
