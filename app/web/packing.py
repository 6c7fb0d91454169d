"""Puts modules and style sheets into few files for the way to the browser: each request of a poor network costs as much as 20 KB.

A module becomes a function that runs once and leaves what it exports in the page's table `$`; its lines stay as they are in the tree, without
their comments. Static imports read the table, `import("./x.js")` fetches the pack of that part. What the packer does not understand it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from app.web.modules import TRAVELS_ALONE, Module

LIBRARIES = "pack/libraries"

_EMPTY_LINES = re.compile(r"\n[ \t]*(?=\n)")
_IMPORT = re.compile(r"(?P<default>\w+)?\s*,?\s*(?:\{(?P<names>[^}]*)\})?\s*(?:\bfrom\s*)?\"(?P<name>[^\"]+)\"\s*;")
_OUR_IMPORT = re.compile(rf"^import\s+{_IMPORT.pattern}", re.MULTILINE)
_OUR_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_THEIR_IMPORT = re.compile(rf"\bimport\s*{_IMPORT.pattern}")
_THEIR_PASSING_ON = re.compile(r"\bexport\s*\{([^}]*)\}\s*from\s*\"([^\"]+)\"\s*;?")
_THEIR_EXPORT = re.compile(r"\bexport\s*\{([^}]*)\}\s*;?")
_THEIR_DEFAULT = re.compile(r"\bexport default (?=function)")
_ON_DEMAND = re.compile(r"\bimport\(\"\./(\w+\.js)\"\)")
_LEFT_OVER = re.compile(r"^(?:import\b(?!\()|export\b)|\bimport\.meta\b|^await\b", re.MULTILINE)
_STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_STYLE_SPACE = re.compile(r"\s*\n\s*")
_STYLE_URL = re.compile(r"url\(\"\.\./([^\"]+)\"\)")


class NotPackable(RuntimeError):
    """A file uses something that the packer does not know. Found when a worker starts: no client ever sees it, so no code."""


def pack_modules(modules: Sequence[Module], *, owns_table: bool) -> str:
    """One module that runs `modules` in this order, each once for the page. Libraries that travel alone are imported under their names."""
    alone = [module.name for module in modules if module.name in TRAVELS_ALONE]
    head = ["export const $ = {};" if owns_table else f'import {{ $ }} from "{LIBRARIES}";']
    head += [f'import * as alone{number} from "{name}";\n$["{name}"] = alone{number};' for number, name in enumerate(alone)]
    return "\n".join([*head, *(_packed(module) for module in modules if module.name not in alone)]) + "\n"


def pack_styles(sheets: Iterable[str], address_of: Callable[[str], str]) -> str:
    """One style sheet; `address_of` gives the published address of a file below static that a sheet refers to as `../file`.

    Raises `NotPackable` for a sheet that is not closed: by itself it would work, in a pack it would swallow what follows.
    """
    sheets = list(sheets)
    for sheet in sheets:
        if sheet.count("{") != sheet.count("}"):
            raise NotPackable(f"a style sheet with unequal braces: {sheet[:80]}")
    plain = "\n".join(_STYLE_SPACE.sub("\n", _STYLE_COMMENT.sub("", sheet)).strip() for sheet in sheets)
    return _STYLE_URL.sub(lambda match: f'url("{address_of(match[1])}")', plain) + "\n"


def _packed(module: Module) -> str:
    body, exports = _ours(module.code) if module.is_ours else _theirs(module.code)
    if _LEFT_OVER.search(body) is not None:
        raise NotPackable(f"{module.address}: {_LEFT_OVER.search(body)}")
    returned = ", ".join(f"{name}: {value}" if name != value else name for name, value in exports)
    return f'$["{module.name}"] ??= (() => {{\n{body.strip()}\nreturn {{ {returned} }};\n}})();'


def _ours(code: str) -> tuple[str, list[tuple[str, str]]]:
    body = _EMPTY_LINES.sub("", code)
    body = _OUR_IMPORT.sub(_taken, body)
    names = _OUR_EXPORT.findall(body)
    body = _ON_DEMAND.sub(r'import("pack/\1").then(() => $["\1"])', _OUR_EXPORT.sub("", body))
    return body, [(name, name) for name in names]


def _theirs(code: str) -> tuple[str, list[tuple[str, str]]]:
    body = _THEIR_IMPORT.sub(_taken, code)
    exports: list[tuple[str, str]] = []
    for names, origin in _THEIR_PASSING_ON.findall(body):
        exports += [(seen, f'$["{origin}"].{own}') for own, seen in _pairs(names)]
    body = _THEIR_PASSING_ON.sub("", body)
    for names in _THEIR_EXPORT.findall(body):
        exports += [(seen, own) for own, seen in _pairs(names)]
    body, defaults = _THEIR_DEFAULT.subn("const $default = ", _THEIR_EXPORT.sub("", body))
    return body, exports + [("default", "$default")] * defaults


def _taken(match: re.Match[str]) -> str:
    """What stands for an import: the same names, read from the table."""
    names = [f"{own}: {seen}" if own != seen else own for own, seen in _pairs(match["names"] or "")]
    if match["default"]:
        names.append(f"default: {match['default']}")
    name = match["name"].removeprefix("./")
    return f'const {{ {", ".join(names)} }} = $["{name}"];' if names else ""


def _pairs(names: str) -> list[tuple[str, str]]:
    """`a as b, c` as [("a", "b"), ("c", "c")]."""
    parts = [part.split() for part in names.split(",") if part.strip()]
    return [(part[0], part[-1]) for part in parts]
