"""Rules about the files themselves that no linter of ours knows."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import AppError, all_error_types
from app.live.commands import live_handlers
from app.main import ROUTERS
from app.orders.commands import order_handlers
from app.protocol.contents import COMMANDS
from app.settings import PROJECT_ROOT

APP = PROJECT_ROOT / "app"
LONGEST_FILE = 400
NOT_OURS = {".venv", ".data", ".git", "build", "node_modules", "vendor", "__pycache__"}
TEXT_SUFFIXES = {
    "", ".py", ".js", ".mjs", ".ts", ".lua", ".c", ".h", ".md", ".toml", ".yaml", ".yml", ".json", ".html", ".css", ".svg", ".lock", ".mako",
    ".txt", ".conf", ".sh", ".npmrc",
}  # fmt: skip


def files_below(folder: Path, *suffixes: str) -> list[Path]:
    """Our own files, without what was built or copied in."""
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(PROJECT_ROOT).parts
        is_hidden_cache = any(part.endswith(("_cache", ".egg-info")) or part == ".hypothesis" for part in parts)
        if path.is_file() and not NOT_OURS.intersection(parts) and not is_hidden_cache and (not suffixes or path.suffix in suffixes):
            found.append(path)
    return found


def short(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT))


# --- what a client can ask ---


def test_every_command_of_the_protocol_has_exactly_one_handler() -> None:
    live = live_handlers(rooms=None, comments=None, outside=None)  # type: ignore[arg-type]  # only the table is read
    orders = order_handlers(None, None)  # type: ignore[arg-type]  # the same

    assert live.keys() | orders.keys() == set(COMMANDS)
    assert live.keys() & orders.keys() == set()


def test_every_routes_module_is_mounted() -> None:
    modules = [short(path)[:-3].replace("/", ".") for path in files_below(APP, ".py") if path.stem.endswith("routes")]
    mounted = {id(router) for router in ROUTERS}

    assert len(modules) >= 6
    assert [name for name in modules if id(importlib.import_module(name).router) not in mounted] == []


# --- Redis ---


def test_redis_keys_are_built_in_one_place_only() -> None:
    built = [
        f"{short(path)}: {ast.unparse(node)}"
        for path in files_below(APP, ".py")
        if path.name != "redis_keys.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _looks_like_a_key(node)
    ]

    assert built == []


def _looks_like_a_key(node: ast.AST) -> bool:
    """A text made of a prefix and a colon, with an f-string or with `+`."""
    match node:
        case ast.JoinedStr(values=[ast.FormattedValue(value=first), ast.Constant(value=str(second)), *_]):
            return second.startswith(":") and "prefix" in ast.unparse(first)
        case ast.BinOp(op=ast.Add(), left=left, right=ast.Constant(value=str(right))):
            return right.startswith(":") and "prefix" in ast.unparse(left)
        case _:
            return False


@pytest.mark.parametrize("source", ['f"{prefix}:x"', 'f"{self._prefix}:session:{session_id}"', 'settings.redis_prefix + ":lock"'])
def test_the_search_for_keys_finds_them(source: str) -> None:
    assert any(_looks_like_a_key(node) for node in ast.walk(ast.parse(source)))


def test_every_script_says_first_what_its_keys_and_arguments_are() -> None:
    scripts = files_below(APP, ".lua")
    heads = {short(path): _head_of(path) for path in scripts}
    texts = {short(path): path.read_text(encoding="utf-8") for path in scripts}

    assert len(scripts) >= 8
    assert [name for name, head in heads.items() if "KEYS" not in head] == []
    assert [name for name, head in heads.items() if "ARGV" in texts[name] and "ARGV" not in head] == []


def _head_of(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[: next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))])


def test_scripts_never_make_up_a_key() -> None:
    made_up = re.compile(r"redis\.p?call\(\s*'(?!INFO)\w+'\s*,(?!\s*(?:KEYS\[|unpack\(KEYS|key\.\w+\s*[,)]|\w+\s*[,)]))[^\n]*")
    found = {short(path): made_up.findall(path.read_text(encoding="utf-8")) for path in files_below(APP, ".lua")}

    assert {name: calls for name, calls in found.items() if calls} == {}
    assert made_up.search("redis.call('GET', 'ocop:' .. ARGV[1])")


# --- words ---


@pytest.fixture(scope="module")
def error_types() -> list[type[AppError]]:
    importlib.import_module("app.cli")
    return [kind for kind in all_error_types() if kind.__module__.startswith("app.")]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_error_code_has_a_sentence_and_an_advice_for_people(language: str, error_types: list[type[AppError]]) -> None:
    texts = json.loads((APP / "web" / "languages" / f"{language}.json").read_text(encoding="utf-8"))
    wanted = [key for kind in error_types for key in (f"error.{kind.code}", f"error.{kind.code}.next")]

    assert [key for key in wanted if not texts.get(key)] == []


# --- size and cleanliness ---


def test_no_file_of_the_application_is_longer_than_one_can_read_at_once() -> None:
    lengths = {short(path): path.read_text(encoding="utf-8").count("\n") for path in files_below(APP, ".py", ".js", ".lua")}

    assert len(lengths) > 100
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_python_module_says_in_its_first_line_what_it_is_for() -> None:
    silent = [short(path) for path in files_below(APP, ".py") if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]

    assert silent == []


# Put together so that this file does not match itself.
REGISTRY = re.compile(
    "|".join(
        [
            "py" + r"pi\.org",
            "python" + r"hosted\.org",
            "registry" + r"\.npmjs",
            "npm" + r"js\.com",
            "--index" + "-url",
            "--extra-index" + "-url",
        ]
    )
)
MACHINE_PATH = re.compile(
    "|".join([r"(?<![\w.])/" + "work/", r"(?<![\w.])/" + "root/", "/tmp/" + "bash_jobs", r"(?<![\w.])/" + r"home/\w+/"])
)


@pytest.mark.parametrize("pattern", [REGISTRY, MACHINE_PATH], ids=["address of a package registry", "path of somebody's machine"])
def test_no_file_names_a(pattern: re.Pattern[str]) -> None:
    assert list(_lines_with(pattern)) == []


def _lines_with(pattern: re.Pattern[str]) -> Iterator[str]:
    for path in files_below(PROJECT_ROOT):
        if path.suffix in TEXT_SUFFIXES and "\0" not in (text := path.read_text(encoding="utf-8", errors="replace")):
            yield from (f"{short(path)}:{number}" for number, line in enumerate(text.splitlines(), 1) if pattern.search(line))
