"""Table, build/bench/fanout.json and build/bench/fanout.md of the fan-out benchmark."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from benchmarks.fanout_contest import Outcome
from benchmarks.load.build import BENCH_FOLDER
from benchmarks.pairs import Pair, Spread, ratios_of, spread_of
from benchmarks.sheet import Machine, Sheet, console, shown, write_markdown


@dataclass(slots=True)
class Finding:
    """The whole run. `missing` are peers that did not get as far as the contest; `many` is viewers and bytes for each."""

    ours: Outcome
    rivals: Sequence[Outcome]
    payload_bytes: int
    missing: dict[str, str] = field(default_factory=dict)
    many: tuple[int, float] | None = None

    @property
    def outcomes(self) -> list[Outcome]:
        return [self.ours, *self.rivals]


_HEADINGS = (
    "server",
    "CPU µs per delivery",
    "ours ÷ it, pairs",
    "bytes per viewer",
    "handshakes /s/core",
    "ours ÷ it, pairs",
    "tick p50 ms",
    "p99 ms",
    "last viewer ms",
    "lost",
)


def show(finding: Finding, machine: Machine, began: datetime) -> None:
    """Print the table and write both files."""
    viewers = finding.ours.contestant.entry.opened
    sheet = Sheet(
        f"One message of {finding.payload_bytes} bytes to {viewers:,} viewers of each server; median (lowest to highest)",
        _HEADINGS,
        [_row(finding, outcome) for outcome in finding.outcomes],
    )
    notes = [*_notes(finding), *_all_missing(finding)]
    opening = machine.sentence(began)
    console.print(f"\n{opening}\n")
    console.print(sheet.as_table())
    for note in notes:
        console.print(note)
    console.print(f"Written to {_write_json(finding, machine, began)} and {write_markdown('fanout', opening, [sheet], notes)}")


def _row(finding: Finding, outcome: Outcome) -> list[str]:
    entry, paced = outcome.contestant.entry, outcome.paced
    memory = f"{outcome.bytes_per_viewer:,.0f}"
    if finding.many is not None and outcome is finding.ours:
        memory += f"; {finding.many[1]:,.0f} at {finding.many[0]:,}"
    return [
        outcome.contestant.name,
        shown(spread_of(window.microseconds for window in outcome.windows)),
        shown(ratios_of(outcome.deliveries_us)),
        memory,
        f"{entry.handshakes_per_core_s:,.0f}",
        shown(ratios_of(outcome.handshakes)),
        _number(paced.p50_ms if paced else None),
        _number(paced.p99_ms if paced else None),
        _number(statistics.median(paced.last_viewer_ms) if paced and paced.last_viewer_ms else None),
        f"{paced.lost:,}" if paced else "-",
    ]


def _notes(finding: Finding) -> list[str]:
    """What a reader must know of the run itself."""
    strange = spread_of(_strange_shares(finding.outcomes))
    if strange is None:
        return []
    return [
        f"Something else had {strange.median:.1%} of the servers' core during a window (median; at most {strange.highest:.1%}). "
        "Far above a few per cent, run it again on a quieter machine."
    ]


def _strange_shares(outcomes: Iterable[Outcome]) -> list[float]:
    """The share of the core's time in each window that was not the server's whose window it was."""
    return [max(0.0, 1 - window.cpu / window.busy) for outcome in outcomes for window in outcome.windows if window.busy > 0]


def _all_missing(finding: Finding) -> list[str]:
    fallen = {outcome.contestant.name: outcome.missing for outcome in finding.rivals if outcome.missing is not None}
    return [f"Missing: {name}: {reason}" for name, reason in (finding.missing | fallen).items()]


def _write_json(finding: Finding, machine: Machine, began: datetime) -> str:
    document = {
        "measured_at": began.isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "payload_bytes": finding.payload_bytes,
        "many": None if finding.many is None else {"viewers": finding.many[0], "bytes_per_viewer": finding.many[1]},
        "missing": finding.missing,
        "servers": {outcome.contestant.name: _entry(outcome) for outcome in finding.outcomes},
    }
    path = BENCH_FOLDER / "fanout.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return str(path)


def _entry(outcome: Outcome) -> dict[str, object]:
    windows, paced = outcome.windows, outcome.paced
    deliveries = sum(window.deliveries for window in windows)
    return {
        "version": outcome.contestant.version,
        "missing": outcome.missing,
        **asdict(outcome.contestant.entry),
        "bytes_per_viewer": outcome.bytes_per_viewer,
        "cpu_per_delivery_us": _plain(spread_of(window.microseconds for window in windows)),
        "core_busy_per_delivery_us": _plain(spread_of(window.busy * 1e6 / window.deliveries for window in windows)),
        "deliveries": deliveries,
        "frames_per_delivery": sum(window.frames for window in windows) / max(1, deliveries),
        "ours_to_it": {"cpu_per_delivery_us": _pairs(outcome.deliveries_us), "handshakes_per_core_s": _pairs(outcome.handshakes)},
        "tick_p50_ms": paced.p50_ms if paced else None,
        "tick_p99_ms": paced.p99_ms if paced else None,
        "last_viewer_ms": list(paced.last_viewer_ms) if paced else [],
        "lost": paced.lost if paced else None,
    }


def _pairs(pairs: Sequence[Pair]) -> dict[str, object]:
    return {"ratio": _plain(ratios_of(pairs)), "pairs": [[pair.ours, pair.theirs] for pair in pairs]}


def _plain(spread: Spread | None) -> dict[str, float] | None:
    return None if spread is None else asdict(spread)


def _number(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:,.1f}"
