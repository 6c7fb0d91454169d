"""One table for the terminal and, as Markdown, for docs/benchmarks.md; with the day and the machine that belong to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.load.build import BENCH_FOLDER
from benchmarks.load.machine import cores, processor_name
from benchmarks.pairs import Spread

# A file or a pipe has no width; the table then gets what it needs.
console = Console(width=None if sys.stdout.isatty() else 200)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows below headings; the first column names the row."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_table(self) -> Table:
        table = Table(title=self.title)
        for number, heading in enumerate(self.headings):
            table.add_column(heading, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def as_markdown(self) -> str:
        lines = [self.headings, ["---", *["---:"] * (len(self.headings) - 1)], *self.rows]
        return f"**{self.title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where figures were made. Without it they say nothing."""

    processor: str
    cores: int
    kernel: str
    load_before: float

    def sentence(self, day: datetime) -> str:
        """One line for above a table."""
        return (
            f"Measured on {day.day} {day:%B %Y}, {self.processor}, {self.cores} cores, kernel {self.kernel}; "
            f"load over the five minutes before: {self.load_before:.1f}"
        )


def this_machine() -> Machine:
    """Ask before the measurement: its own load is none of the machine's."""
    return Machine(processor_name(), len(cores()), os.uname().release, round(os.getloadavg()[1], 2))


def shown(spread: Spread | None, form: str = ".2f") -> str:
    """`1.04 (0.98 to 1.11)`: median, lowest, highest."""
    if spread is None:
        return "-"
    return f"{spread.median:,{form}} ({spread.lowest:,{form}} to {spread.highest:,{form}})"


def write_markdown(name: str, opening: str, sheets: Sequence[Sheet], notes: Sequence[str]) -> Path:
    """build/bench/<name>.md, ready for docs/benchmarks.md."""
    BENCH_FOLDER.mkdir(parents=True, exist_ok=True)
    path = BENCH_FOLDER / f"{name}.md"
    parts = [f"{opening}\n", *(sheet.as_markdown() for sheet in sheets), *(f"{note}\n" for note in notes)]
    path.write_text("\n".join(parts), encoding="utf-8")
    return path
