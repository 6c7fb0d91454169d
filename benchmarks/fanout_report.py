"""Table and build/bench/fanout.json of the fan-out benchmark."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.infra.clock import utc_now
from benchmarks.fanout_measure import Figures
from benchmarks.load.build import BENCH_FOLDER
from benchmarks.load.machine import processor_name

# A file or a pipe has no width; the table then gets what it needs.
console = Console(width=None if sys.stdout.isatty() else 160)


@dataclass(frozen=True, slots=True)
class Result:
    """One server's row: figures, or why there are none."""

    name: str
    version: str
    figures: Figures | None = None
    bytes_per_viewer: dict[str, float] = field(default_factory=dict)
    missing: str | None = None


_COLUMNS: Sequence[tuple[str, Callable[[Figures], str]]] = (
    ("CPU µs per delivery", lambda figures: f"{figures.cpu_per_delivery_us:.2f}"),
    ("handshakes /s/core", lambda figures: f"{figures.handshakes_per_core_s:,.0f}"),
    ("hellos /s/core", lambda figures: _number(figures.hellos_per_core_s, ".0f")),
    ("tick p50 ms", lambda figures: _number(figures.tick_p50_ms)),
    ("p99 ms", lambda figures: _number(figures.tick_p99_ms)),
    ("last viewer ms", lambda figures: _number(figures.last_viewer_p50_ms)),
    ("lost", lambda figures: f"{figures.lost:,}"),
)


def print_table(results: Sequence[Result]) -> None:
    """One row per server; those that are missing say why."""
    first = results[0].figures.cpu_per_delivery_us if results and results[0].figures else None
    table = Table(title="One message to everybody; server on one core, clients on another")
    table.add_column("server")
    table.add_column("CPU ratio to the first", justify="right")
    table.add_column("bytes per viewer", justify="right")
    for title, _ in _COLUMNS:
        table.add_column(title, justify="right")
    for result in results:
        if result.figures is None:
            table.add_row(result.name, "missing", result.missing or "")
            continue
        ratio = f"{result.figures.cpu_per_delivery_us / first:.2f}" if first else "-"
        memory = "\n".join(f"{value:,.0f} at {int(count):,}" for count, value in result.bytes_per_viewer.items())
        table.add_row(result.name, ratio, memory, *(show(result.figures) for _, show in _COLUMNS))
    console.print(table)
    for result in results:
        if result.missing:
            console.print(f"Missing: {result.name}: {result.missing}", style="yellow")


def write_json(results: Sequence[Result]) -> Path:
    """Everything that was measured, with each server's ratio to each other one."""
    measured = {result.name: result.figures for result in results if result.figures is not None}
    document = {
        "measured_at": utc_now().isoformat(),
        "machine": {"processor": processor_name(), "cores": os.cpu_count(), "kernel": os.uname().release},
        "missing": {result.name: result.missing for result in results if result.missing},
        "servers": {result.name: _entry(result, measured) for result in results},
    }
    path = BENCH_FOLDER / "fanout.json"
    path.write_text(json.dumps(document, indent=2) + "\n")
    return path


def _entry(result: Result, measured: dict[str, Figures]) -> dict[str, object]:
    if result.figures is None:
        return {"version": result.version, "missing": result.missing}
    own = result.figures.cpu_per_delivery_us
    figures = asdict(result.figures) | {"bytes_per_viewer": result.bytes_per_viewer}
    ratios = {
        name: own / other.cpu_per_delivery_us for name, other in measured.items() if name != result.name and other.cpu_per_delivery_us
    }
    return {"version": result.version, **figures, "cpu_ratio_to": ratios}


def _number(value: float | None, form: str = ".1f") -> str:
    return "-" if value is None else f"{value:,{form}}"
