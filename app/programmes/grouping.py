"""Adds stored sums up: per session, week, month, commune, unit, and all together; and says which of them are too small to be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from app.programmes.members import CLOSING, SALES
from app.programmes.schemas import ClosingSums, SalesSums
from app.programmes.small_groups import Cell, Part, hidden_cells

Table = Literal["", "session", "week", "month", "commune", "unit"]
Key = tuple[Table, Any]
"""A table and the group's name in it: an id, a day, a ward's code, null for what belongs to none."""

TOTAL: Key = ("", None)


@dataclass(slots=True)
class Group:
    """Sums of some sessions. `closed` is the part of `now` whose sessions are closed, `closing` the same as their statements said."""

    now: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    closing: Counter[str] = field(default_factory=Counter)
    sessions: set[UUID] = field(default_factory=set)
    closed_sessions: set[UUID] = field(default_factory=set)

    def add(self, row: Mapping[str, Any]) -> None:
        self.sessions.add(row["session_id"])
        now = {name: row[name] for name in SALES} | {"session_buyers": row["session_buyers"]}
        self.now.update(now)
        if row["closing_placed_vnd"] is not None:
            self.closed_sessions.add(row["session_id"])
            self.closed.update(now)
            self.closing.update({name: row[f"closing_{name}"] for name in CLOSING})


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups by key, and the keys of those that are hidden."""

    by_key: Mapping[Key, Group]
    hidden: frozenset[Hashable]

    def of(self, table: Table, name: object) -> Group:
        return self.by_key.get((table, name), Group())

    def names(self, table: Table) -> list[Any]:
        return [name for of_table, name in self.by_key if of_table == table]

    def is_hidden(self, table: Table, name: object) -> bool:
        return (table, name) in self.hidden

    def sales(self, table: Table, name: object) -> SalesSums | None:
        """Null where it is hidden."""
        return None if self.is_hidden(table, name) else sales_of(self.of(table, name).now)

    def closing(self, table: Table, name: object) -> ClosingSums | None:
        """Null where it is hidden, or none of it is closed."""
        group = self.of(table, name)
        return None if self.is_hidden(table, name) or not group.closed_sessions else closing_of(group.closing)


def sales_of(sums: Mapping[str, int]) -> SalesSums:
    return SalesSums(**{name: sums.get(name, 0) for name in SalesSums.model_fields})


def closing_of(sums: Mapping[str, int]) -> ClosingSums:
    return ClosingSums(**{name: sums.get(name, 0) for name in CLOSING})


def group_sums(members: Sequence[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]) -> Groups:
    """Every session of `members` is in the table of sessions, with zeros where it sold nothing."""
    by_id = {member["id"]: member for member in members}
    groups: dict[Key, Group] = {TOTAL: Group()} | {("session", session_id): Group() for session_id in by_id}
    cells: dict[Key, set[Hashable]] = {key: set() for key in groups}
    parts: dict[Hashable, Part] = {}
    for row in rows:
        member = by_id[row["session_id"]]
        part: Hashable = (row["session_id"], row["month"], row["week"])
        parts[part] = Part(row["orders_placed"], None if row["few"] is None else frozenset(row["few"].split()))
        for key in _keys_of(member, row["month"], row["week"]):
            groups.setdefault(key, Group()).add(row)
            cells.setdefault(key, set()).add(part)
    hidden = hidden_cells(parts, {key: Cell(key[0], frozenset(found)) for key, found in cells.items()})
    return Groups(groups, hidden)


def _keys_of(member: Mapping[str, Any], month: date, week: date) -> tuple[Key, ...]:
    of_session: tuple[Key, ...] = (("session", member["id"]), ("commune", member["ward_code"]), ("unit", member["unit_id"]))
    return (TOTAL, *of_session, ("month", month), ("week", week))
