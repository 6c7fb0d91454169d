"""The generated half of docs/protocol.md: tables of every message, its parts, error codes and close codes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from app.errors import AppError
from app.protocol.base import Message
from app.protocol.browser_types import description_of, typescript
from app.protocol.client_commands import Command
from app.protocol.close_codes import CLOSE_REASONS
from app.protocol.contents import (
    ANSWERS,
    COMMANDS,
    REPLIES,
    ROOM_EVENTS,
    SERVER_MESSAGES,
    Schema,
    channels_of,
    contract_errors,
    schemas,
    summary_of,
    wire_type,
)
from app.protocol.examples import COMMAND_EXAMPLES, EVENT_EXAMPLES, SERVER_EXAMPLES

_UNITS = (
    ("_at_ms", "UTC ms since 1970"),
    ("_time_ms", "UTC ms since 1970"),
    ("at_ms", "UTC ms since 1970"),
    ("until_ms", "UTC ms since 1970"),
    ("_after_ms", "ms"),
    ("_vnd", "₫, whole"),
    ("_seconds", "s"),
    ("_grams", "g"),
    ("quantity", "units"),
    ("remaining", "units"),
    ("_limit", "units"),
)
_RANGES = (
    ("minLength", "maxLength", " characters"),
    ("minimum", "maximum", ""),
    ("minItems", "maxItems", " items"),
)
_LARGEST_SAFE_INTEGER = 2**53


def reference(error_types: Sequence[type[AppError]]) -> str:
    """Everything after the introduction, as Markdown."""
    by_name = schemas("#/{model}")
    messages = {model.__name__ for model in (*COMMANDS, *SERVER_MESSAGES, *ROOM_EVENTS)}
    sections = [
        _overview(),
        "## Commands\n\nSaid by clients.",
        *(_section(model, by_name) for model in COMMANDS),
        "## Answers and frames\n\nSaid by the server.",
        *(_section(model, by_name) for model in SERVER_MESSAGES),
        "## Room events\n\nInside `room.tick` and `room.resumed`, each in an envelope `LoggedEvent`.",
        *(_section(model, by_name) for model in ROOM_EVENTS),
        "## Parts\n\nObjects inside the messages; the HTTP API uses the same.",
        *(_part(name, schema) for name, schema in by_name.items() if name not in messages),
        _error_codes(error_types),
        _close_codes(),
    ]
    return "\n\n".join(sections) + "\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([_row(*head), _row(*("---" for _ in head)), *(_row(*row) for row in rows)])


def _overview() -> str:
    rows = [
        (f"[`{wire_type(model)}`](#{model.__name__.lower()})", _said_by(model), ", ".join(_answers_of(model)), summary_of(model))
        for model in (*COMMANDS, *SERVER_MESSAGES, *ROOM_EVENTS)
    ]
    return "## All messages\n\n" + _table(("type", "said by", "answered by", "meaning"), rows)


def _said_by(model: type[Message]) -> str:
    if issubclass(model, Command):
        return "client: " + ", ".join(channel.name for channel in channels_of(model))
    if model in ROOM_EVENTS:
        return "server, in a frame"
    return "server, as an answer" if model in ANSWERS else "server"


def _answers_of(model: type[Message]) -> list[str]:
    replies = next((replies for command, replies in REPLIES.items() if command is model), ())
    return [f"`{wire_type(reply)}`" for reply in replies]


def _section(model: type[Message], by_name: dict[str, Schema]) -> str:
    """One message: what it is for, its fields, and a real one."""
    answers = _answers_of(model)
    said_by = f"Said by: {_said_by(model)}."
    if answers:
        said_by += f" Answered by {' or '.join(answers)}; by `command.failed` when it is refused."
    parts = [
        f"### {model.__name__}",
        f"`{wire_type(model)}`: {summary_of(model)}\n{said_by}",
        _fields(by_name[model.__name__]),
        _example(model),
    ]
    return "\n\n".join(parts)


def _part(name: str, schema: Schema) -> str:
    return "\n\n".join(part for part in (f"### {name}", " ".join(schema.get("description", "").split()), _fields(schema)) if part)


def _fields(schema: Schema) -> str:
    required = set(schema.get("required", ())) | {"type"}
    rows = [
        (f"`{key}`", _kind(field), "yes" if key in required else "no", _unit(key), _explanation(key, field))
        for key, field in schema["properties"].items()
    ]
    return _table(("field", "type", "required", "unit", "meaning and limits"), rows)


def _kind(field: Schema) -> str:
    """The type in words of JSON, e.g. `string (uuid)` or `integer | null`."""
    text = typescript(field).replace("readonly ", "").replace("Readonly<Record<string, ", "{id: ").replace(">>", "}")
    formats = {part.get("format") for part in (field, *field.get("anyOf", ()))}
    if "uuid" in formats:
        text = text.replace("string", "string (uuid)")
    kinds = {part.get("type") for part in (field, *field.get("anyOf", ()))}
    return f"`{text.replace('number', 'integer') if 'integer' in kinds else text}`"


def _unit(key: str) -> str:
    return next((unit for suffix, unit in _UNITS if key.endswith(suffix)), "")


def _explanation(key: str, field: Schema) -> str:
    parts = [part for part in (field, *field.get("anyOf", ())) if part.get("type") != "null"]
    limits = [limit for part in parts for limit in _limits(part)]
    default = field.get("default")
    if default not in (None, [], {}, "") and "const" not in field:
        limits.append(f"default `{json.dumps(default)}`")
    # What the unit column says already is not said twice.
    meaning = "" if key.endswith(("_ms", "_vnd")) and _unit(key) else description_of(field) or ""
    return "; ".join(text for text in (meaning, *limits) if text)


def _limits(part: Schema) -> list[str]:
    found = []
    for lowest_name, highest_name, of_what in _RANGES:
        lowest, highest = part.get(lowest_name), part.get(highest_name)
        if lowest is not None and highest not in (None, _LARGEST_SAFE_INTEGER):
            found.append(f"{lowest} to {highest}{of_what}")
        elif highest not in (None, _LARGEST_SAFE_INTEGER):
            found.append(f"at most {highest}{of_what}")
        elif lowest is not None:
            found.append(f"at least {lowest}{of_what}")
    if "pattern" in part:
        found.append(f"matches `{part['pattern']}`")
    return found


def _example(model: type[Message]) -> str:
    examples = (*COMMAND_EXAMPLES, *SERVER_EXAMPLES, *EVENT_EXAMPLES)
    example = next(candidate for candidate in examples if type(candidate) is model)
    text = json.dumps(example.model_dump(mode="json"), ensure_ascii=False, indent=2)
    return f"<details><summary>Example</summary>\n\n```json\n{text}\n```\n\n</details>"


def _error_codes(error_types: Sequence[type[AppError]]) -> str:
    rows = [
        (f"`{kind.code}`", str(kind.http_status), "yes" if kind.retryable else "no", kind.title_en, kind.title_vi)
        for kind in contract_errors(error_types)
    ]
    introduction = "The `code` of `command.failed` and of an HTTP problem. A code is never renamed; a client that meets an unknown one shows the title."
    return f"## Error codes\n\n{introduction}\n\n" + _table(("code", "HTTP status", "retryable", "title", "title in Vietnamese"), rows)


def _close_codes() -> str:
    rows = [
        (f"`{int(code)}`", code.name, "yes, after a random delay" if code.come_back else "no", reason)
        for code, reason in CLOSE_REASONS.items()
    ]
    return "## Close codes\n\n" + _table(("code", "name", "come back?", "reason"), rows)
