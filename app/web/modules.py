"""Which modules a page's script needs, found by following its imports; pages tell the browser to fetch them all at once."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from app.web.vendoring import load_import_map

SCRIPTS_DIR = Path(__file__).resolve().parent / "static" / "js"
SCRIPTS_URL = "/static/js/"

# Static imports only: what is imported on demand (the video library) must not be fetched by everybody.
_IMPORT = re.compile(r"^(?:import|export)\b[^;]*?\bfrom\s*\"([^\"]+)\"|^import\s*\"([^\"]+)\"", re.MULTILINE)
_VENDORED_IMPORT = re.compile(r"\bfrom\s*\"([\w@./-]+)\"")


@cache
def modules_of(entry: str) -> tuple[str, ...]:
    """Addresses of `entry` (a file in static/js) and of every module it needs, entry first.

    Raises `FileNotFoundError` when one of them is missing, `KeyError` for a bare name outside the import map.
    """
    known = load_import_map()["imports"]
    found: list[str] = []
    pending = [SCRIPTS_URL + entry]
    while pending:
        address = pending.pop(0)
        if address in found:
            continue
        found.append(address)
        pending += [_resolved(name, known) for name in _imports_in(address)]
    return tuple(found)


def _imports_in(address: str) -> list[str]:
    path = SCRIPTS_DIR.parent / address.removeprefix("/static/")
    source = path.read_text(encoding="utf-8")
    if not address.startswith(SCRIPTS_URL):
        # Vendored files are one long line.
        return list(dict.fromkeys(_VENDORED_IMPORT.findall(source))) if path.suffix == ".mjs" else []
    return [one or other for one, other in _IMPORT.findall(source)]


def _resolved(name: str, known: dict[str, str]) -> str:
    return SCRIPTS_URL + name.removeprefix("./") if name.startswith("./") else known[name]
