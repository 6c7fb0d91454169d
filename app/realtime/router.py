"""From a message to its handler to its reply. Nothing that a client sends closes its socket or goes unanswered."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar, cast, get_args
from uuid import UUID

import structlog
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from app.errors import AppError, MalformedRequest, TooManyRequests
from app.infra.problems import field_problems
from app.protocol.base import Message
from app.protocol.client_commands import BridgeCommand, Command, Leave, StaffCommand, ViewerCommand, ViewerHello, client_command
from app.protocol.server_events import CommandFailed, ServerMessage
from app.realtime.connection import Connection
from app.realtime.errors import CommandNotAllowed, HelloExpected, MessageTooLarge
from app.realtime.identity import Audience
from app.settings import RealtimeSettings

log = structlog.get_logger(__name__)

Handler = Callable[[Connection, UUID, Command], Awaitable[ServerMessage | None]]
SomeCommand = TypeVar("SomeCommand", bound=Command)

ALLOWED_COMMANDS: Mapping[Audience, frozenset[type[Command]]] = {
    "viewer": frozenset(get_args(ViewerCommand)),
    "staff": frozenset(get_args(StaffCommand)),
    "bridge": frozenset(get_args(BridgeCommand)),
}
_ERRORS_SHOWN = 5
_ID_CHARS_MAX = 40
# A client that floods is read more slowly: TCP holds it back, and its refusals cost us little.
_FLOOD_PAUSE_SECONDS = 0.5


class Router:
    """Dispatches by command type. A handler returns the reply, or None when it has sent the reply itself."""

    def __init__(self, handlers: Mapping[type[Command], Handler], *, settings: RealtimeSettings) -> None:
        self._handlers = dict(handlers)
        self._max_bytes = settings.max_message_bytes

    @property
    def commands(self) -> frozenset[type[Command]]:
        """The command types that have a handler."""
        return frozenset(self._handlers)

    async def receive(self, connection: Connection, raw: str | bytes) -> None:
        """Answer one message with exactly one reply that carries its id (null when the message has none)."""
        if connection.device is not None and (wait_seconds := connection.device.take_command()) > 0:
            refusal = TooManyRequests(retry_after_seconds=wait_seconds)
            connection.send(encode(failure(_id_of(raw, self._max_bytes), refusal)))
            await asyncio.sleep(min(wait_seconds, _FLOOD_PAUSE_SECONDS))
            return
        reply = await self._answer(connection, raw)
        if reply is not None:
            connection.send(encode(reply))

    async def _answer(self, connection: Connection, raw: str | bytes) -> ServerMessage | None:
        command_id: str | None = None
        try:
            command = self._parse(raw)
            command_id = command.id
            return await self._dispatch(connection, command)
        except AppError as error:
            return failure(command_id or _id_of(raw, self._max_bytes), error)
        except Exception:
            error_id = secrets.token_hex(6)
            log.exception("command_crashed", error_id=error_id, session_id=str(connection.session_id))
            return failure(command_id, AppError(details={"error_id": error_id}))

    def _parse(self, raw: str | bytes) -> Command:
        if _is_larger(raw, self._max_bytes):
            raise MessageTooLarge(details={"max_bytes": self._max_bytes})
        try:
            return client_command.validate_json(raw)
        except ValidationError as error:
            # Without the values: they may be a buyer's phone or address.
            found = [each | {"msg": _words_of(each)} for each in error.errors(include_input=False)[:_ERRORS_SHOWN]]
            raise MalformedRequest("The message does not fit the protocol.", details={"errors": field_problems(found)}) from None

    async def _dispatch(self, connection: Connection, command: Command) -> ServerMessage | None:
        kind = type(command)
        if kind not in ALLOWED_COMMANDS[connection.audience]:
            raise CommandNotAllowed
        if not connection.said_hello and kind not in {ViewerHello, Leave}:
            raise HelloExpected
        return await self._handlers[kind](connection, connection.session_id, command)


def handles(
    kind: type[SomeCommand], work: Callable[[Connection, UUID, SomeCommand], Awaitable[ServerMessage | None]]
) -> tuple[type[Command], Handler]:
    """One entry of the router's table; the router calls a handler only with the type it stands under."""
    return kind, cast("Handler", work)


def encode(message: Message) -> bytes:
    """A message as it goes over the wire: JSON in UTF-8."""
    return message.__pydantic_serializer__.to_json(message)


def failure(command_id: str | None, error: AppError) -> CommandFailed:
    """The reply that tells a client why its command was refused."""
    return CommandFailed(
        id=command_id,
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        retry_after_ms=None if error.retry_after_seconds is None else int(error.retry_after_seconds * 1000) + 1,
        details=error.details,
    )


def _words_of(error: ErrorDetails) -> str:
    # pydantic's own words would repeat the unknown type as it was sent
    return "There is no such message type." if error["type"] == "union_tag_invalid" else error["msg"]


def _is_larger(raw: str | bytes, max_bytes: int) -> bool:
    if len(raw) > max_bytes:
        return True
    return isinstance(raw, str) and len(raw) * 4 > max_bytes and len(raw.encode()) > max_bytes


def _id_of(raw: str | bytes, max_bytes: int) -> str | None:
    """The id of a message that could not be taken as a command, if it has one that can be echoed."""
    if _is_larger(raw, max_bytes):
        return None
    try:
        content = from_json(raw)
    except ValueError:
        return None
    found = content.get("id") if isinstance(content, dict) else None
    return found if isinstance(found, str) and 0 < len(found) <= _ID_CHARS_MAX else None
