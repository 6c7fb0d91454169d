"""The AsyncAPI 3.0 document of the three sockets, for tools that make clients, mocks and tests from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.errors import AppError
from app.protocol.base import PROTOCOL_VERSION, Message
from app.protocol.client_commands import Command
from app.protocol.close_codes import CLOSE_REASONS
from app.protocol.contents import (
    ANSWERS,
    CHANNELS,
    COMMANDS,
    REPLIES,
    SERVER_MESSAGES,
    Channel,
    Schema,
    contract_errors,
    schemas,
    summary_of,
    wire_type,
)
from app.protocol.examples import COMMAND_EXAMPLES, SERVER_EXAMPLES
from app.protocol.server_events import CommandFailed

_SCHEMAS = "#/components/schemas/"
_INFO = (
    "One websocket per viewer of an OCOP market session. The text that explains connecting, resuming and gaps is docs/protocol.md; "
    "this document is generated from the same models."
)


def asyncapi_document(error_types: Sequence[type[AppError]]) -> dict[str, Any]:
    """The whole document as plain JSON values, in a fixed order."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "ocop-live sockets", "version": str(PROTOCOL_VERSION), "description": _INFO},
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "localhost:8000", "protocol": "ws", "description": "What `make run` starts."}},
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": {name: operation for channel in CHANNELS for name, operation in _operations(channel).items()},
        "components": {
            "messages": {wire_type(model): _message(model) for model in (*COMMANDS, *SERVER_MESSAGES)},
            "schemas": {name: _for_asyncapi(schema) for name, schema in schemas(_SCHEMAS + "{model}").items()},
        },
        "x-error-codes": {
            kind.code: {"title": kind.title_en, "httpStatus": kind.http_status, "retryable": kind.retryable}
            for kind in contract_errors(error_types)
        },
        "x-close-codes": {str(int(code)): {"reason": reason, "comeBack": code.come_back} for code, reason in CLOSE_REASONS.items()},
    }


def _said_on(channel: Channel) -> list[type[Message]]:
    possible = {reply for command in channel.commands for reply in REPLIES[command]}
    return [model for model in SERVER_MESSAGES if model is CommandFailed or model in possible or model not in ANSWERS]


def _channel(channel: Channel) -> dict[str, Any]:
    names = [wire_type(model) for model in (*channel.commands, *_said_on(channel))]
    return {
        "address": channel.address,
        "description": channel.description,
        "parameters": {"session_id": {"description": "id (UUID) of a live session"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"method": "GET"}},
    }


def _operations(channel: Channel) -> dict[str, Any]:
    """One `receive` per command, with its replies, and one `send` for what the server says by itself."""
    operations: dict[str, Any] = {f"{channel.name}.{wire_type(command)}": _receive(channel, command) for command in channel.commands}
    unasked = [model for model in _said_on(channel) if model not in ANSWERS]
    operations[f"{channel.name}.broadcast"] = {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": "What the server says unasked.",
        "messages": [_message_ref(channel, model) for model in unasked],
    }
    return operations


def _receive(channel: Channel, command: type[Command]) -> dict[str, Any]:
    replies: list[type[Message]] = [*REPLIES[command], CommandFailed]
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": summary_of(command),
        "messages": [_message_ref(channel, command)],
        "reply": {
            "channel": {"$ref": f"#/channels/{channel.name}"},
            "messages": [_message_ref(channel, model) for model in replies],
        },
    }


def _message_ref(channel: Channel, model: type[Message]) -> dict[str, str]:
    return {"$ref": f"#/channels/{channel.name}/messages/{wire_type(model)}"}


def _message(model: type[Message]) -> dict[str, Any]:
    examples = [example for example in (*COMMAND_EXAMPLES, *SERVER_EXAMPLES) if type(example) is model]
    return {
        "name": wire_type(model),
        "title": model.__name__,
        "summary": summary_of(model),
        "payload": {"$ref": _SCHEMAS + model.__name__},
        "examples": [{"payload": example.model_dump(mode="json")} for example in examples],
    }


def _for_asyncapi(value: Any) -> Schema | Any:  # noqa: ANN401 - walks any JSON value
    """Pydantic writes OpenAPI's `discriminator` object; AsyncAPI's schema wants the name of the field."""
    if isinstance(value, list):
        return [_for_asyncapi(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: part["propertyName"] if key == "discriminator" and isinstance(part, dict) and "propertyName" in part else _for_asyncapi(part)
        for key, part in value.items()
    }
