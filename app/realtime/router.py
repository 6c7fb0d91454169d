"""From a message to its handler to its reply. Nothing that a client sends closes its socket or goes unanswered."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_args
from uuid import UUID

import structlog
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from app.errors import AppError, MalformedRequest, TooManyRequests, Unavailable
from app.infra import tracing
from app.infra.problems import field_problems
from app.infra.stores_away import outcome_unknown, store_refusal
from app.infra.tasks import TaskOwner
from app.protocol.base import Message
from app.protocol.client_commands import BridgeCommand, Command, Leave, StaffCommand, ViewerCommand, ViewerHello, client_command
from app.protocol.server_events import CommandFailed, ServerMessage
from app.realtime.connection import Connection
from app.realtime.errors import CommandNotAllowed, HelloExpected, MessageTooLarge
from app.realtime.identity import Audience
from app.settings import RealtimeSettings

log = structlog.get_logger(__name__)

Handler = Callable[[Connection, UUID, Command], Coroutine[Any, Any, ServerMessage | None]]
SomeCommand = TypeVar("SomeCommand", bound=Command)

ALLOWED_COMMANDS: Mapping[Audience, frozenset[type[Command]]] = {
    "viewer": frozenset(get_args(ViewerCommand)),
    "staff": frozenset(get_args(StaffCommand)),
    "bridge": frozenset(get_args(BridgeCommand)),
}
DEADLINE_SECONDS = 5.0
_ERRORS_SHOWN = 5
_ID_CHARS_MAX = 40
# How many commands of one socket may be under way beside the one whose turn it is; further ones wait for theirs.
_APART_MAX = 8
_RETRY_AFTER_SECONDS = 2.0
# A client that floods is read more slowly: TCP holds it back, and its refusals cost us little.
_FLOOD_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a command, by when, and whether it may take long.

    A command that has no answer after `deadline_seconds` is answered `outcome_unknown`, or `unavailable` when it `changes` nothing; what it
    does goes on, its late reply is dropped. None: it never waits, or keeps a deadline of its own. `apart`: it runs beside the socket's other
    commands instead of before the next one. `has_key`: doing it twice is the same as once. `action`: what staff must be allowed to do for it;
    None: it is no command of staff's, and refused from their sockets.
    """

    work: Handler
    deadline_seconds: float | None
    apart: bool
    changes: bool
    has_key: bool
    action: str | None = None


class Router:
    """Dispatches by command type. A handler returns the reply, or None when it has sent the reply itself.

    Commands of one socket are answered in order, except those that run apart: an order that waits for PostgreSQL keeps nobody from
    speaking.
    """

    def __init__(self, routes: Mapping[type[Command], Route], *, settings: RealtimeSettings) -> None:
        self._routes = dict(routes)
        self._names = {kind: str(kind.model_fields["type"].default) for kind in routes}
        self._max_bytes = settings.max_message_bytes
        self._tasks = TaskOwner("commands")
        self._apart: dict[Connection, int] = {}

    async def close(self) -> None:
        """Stop what is still under way. Call it when no socket is left."""
        await self._tasks.close()

    @property
    def routes(self) -> Mapping[type[Command], Route]:
        """Everything that can be asked."""
        return self._routes

    @property
    def commands(self) -> frozenset[type[Command]]:
        """The command types that have a handler."""
        return frozenset(self._routes)

    async def receive(self, connection: Connection, raw: str | bytes) -> None:
        """Answer one message with exactly one reply that carries its id (null when the message has none)."""
        if connection.device is not None and (wait_seconds := connection.device.take_command()) > 0:
            refusal = TooManyRequests(retry_after_seconds=wait_seconds)
            connection.send(encode(failure(_id_of(raw, self._max_bytes), refusal)))
            await asyncio.sleep(min(wait_seconds, _FLOOD_PAUSE_SECONDS))
            return
        try:
            command = self._parse(raw)
            route = self._route_of(connection, command)
        except AppError as error:
            connection.send(encode(failure(_id_of(raw, self._max_bytes), error)))
            return
        if route.apart and self._apart.get(connection, 0) < _APART_MAX:
            self._apart[connection] = self._apart.get(connection, 0) + 1
            self._tasks.spawn(type(command).__name__, self._answer_apart(connection, command, route))
            return
        await self._answer(connection, command, route)

    async def _answer_apart(self, connection: Connection, command: Command, route: Route) -> None:
        try:
            await self._answer(connection, command, route)
        finally:
            left = self._apart.pop(connection) - 1
            if left:
                self._apart[connection] = left

    async def _answer(self, connection: Connection, command: Command, route: Route) -> None:
        with tracing.root(self._names[type(command)], {"ocop.session_id": connection.session_id}, is_request=True) as span:
            reply = await self._reply(connection, command, route)
            code = reply.code if isinstance(reply, CommandFailed) else tracing.FINE
            span.set(tracing.OUTCOME, code)
            if code == AppError.code:
                span.fail(code)
        if reply is not None:
            connection.send(encode(reply))

    async def _reply(self, connection: Connection, command: Command, route: Route) -> ServerMessage | None:
        try:
            work = route.work(connection, connection.session_id, command)
            return await (work if route.deadline_seconds is None else self._in_time(command, work, route, route.deadline_seconds))
        except AppError as error:
            return failure(command.id, error)
        except Exception as error:
            if (refusal := store_refusal(error, changes=route.changes, has_key=route.has_key)) is not None:
                log.warning("command_without_store", command=type(command).__name__, error=type(error).__name__)
                return failure(command.id, refusal)
            error_id = secrets.token_hex(6)
            log.exception("command_crashed", error_id=error_id, session_id=str(connection.session_id))
            return failure(command.id, AppError(details={"error_id": error_id}))

    async def _in_time(
        self, command: Command, work: Coroutine[Any, Any, ServerMessage | None], route: Route, seconds: float
    ) -> ServerMessage | None:
        """The reply, or `OutcomeUnknown` after so many seconds. The work is not cancelled: it may be about to commit."""
        task: asyncio.Task[ServerMessage | None] = self._tasks.start(type(command).__name__, work)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if done:
            return task.result()
        task.add_done_callback(_forget_late)
        log.warning("command_late", command=type(command).__name__, seconds=seconds)
        raise outcome_unknown(has_key=route.has_key) if route.changes else Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)

    def _parse(self, raw: str | bytes) -> Command:
        if _is_larger(raw, self._max_bytes):
            raise MessageTooLarge(details={"max_bytes": self._max_bytes})
        try:
            return client_command.validate_json(raw)
        except ValidationError as error:
            # Without the values: they may be a buyer's phone or address.
            found = [each | {"msg": _words_of(each)} for each in error.errors(include_input=False)[:_ERRORS_SHOWN]]
            raise MalformedRequest("The message does not fit the protocol.", details={"errors": field_problems(found)}) from None

    def _route_of(self, connection: Connection, command: Command) -> Route:
        kind = type(command)
        if kind not in ALLOWED_COMMANDS[connection.audience]:
            raise CommandNotAllowed
        if not connection.said_hello and kind not in {ViewerHello, Leave}:
            raise HelloExpected
        route = self._routes[kind]
        if connection.audience == "staff" and route.action not in connection.identity.actions:
            raise CommandNotAllowed
        return route


def handles(  # noqa: PLR0913 - a row of the table with its columns
    kind: type[SomeCommand],
    work: Callable[[Connection, UUID, SomeCommand], Coroutine[Any, Any, ServerMessage | None]],
    *,
    deadline_seconds: float | None = DEADLINE_SECONDS,
    apart: bool = False,
    changes: bool = True,
    has_key: bool = False,
    action: str | None = None,
) -> tuple[type[Command], Route]:
    """One entry of the router's table; the router calls a handler only with the type it stands under."""
    return kind, Route(cast("Handler", work), deadline_seconds, apart, changes, has_key, action)


def _forget_late(task: asyncio.Task[ServerMessage | None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.info("late_command_failed", task=task.get_name(), error=repr(error))


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
