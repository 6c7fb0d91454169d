"""The browser's modules and what they import. Addresses are those below /static; nothing here changes a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.web.vendoring import load_import_map

STATIC_DIR = Path(__file__).resolve().parent / "static"
SCRIPTS_DIR = STATIC_DIR / "js"
SCRIPTS_URL = "/static/js/"

# A library of many times a page's own size, or one that few pages need, travels by itself.
TRAVELS_ALONE = frozenset({"uplot", "hls.js"})

_IMPORT = re.compile(r"^(?:import|export)\b[^;(]*?\bfrom\s*\"([^\"]+)\"|^import\s*\"([^\"]+)\"", re.MULTILINE)
_VENDORED_IMPORT = re.compile(r"\bfrom\s*\"([\w@./-]+)\"")
_DOCUMENTATION = re.compile(r"/\*\*.*?\*/[ \t]*", re.DOTALL)
_COMMENT_LINE = re.compile(r"^[ \t]*//.*\n?", re.MULTILINE)
_IMPORT_ON_DEMAND = re.compile(r"\bimport\(\"\./(\w+\.js)\"\)")


@dataclass(frozen=True, slots=True)
class Module:
    """A module by the name that others import it by: `page.js` for ours, `htm/preact` for a library's."""

    name: str
    address: str

    @property
    def is_ours(self) -> bool:
        return self.address.startswith(SCRIPTS_URL)

    @property
    def code(self) -> str:
        """What the file does: without comments, which name modules too (`import("./state.js").RoomState` is a type there)."""
        return _code(self.address)


def module_named(name: str) -> Module:
    """`name` as in an import. Raises `KeyError` for a bare name outside the import map."""
    if name.endswith(".js") and name not in TRAVELS_ALONE:
        return Module(name.removeprefix("./"), SCRIPTS_URL + name.removeprefix("./"))
    return Module(name, load_import_map()["imports"][name])


@cache
def imported_by(module: Module) -> tuple[Module, ...]:
    """What a module needs before it runs, in its own order."""
    if module.is_ours:
        names: Iterable[str] = (one or other for one, other in _IMPORT.findall(module.code))
    else:
        names = _VENDORED_IMPORT.findall(module.code) if module.address.endswith(".mjs") and module.name not in TRAVELS_ALONE else ()
    return tuple(module_named(name) for name in dict.fromkeys(names))


@cache
def _code(address: str) -> str:
    source = (STATIC_DIR / address.removeprefix("/static/")).read_text(encoding="utf-8")
    return _COMMENT_LINE.sub("", _DOCUMENTATION.sub("", source) if address.startswith(SCRIPTS_URL) else source)


def modules_of(*entries: str) -> tuple[Module, ...]:
    """Every module that these files of static/js need, each after what it needs itself.

    Raises `FileNotFoundError` when one is missing, `KeyError` for a bare name outside the import map, `RecursionError` when two need each
    other: a pack runs its modules one after the other.
    """
    found: dict[Module, None] = {}

    def visit(module: Module, above: tuple[Module, ...]) -> None:
        if module in above:
            raise RecursionError(" → ".join(each.name for each in (*above, module)))
        if module not in found:
            for each in imported_by(module):
                visit(each, (*above, module))
            found[module] = None

    for entry in entries:
        visit(module_named(entry), ())
    return tuple(found)


def parts_of(entry: str) -> tuple[str, ...]:
    """Files of static/js that a page fetches only on demand, those of its parts included."""
    found: dict[str, None] = {}
    pending = [entry]
    while pending:
        for module in modules_of(pending.pop()):
            named = _IMPORT_ON_DEMAND.findall(module.code) if module.is_ours else []
            pending += [name for name in named if name not in found]
            found |= dict.fromkeys(named)
    return tuple(sorted(found))
