"""`make bench-orders AGAINST=<another checkout>`: the order path of this tree and of another one, measured in turns."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from app.infra.clock import utc_now
from app.settings import PROJECT_ROOT
from benchmarks.load.build import BENCH_FOLDER
from benchmarks.orders_trees import Side, SideFailed, Tree, standing_still
from benchmarks.pairs import Pair, in_turns, ratios_of, spread_of
from benchmarks.sheet import Machine, Sheet, console, shown, this_machine, write_markdown

_DEFAULT_PORT = 18_650
RATES = (500, 2_000)


@dataclass(slots=True)
class Row:
    """One thing that is measured of both trees."""

    title: str
    question: str
    figure: str
    more_is_better: bool
    pairs: list[Pair] = field(default_factory=list)


def rows_of_writer() -> list[Row]:
    return [
        Row("group commit, orders/s", "writer", "orders_per_s", more_is_better=True),
        Row("group commit, CPU µs per order", "writer", "cpu_us", more_is_better=False),
    ]


def rows_of_sockets() -> list[Row]:
    return [
        Row(title, f"sockets {rate}", figure, more_is_better=False)
        for rate in RATES
        for title, figure in (
            (f"{rate:,} clicks/s to receipt, p50 ms", "p50_ms"),
            (f"{rate:,} clicks/s to receipt, p99 ms", "p99_ms"),
            (f"{rate:,} clicks/s, workers' CPU µs per order", "cpu_us"),
        )
    ]


@dataclass(slots=True)
class Comparison:
    """Both trees, in turns. `refusals` counts clicks that got another answer than their receipt, by tree and code."""

    ours: Tree
    theirs: Tree
    pairs: int
    port: int
    rows: list[Row] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)

    async def run(self) -> None:
        """About half a minute for each pair. Raises `SideFailed`."""
        await self._stage("writer", rows_of_writer())
        await self._stage("sockets", rows_of_sockets())

    async def _stage(self, stage: str, rows: list[Row]) -> None:
        console.print(f"{stage}: starting both trees…")
        async with AsyncExitStack() as stack:
            ours = await stack.enter_async_context(Side(self.ours, stage, self.port))
            theirs = await stack.enter_async_context(Side(self.theirs, stage, self.port + 1))
            for number in range(self.pairs):
                console.print(f"  {stage}, pair {number + 1} of {self.pairs}…")
                for question in dict.fromkeys(row.question for row in rows):
                    await self._pair(question, number, (ours, theirs), [row for row in rows if row.question == question])
        self.rows += rows

    async def _pair(self, question: str, number: int, sides: tuple[Side, Side], rows: Sequence[Row]) -> None:
        # Both write the same orders in one pair, other ones in the next.
        asked = question if " " in question else f"{question} {number + 1}"
        answers = {}
        for side in in_turns(number, *sides):
            with standing_still(other for other in sides if other is not side):
                answers[side] = await side.ask(asked)
            for code, count in answers[side].get("other_answers", {}).items():
                name = f"{side.tree.label}: {code}"
                self.refusals[name] = self.refusals.get(name, 0) + count
        for row in rows:
            row.pairs.append(Pair(*(float(answers[side][row.figure]) for side in sides)))


def sheet_of(comparison: Comparison) -> Sheet:
    """One row for each figure; medians and ends of the windows, and of the pairs' own ratios."""
    rows = []
    for row in comparison.rows:
        form = ".0f" if row.more_is_better else ".1f"
        ours, theirs = (spread_of(each) for each in ([pair.ours for pair in row.pairs], [pair.theirs for pair in row.pairs]))
        better = "above 1" if row.more_is_better else "below 1"
        rows.append([row.title, shown(ours, form), shown(theirs, form), shown(ratios_of(row.pairs)), better])
    headings = ("", f"this tree, {comparison.ours.label}", f"the other, {comparison.theirs.label}", "this ÷ other, pairs", "better")
    return Sheet(f"Orders of two trees in turns, {comparison.pairs} pairs; median (lowest to highest)", headings, rows)


def show(comparison: Comparison, machine: Machine, began: datetime) -> None:
    """Print the table, write build/bench/orders_pairs.json and .md."""
    opening, sheet = machine.sentence(began), sheet_of(comparison)
    notes = [f"Clicks that got no receipt: {count:,} {name}" for name, count in sorted(comparison.refusals.items())]
    console.print(f"\n{opening}\n")
    console.print(sheet.as_table())
    for note in notes:
        console.print(note)
    document = {
        "measured_at": began.isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "trees": {"this": comparison.ours.label, "other": comparison.theirs.label},
        "other_answers": comparison.refusals,
        "figures": {
            row.title: {
                "better": "more" if row.more_is_better else "less",
                "ratio": None if (ratio := ratios_of(row.pairs)) is None else asdict(ratio),
                "pairs": [[pair.ours, pair.theirs] for pair in row.pairs],
            }
            for row in comparison.rows
        },
    }
    path = BENCH_FOLDER / "orders_pairs.json"
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(f"Written to {path} and {write_markdown('orders_pairs', opening, [sheet], notes)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, required=True, help="another checkout of this project")
    parser.add_argument("--pairs", type=int, default=5, help="how often both take turns")
    parser.add_argument("--port", type=int, default=_DEFAULT_PORT, help="first of two ports")
    wanted = parser.parse_args()
    BENCH_FOLDER.mkdir(parents=True, exist_ok=True)
    machine, began = this_machine(), utc_now()
    try:
        comparison = Comparison(Tree.at(PROJECT_ROOT), Tree.other(wanted.against), max(1, wanted.pairs), wanted.port)
        asyncio.run(comparison.run())
    except SideFailed as reason:
        raise SystemExit(str(reason)) from None
    show(comparison, machine, began)


if __name__ == "__main__":
    main()
