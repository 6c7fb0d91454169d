"""The protocol's documents say what the models say, and the examples in them are real messages."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from app.errors import AppError, all_error_types
from app.protocol.base import Message
from app.protocol.client_commands import client_command
from app.protocol.close_codes import CLOSE_REASONS, CloseCode
from app.protocol.contents import COMMANDS, REPLIES, ROOM_EVENTS, SERVER_MESSAGES, contract_errors, wire_type
from app.protocol.documents import INTRODUCTION, render_documents, write_documents
from app.protocol.examples import COMMAND_EXAMPLES, EVENT_EXAMPLES, SERVER_EXAMPLES
from app.protocol.server_events import room_event, server_message
from app.settings import PROJECT_ROOT, Settings

GENERATED = ("docs/protocol.md", "docs/asyncapi.json", "app/web/static/js/protocol.d.ts")


@pytest.fixture(scope="module")
def error_types() -> list[type[AppError]]:
    """The errors of every package, as `ocop gen` sees them."""
    importlib.import_module("app.cli")
    return all_error_types()


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((PROJECT_ROOT / "docs/asyncapi.json").read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize("path", GENERATED)
def test_a_generated_file_is_exactly_what_make_gen_writes(path: str, error_types: list[type[AppError]]) -> None:
    rendered = render_documents(PROJECT_ROOT, error_types)

    assert (PROJECT_ROOT / path).read_text(encoding="utf-8") == rendered[Path(path)], f"{path} is stale, run `make gen`"


def test_writing_again_changes_nothing(tmp_path: Path, error_types: list[type[AppError]]) -> None:
    (tmp_path / INTRODUCTION).parent.mkdir()
    (tmp_path / INTRODUCTION).write_text("# Introduction\n", encoding="utf-8")

    first, second = write_documents(tmp_path, error_types), write_documents(tmp_path, error_types)

    assert {str(path) for path in first} == set(GENERATED)
    assert second == []


def test_the_introduction_is_part_of_the_document_word_for_word() -> None:
    introduction = (PROJECT_ROOT / INTRODUCTION).read_text(encoding="utf-8").rstrip()

    assert introduction in (PROJECT_ROOT / "docs/protocol.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", [*COMMAND_EXAMPLES, *SERVER_EXAMPLES, *EVENT_EXAMPLES], ids=lambda example: type(example).__name__)
def test_the_asyncapi_schema_accepts_a_real_message_and_refuses_a_foreign_field(example: Message, asyncapi: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{type(example).__name__}", "components": asyncapi["components"]}
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    message = json.loads(example.model_dump_json())

    validator.validate(message)

    assert not validator.is_valid(message | {"a_field_nobody_knows": 1})


def test_every_example_is_understood_by_the_protocol_itself() -> None:
    for adapter, examples in ((client_command, COMMAND_EXAMPLES), (server_message, SERVER_EXAMPLES), (room_event, EVENT_EXAMPLES)):
        for example in examples:
            assert adapter.validate_json(example.model_dump_json()) == example


def test_every_message_has_an_example_a_description_and_an_entry() -> None:
    models = [*COMMANDS, *SERVER_MESSAGES, *ROOM_EVENTS]
    examples = {type(example) for example in (*COMMAND_EXAMPLES, *SERVER_EXAMPLES, *EVENT_EXAMPLES)}
    text = (PROJECT_ROOT / "docs/protocol.md").read_text(encoding="utf-8")

    assert set(models) == examples
    assert [model.__name__ for model in models if not model.__doc__] == []
    assert [wire_type(model) for model in models if f"`{wire_type(model)}`" not in text] == []


def test_every_command_has_an_answer_and_every_answer_is_a_server_message() -> None:
    assert set(REPLIES) == set(COMMANDS)
    assert all(reply in SERVER_MESSAGES for replies in REPLIES.values() for reply in replies)


def test_every_reference_inside_the_asyncapi_document_leads_somewhere(asyncapi: dict[str, Any]) -> None:
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(asyncapi)):
        place: Any = asyncapi
        for part in reference.split("/"):
            place = place[part]


def test_every_error_code_is_in_every_document(error_types: list[type[AppError]]) -> None:
    texts = {path: (PROJECT_ROOT / path).read_text(encoding="utf-8") for path in GENERATED}
    codes = [kind.code for kind in contract_errors(error_types)]

    assert {"internal", "malformed", "rate_limited"} <= set(codes)
    assert [code for code in codes if f"| `{code}` |" not in texts["docs/protocol.md"]] == []
    assert [code for code in codes if f'"{code}"' not in texts["docs/asyncapi.json"]] == []
    assert [code for code in codes if f'| "{code}"\n' not in texts[GENERATED[2]].replace(";", "")] == []


def test_unrelated_errors_never_share_a_code(error_types: list[type[AppError]]) -> None:
    pending, codes = [AppError], dict[str, type[AppError]]()
    while pending:
        kind = pending.pop()
        pending.extend(kind.__subclasses__())
        if kind.__module__.startswith("app."):
            # A special case of an error may keep its code: clients treat both alike.
            assert issubclass(kind, codes.setdefault(kind.code, kind)), f"{kind.__qualname__} takes the code of another error"

    assert set(codes) == {kind.code for kind in contract_errors(error_types)}


def test_every_close_code_has_a_reason_in_the_document() -> None:
    text = (PROJECT_ROOT / "docs/protocol.md").read_text(encoding="utf-8")

    assert set(CLOSE_REASONS) == set(CloseCode)
    assert all(f"| `{int(code)}` | {code.name} |" in text for code in CloseCode)


def test_the_limits_in_the_introduction_are_the_settings_defaults() -> None:
    introduction = (PROJECT_ROOT / INTRODUCTION).read_text(encoding="utf-8")
    rows = [line for line in introduction.splitlines() if "`OCOP_REALTIME__" in line]
    realtime = Settings.model_fields["realtime"].default

    assert len(rows) >= 6
    for row in rows:
        _, _, value, names, *_ = row.split("|")
        for name in re.findall(r"`OCOP_REALTIME__(\w+)`", names):
            assert str(getattr(realtime, name.lower())) in re.findall(r"[\d.]+", value), row
