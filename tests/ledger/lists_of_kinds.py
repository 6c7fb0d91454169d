"""Finds lists of ledger kinds in our sources: two or more kinds side by side in one collection, condition, query or text file."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from app.ledger.kind_files import BROWSER, SALES, VERIFIER_IN_BROWSER
from app.settings import PROJECT_ROOT

SUFFIXES = {".py", ".js", ".ts", ".lua", ".sql", ".json", ".html"}
# The table, what is generated from it, and the verifier's generated lines.
ALLOWED = {Path("app/ledger/kinds.py"), SALES, BROWSER, VERIFIER_IN_BROWSER}
# The arithmetic of the verifier, once more; tests/web/test_verify_export.py compares it with the one in Python.
ALLOWED |= {Path("app/web/static/js/verify_figures.js")}
# Words of their own that sound like kinds: what carriers report, and what the desk does for many orders at once.
ALLOWED |= {Path("app/carriers") / name for name in ("events.py", "ready.py", "states.py")}
ALLOWED |= {Path("app/web/static/js") / name for name in ("carriers_columns.js", "carriers_types.d.ts", "desk_bulk.js")}
# Figures of a settlement (docs/settlement.md): more ways for goods to go than an order has, some of them called alike.
ALLOWED |= {Path("app/settlement") / name for name in ("standing.py", "papers.py", "paper_words.py", "sheets.py")}
ALLOWED |= {Path("app/exports/settlement_tables.py")}
ALLOWED |= {Path("app/web/static/js") / name for name in ("settlement_lines.js", "settlement_producer.js")}
_OTHER_WORDS = {"carriers.state", "desk.bulk_do", "desk.reason_not", "settlement.figure", "error.settlement"}
_GENERATED = re.compile(r"^# The next three lines are written by `make gen`.*\n.*\n.*\n.*\n", re.MULTILINE)
_SQL_KIND = re.compile(r"'(\w+)'")
# What stands between two brackets, in a condition, or in a union of the browser's code.
_SPAN = re.compile(r"[^;]+", re.DOTALL)
_NEIGHBOURS = re.compile(r"""["'](\w+)["'](?=\s*(?:,|\||\]|\}|\)|$))|^\s*(\w+):\s*[\[{]|===\s*["'](\w+)["']""", re.MULTILINE)


def our_sources() -> Iterator[Path]:
    """Everything that the service and the browser run."""
    for path in sorted((PROJECT_ROOT / "app").rglob("*")):
        below = path.relative_to(PROJECT_ROOT)
        if path.suffix in SUFFIXES and below not in ALLOWED and not {"node_modules", "vendor", "__pycache__"}.intersection(below.parts):
            yield path


def lists_of_kinds(source: Path, kinds: frozenset[str]) -> list[str]:
    """Where a source lists kinds, in words."""
    text = _GENERATED.sub("", source.read_text(encoding="utf-8"))
    match source.suffix:
        case ".py":
            found = [sorted(names) for names in _in_python(ast.parse(text), kinds)]
        case ".json":
            found = [sorted(names) for names in _in_keys(text, kinds)]
        case _:
            found = [sorted(names) for span in _SPAN.findall(text) if len(names := _side_by_side(span, kinds)) > 1]
    return [f"{source.name}: {', '.join(names)}" for names in found]


def _in_python(tree: ast.AST, kinds: frozenset[str]) -> Iterator[set[str]]:
    for node in ast.walk(tree):
        texts = _texts_in(node)
        if len(named := {text for text in texts if text in kinds}) > 1:
            yield named
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(named := set(_SQL_KIND.findall(node.value)) & kinds) > 1:
            yield named
        yield from _figures_among(texts, kinds)


def _texts_in(node: ast.AST) -> list[str]:
    """The texts that stand side by side in one node; an annotated field counts by its name."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            pass
        case ast.Dict(keys=keys):
            parts = [key for key in keys if key is not None]
        case ast.MatchOr(patterns=patterns):
            parts = [pattern.value for pattern in patterns if isinstance(pattern, ast.MatchValue)]
        case ast.BoolOp(values=values):
            parts = [part for value in values if isinstance(value, ast.Compare) for part in value.comparators]
        case ast.ClassDef(body=body):
            return [line.target.id for line in body if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)]
        case _:
            parts = []
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def _figures_among(texts: list[str], kinds: frozenset[str]) -> Iterator[set[str]]:
    """Figures of one sort for most of the kinds; fewer are somebody's choice of columns."""
    of_one_sort: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        sort, _, kind = text.removesuffix("_vnd").partition("_")
        if kind in kinds and sort in {"orders", "revenue"}:
            of_one_sort[sort].add(kind)
    yield from (named for named in of_one_sort.values() if 2 * len(named) > len(kinds))


def _in_keys(text: str, kinds: frozenset[str]) -> Iterator[set[str]]:
    by_prefix: dict[str, set[str]] = defaultdict(set)
    content = json.loads(text)
    for key in content if isinstance(content, dict) else ():
        for kind in kinds:
            if key.endswith(f"_{kind}") and key.removesuffix(f"_{kind}") not in _OTHER_WORDS:
                by_prefix[key.removesuffix(f"_{kind}")].add(kind)
    yield from (named for named in by_prefix.values() if len(named) > 1)


def _side_by_side(span: str, kinds: frozenset[str]) -> set[str]:
    return {name for groups in _NEIGHBOURS.findall(span) for name in groups if name in kinds}
