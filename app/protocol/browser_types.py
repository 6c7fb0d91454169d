"""TypeScript types of all messages, views and error codes, for the JSDoc comments of the browser's modules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from app.errors import AppError
from app.protocol.base import PROTOCOL_VERSION, Message
from app.protocol.close_codes import CloseCode
from app.protocol.contents import CHANNELS, COMMANDS, ROOM_EVENTS, SERVER_MESSAGES, Schema, contract_errors, schemas

_REF_PREFIX = "#/"
_PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_HEADER = '// Generated from app/protocol by `make gen`; edit the models there. Use: @typedef {import("./protocol.js").RoomTick} RoomTick'
_PROBLEM = """\
/** Body of every failed HTTP request (application/problem+json). */
export interface Problem {
  type: string;
  title: string;
  title_vi: string;
  status: number;
  detail: string;
  code: ErrorCode;
  retryable: boolean;
  retry_after_seconds?: number;
  details?: Readonly<Record<string, unknown>>;
}"""


def browser_types(error_types: Sequence[type[AppError]]) -> str:
    """The text of `protocol.d.ts`."""
    blocks = [
        _HEADER,
        f"export type ProtocolVersion = {PROTOCOL_VERSION};",
        _union(
            "ErrorCode",
            (json.dumps(kind.code) for kind in contract_errors(error_types)),
            comment="Stable codes of failures, over HTTP and socket.",
        ),
        _union(
            "CloseCode",
            (str(int(code)) for code in CloseCode),
            comment="4000 to 4499: come back after a random delay; 4500 to 4999: do not.",
        ),
        _PROBLEM,
        *(_interface(name, schema) for name, schema in schemas(_REF_PREFIX + "{model}").items()),
        *(_union(f"{channel.name.capitalize()}Command", _names(channel.commands), comment=channel.description) for channel in CHANNELS),
        _union("ClientCommand", _names(COMMANDS), comment="All that a client may say."),
        _union("RoomEvent", _names(ROOM_EVENTS), comment="What happens in a room, in one order for everybody."),
        _union("ServerMessage", _names(SERVER_MESSAGES), comment="All that the server says."),
    ]
    return "\n\n".join(blocks) + "\n"


def _names(models: Iterable[type[Message]]) -> Iterable[str]:
    return (model.__name__ for model in models)


def _union(name: str, members: Iterable[str], *, comment: str) -> str:
    lines = "\n".join(f"  | {member}" for member in members)
    return f"/** {comment} */\nexport type {name} =\n{lines};"


def _comment(text: str | None, indent: str) -> str:
    return f"{indent}/** {' '.join(text.split())} */\n" if text else ""


def _interface(name: str, schema: Schema) -> str:
    required = set(schema.get("required", ()))
    fields = "".join(_field(key, part, is_required=key in required or key == "type") for key, part in schema["properties"].items())
    return f"{_comment(schema.get('description'), '')}export interface {name} {{\n{fields}}}"


def _field(key: str, schema: Schema, *, is_required: bool) -> str:
    # A refusal's code is typed as the union, so that a misspelt one is found by tsc.
    kind = "ErrorCode" if key == "code" and schema.get("title") == "Code" and "description" not in schema else typescript(schema)
    return f"{_comment(description_of(schema), '  ')}  {key}{'' if is_required else '?'}: {kind};\n"


def description_of(schema: Schema) -> str | None:
    """The field's description, also when it sits on the part of a union that is not null."""
    own: str | None = schema.get("description")
    return own or next((part["description"] for part in schema.get("anyOf", ()) if "description" in part), None)


def typescript(schema: Schema) -> str:
    """A JSON Schema as a TypeScript type expression."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REF_PREFIX)
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " | ".join(dict.fromkeys(typescript(part) for part in choices))
    if schema.get("type") == "array":
        item = typescript(schema["items"])
        return f"readonly ({item})[]" if "|" in item else f"readonly {item}[]"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties", True)
        return f"Readonly<Record<string, {typescript(values) if isinstance(values, dict) else 'unknown'}>>"
    return _PRIMITIVES.get(schema.get("type", ""), "unknown")
