"""A carrier's report, row by row, read by an organisation's own list of heads and words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.carriers.mapping import TrackingColumns, TrackingFact
from app.carriers.states import CarrierState, folded_state
from app.catalog.errors import SheetUnreadable
from app.fulfilment.file_cells import amount_of, is_formula, moment_of
from app.parcels.states import read_code
from app.protocol.text import clean_text

_HEAD_AMONG = 40
RowProblem = Literal["no_time", "bad_amount", "formula"]


@dataclass(frozen=True, slots=True)
class SaidInRow:
    """One row. `line` counts as the file does, from 1. `parcel_code` as it is stored, if it is spelt like one, else as it stands there."""

    line: int
    parcel_code: str
    tracking_code: str
    words: str
    state: CarrierState | None
    happened_at: datetime | None
    collected_vnd: int | None
    problem: RowProblem | None = None


def read_report(rows: Sequence[Sequence[str]], mapping: TrackingColumns) -> tuple[list[str], list[SaidInRow]]:
    """The heads, and every row that names a parcel. Raises `SheetUnreadable` when the columns of state or code are not there."""
    head_row, places = _find_heads(rows, mapping)
    heads = [clean_text(cell)[:80] for cell in rows[head_row]] if rows else []
    missing = [] if "state" in places else ["state"]
    missing += [] if {"parcel_code", "tracking_code"} & set(places) else ["parcel_code", "tracking_code"]
    if missing:
        named = [mapping.heads[name] for name in missing if name in mapping.heads]
        raise SheetUnreadable(details={"reason": "missing_carrier_columns", "columns": named, "heads": heads[:60]})
    return heads, list(_rows(rows, head_row, places, mapping))


def _find_heads(rows: Sequence[Sequence[str]], mapping: TrackingColumns) -> tuple[int, dict[TrackingFact, int]]:
    """The row that has most of the heads: carriers put their name and the period above it."""
    best: tuple[int, dict[TrackingFact, int]] = (0, {})
    for number, row in enumerate(rows[:_HEAD_AMONG]):
        folded = [folded_state(clean_text(cell)) for cell in row]
        places = {fact: folded.index(name) for fact, head in mapping.heads.items() if (name := folded_state(head)) in folded}
        if len(places) > len(best[1]):
            best = (number, places)
    return best


def _rows(rows: Sequence[Sequence[str]], head_row: int, places: dict[TrackingFact, int], mapping: TrackingColumns) -> Iterator[SaidInRow]:
    for line, row in enumerate(rows[head_row + 1 :], head_row + 2):
        cells = {fact: row[place].strip(" \t\r\n\u00a0") if place < len(row) else "" for fact, place in places.items()}
        code, tracking = cells.get("parcel_code", ""), cells.get("tracking_code", "")
        if code or tracking:
            yield _read(line, row, cells, mapping)


def _read(line: int, row: Sequence[str], cells: dict[TrackingFact, str], mapping: TrackingColumns) -> SaidInRow:
    typed = clean_text(cells.get("parcel_code", ""))[:80]
    code, tracking = read_code(typed) or typed, clean_text(cells.get("tracking_code", ""))[:80]
    words = clean_text(cells.get("state", ""))[:80]
    if any(map(is_formula, row)):
        return SaidInRow(line, "", "", "", None, None, None, "formula")
    state = mapping.state_of(words)
    problem: RowProblem | None = None
    happened_at: datetime | None = None
    collected: int | None = None
    try:
        happened_at = moment_of(cells["time"]) if cells.get("time") else None
    except ValueError:
        problem = "no_time"
    try:
        collected = amount_of(cells["collected"]) if cells.get("collected") else None
    except ValueError:
        problem = "bad_amount"
    if collected is not None and collected < 0:
        collected, problem = None, "bad_amount"
    return SaidInRow(line, code, tracking, words, state, happened_at, collected, problem)
