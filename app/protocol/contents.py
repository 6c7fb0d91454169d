"""The table of contents of the protocol: which messages there are, who says them and what answers them. Read by the generators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic.json_schema import models_json_schema

from app.errors import AppError
from app.protocol.base import Message
from app.protocol.client_commands import (
    BridgeCommand,
    ClientCommand,
    Command,
    JoinWaitlist,
    Leave,
    PlaceOrder,
    PostComment,
    ReportOutsideCount,
    SendLikes,
    ShowInterest,
    StaffCommand,
    ViewerCommand,
    ViewerHello,
)
from app.protocol.server_events import (
    CommandDone,
    CommandFailed,
    OrderPlaced,
    RoomEvent,
    RoomResumed,
    RoomSnapshot,
    ServerMessage,
    WaitlistJoined,
)

Schema = dict[str, Any]
Role = Literal["command", "answer", "event"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One kind of socket: where it is, what opens it, and what it may say."""

    name: str
    address: str
    description: str
    commands: tuple[type[Command], ...]


CHANNELS: tuple[Channel, ...] = (
    Channel(
        "viewer",
        "/ws/sessions/{session_id}",
        "A viewer's socket, opened with the signed ticket cookie `ocop_ticket`.",
        get_args(ViewerCommand),
    ),
    Channel(
        "board",
        "/ws/sessions/{session_id}/board",
        "The host board's socket, opened with the login cookie of a user of the session's organisation.",
        get_args(StaffCommand),
    ),
    Channel(
        "bridge",
        "/ws/sessions/{session_id}/bridge",
        "A program that reports outside viewer counts, opened with `Authorization: Bearer <bridge token>`.",
        get_args(BridgeCommand),
    ),
)

COMMANDS: tuple[type[Command], ...] = get_args(ClientCommand)
SERVER_MESSAGES: tuple[type[Message], ...] = get_args(ServerMessage)
ROOM_EVENTS: tuple[type[Message], ...] = get_args(get_args(RoomEvent)[0])

# What answers a command that went well; `command.failed` may answer any of them.
REPLIES: dict[type[Command], tuple[type[Message], ...]] = {
    ViewerHello: (RoomSnapshot, RoomResumed),
    PostComment: (CommandDone,),
    SendLikes: (CommandDone,),
    ShowInterest: (CommandDone,),
    PlaceOrder: (OrderPlaced,),
    JoinWaitlist: (WaitlistJoined,),
    Leave: (CommandDone,),
    ReportOutsideCount: (CommandDone,),
}
ANSWERS: frozenset[type[Message]] = frozenset({CommandFailed, *(reply for replies in REPLIES.values() for reply in replies)})


def wire_type(model: type[Message]) -> str:
    """The message's `type` on the wire, e.g. `order.place`."""
    return str(model.model_fields["type"].default)


def summary_of(documented: type[object]) -> str:
    """The docstring as one paragraph; empty when there is none."""
    return " ".join((documented.__doc__ or "").split())


def channels_of(command: type[Command]) -> tuple[Channel, ...]:
    return tuple(channel for channel in CHANNELS if command in channel.commands)


def schemas(ref_template: str) -> dict[str, Schema]:
    """JSON Schemas of all messages and their parts by model name.

    Commands are described as a client writes them (defaults may be left out), the rest as the server writes it (always whole).
    """
    commands = [(model, "validation") for model in COMMANDS]
    said_by_server = [(model, "serialization") for model in (*SERVER_MESSAGES, *ROOM_EVENTS)]
    _, document = models_json_schema([*commands, *said_by_server], ref_template=ref_template)  # type: ignore[list-item]  # mode is a literal
    definitions: dict[str, Schema] = document["$defs"]
    return {name: definitions[name] for name in sorted(definitions)}


def contract_errors(error_types: Sequence[type[AppError]]) -> list[type[AppError]]:
    """The error types that belong to the contract, in order of code: ours, whatever else (a test) has defined some."""
    of_contract = [kind for kind in error_types if kind.__module__.startswith("app.")]
    return sorted(of_contract, key=lambda kind: kind.code)
