"""The files that follow from the table of kinds where code cannot import it: below the ledger, in the browser, in the verifier.

Called by `ocop gen`; `tests/ledger/test_kinds.py` finds what is stale.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.ledger.kinds import Kind, figure_names

SALES = Path("app/metrics/sales.py")
BROWSER = Path("app/web/static/js/ledger_kinds.js")
VERIFIER = Path("app/reports/verify.py")
VERIFIER_IN_BROWSER = Path("app/web/static/js/verify_kinds.js")

_IN_VERIFIER = re.compile(
    r"(?<=# The next three lines are written by `make gen` from app/ledger/kinds\.py\.\n)(?:UNITS_TAKEN .*\nRUNGS .*\nAGAIN .*\n)?"
)
_EXAMPLES = {"orders": "42", "units": "57", "revenue_vnd": "6_840_000"}
_SALES_HEAD = '''"""Sums over ledger entries by kind of entry, and what they mean. Written by `make gen` from app/ledger/kinds.py; edit the table there."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, slots=True)
class CountedKind:
    """A kind of entry as it is counted: the names of its figures, and words for their labels and definitions."""

    name: str
    orders: str
    units: str
    revenue_vnd: str
    shipping_vnd: str
    average_vnd: str | None
    label_vi: str
    label_en: str
    definition_vi: str
    definition_en: str


'''
_BROWSER_TYPES = """\
/**
 * @typedef {object} KindRule
 * @property {"buyer" | "staff" | "payment" | "clock" | "content"} by who takes the step; content = staff, who say what it is about
 * @property {number} rank the furthest kind of an order is its state
 * @property {readonly Kind[]} needs all of these before
 * @property {readonly Kind[]} needsAny one of these before, if any is named
 * @property {readonly Kind[]} neverAfter none of these before
 * @property {boolean} again it may come several times, for other parts of the order
 * @property {boolean} ends the order is over and its units are back
 * @property {boolean} isLoss
 * @property {boolean} goesOn the desk offers it as how the order goes on
 */
"""


def render_kinds(root: Path, table: Iterable[tuple[str, Kind]]) -> dict[Path, str]:
    """The text of every file that follows from a table of kinds, by its path below `root`."""
    kinds = dict(table)
    verifier = _verifier((root / VERIFIER).read_text(encoding="utf-8"), kinds)
    return {SALES: _sales(kinds), BROWSER: _browser(kinds), VERIFIER: verifier, VERIFIER_IN_BROWSER: _verifier_in_browser(kinds)}


def _sales(kinds: Mapping[str, Kind]) -> str:
    rows = [_counted(name, kind) for name, kind in kinds.items()]
    figures = [line for name, kind in kinds.items() for line in _figures(name, kind)]
    averages = [f"    {figure_names(name).average_vnd}: int | None = None" for name, kind in kinds.items() if kind.rung is not None]
    return "\n".join(
        [
            f"{_SALES_HEAD}COUNTED_KINDS = (",
            *rows,
            ")",
            "",
            "",
            "class Sales(BaseModel):",
            '    """Sums over ledger entries, by kind of entry. An entry never edits an earlier one: a cancelled order stays placed too."""',
            "",
            '    model_config = ConfigDict(extra="forbid", frozen=True)',
            "",
            *figures,
            "",
            "",
            "class ShippingFees(BaseModel):",
            '    """Shipping fees of the orders in ledger entries, by kind of entry, in whole VND; never part of the revenue of goods."""',
            "",
            '    model_config = ConfigDict(extra="forbid", frozen=True)',
            "",
            *(f"    {figure_names(name).shipping_vnd}: int = 0" for name in kinds),
            "",
            "",
            "class AverageOrders(BaseModel):",
            '    """Average values of orders in whole VND, for each step of the revenue ladder; null where there was none."""',
            "",
            '    model_config = ConfigDict(extra="forbid", frozen=True)',
            "",
            *averages,
            "",
        ]
    )


def _counted(name: str, kind: Kind) -> str:
    names = figure_names(name)
    fields = (
        name,
        names.orders,
        names.units,
        names.revenue_vnd,
        names.shipping_vnd,
        names.average_vnd if kind.rung else None,
        *kind.counted,
        *kind.definition,
    )
    lines = "".join(f"        {'None' if field is None else json.dumps(field, ensure_ascii=False)},\n" for field in fields)
    return f"    CountedKind(\n{lines}    ),"


def _figures(name: str, kind: Kind) -> list[str]:
    names = figure_names(name)
    defaults = {each: f"Field(0, examples=[{example}])" if kind.units_taken > 0 else "0" for each, example in _EXAMPLES.items()}
    return [f"    {getattr(names, each)}: int = {default}" for each, default in defaults.items()]


def _browser(kinds: Mapping[str, Kind]) -> str:
    rules = {
        name: {
            "by": kind.by,
            "rank": kind.rank,
            "needs": kind.needs,
            "needsAny": kind.needs_any,
            "neverAfter": kind.never_after,
            "again": kind.again,
            "ends": kind.ends,
            "isLoss": kind.loss is not None,
            "goesOn": kind.goes_on,
        }
        for name, kind in kinds.items()
    }
    unions = {
        "Kind": list(kinds),
        "LossKind": [name for name, kind in kinds.items() if kind.loss is not None],
        "Rung": [name for name, kind in kinds.items() if kind.rung is not None],
    }
    types = "\n".join(f"/** @typedef {{{' | '.join(map(json.dumps, names))}}} {union} */" for union, names in unions.items())
    rows = "".join(f"  {name}: {json.dumps(rule)},\n" for name, rule in rules.items())
    return (
        "// Kinds of facts about an order and what may follow what. Written by `make gen` from app/ledger/kinds.py; edit the table there.\n\n"
        f"{types}\n{_BROWSER_TYPES}\n/** @type {{Readonly<Record<Kind, KindRule>>}} */\nexport const KINDS = {{\n{rows}}};\n"
    )


def _verifier(text: str, kinds: Mapping[str, Kind]) -> str:
    """The verifier stands alone and imports nothing of ours, so its list is written into it."""
    taken = {name: kind.units_taken for name, kind in kinds.items() if kind.units_taken}
    rungs = ", ".join(json.dumps(name) for name, kind in kinds.items() if kind.rung is not None)
    again = ", ".join(json.dumps(name) for name, kind in kinds.items() if kind.again)
    return _IN_VERIFIER.sub(f"UNITS_TAKEN = {json.dumps(taken)}\nRUNGS = ({rungs})\nAGAIN = ({again})\n", text, count=1)


def _verifier_in_browser(kinds: Mapping[str, Kind]) -> str:
    """The same list for the verifier that runs on a reader's page."""
    taken = {name: kind.units_taken for name, kind in kinds.items() if kind.units_taken}
    return (
        "// What the verifier knows of kinds. Written by `make gen` from app/ledger/kinds.py; edit the table there.\n\n"
        f"export const UNITS_TAKEN = {json.dumps(taken)};\n"
        f"/** @type {{readonly string[]}} */\nexport const RUNGS = {json.dumps([name for name, kind in kinds.items() if kind.rung is not None])};\n"
        f"/** @type {{readonly string[]}} */\nexport const AGAIN = {json.dumps([name for name, kind in kinds.items() if kind.again])};\n"
    )
