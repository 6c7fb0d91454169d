"""Groups of so few buyers that a row would tell about a person: those are hidden, and others with them, so that no subtraction brings one back.

A table of sums is made of *parts* (a session, or one week of a booth). A *cell* is a published sum of parts: a session, a week, a commune, all
of them. The rules, which `hidden_cells` keeps:

1. A cell with orders of fewer than `FEW` buyers is hidden. Nobody ordered: shown, there is nobody to know.
2. What remains of a shown cell when everything else that is shown is taken off is either nothing or at least two parts of together `FEW` buyers.
3. The hidden groups of one table are at least two, of together `FEW` buyers: all less the shown ones tells no more than that.
4. No hidden small cell is a sum of differences of shown ones, over all tables together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.programmes.summing import FEW

_PRIME = 2**61 - 1
# Beyond so many unknown parts, half a second of a thread, nothing but totals is shown.
UNKNOWN_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Part:
    """What cannot be taken apart: its orders, and its buyers where they are few (null: at least `FEW`)."""

    orders: int
    few: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A published sum, of the table it stands in. A cell of the table `""` is a total: it is hidden only when nothing else helps."""

    table: str
    parts: frozenset[Hashable]


def few_of(parts: Iterable[Part]) -> frozenset[str] | None:
    """The buyers of these together, or null where they are at least `FEW`. A person who bought in two counts once."""
    found: set[str] = set()
    for part in parts:
        if part.few is None:
            return None
        found |= part.few
    return None if len(found) >= FEW else frozenset(found)


def is_small(parts: Iterable[Part]) -> bool:
    """Whether somebody ordered, and fewer than `FEW`."""
    found = list(parts)
    return any(part.orders for part in found) and few_of(found) is not None


# What it costs to hide a cell of a table: a session has a report of its own, a league table is what a programme is read for.
_COSTS = {"session": 1, "week": 2, "month": 3}
_COST = 4
# What it costs that hiding one thing makes another necessary.
_NEXT_COST = 2


class _Hiding:
    """Hides cell after cell until every rule holds, each time what costs least and makes least else necessary."""

    def __init__(self, parts: Mapping[Hashable, Part], cells: Mapping[Hashable, Cell], fixed: frozenset[Hashable]) -> None:
        # parts without orders are known to be nothing
        self._parts = {key: part for key, part in parts.items() if part.orders}
        self._cells = {key: cell.parts & self._parts.keys() for key, cell in cells.items()}
        self._table_of = {key: cell.table for key, cell in cells.items()}
        self._tables: dict[str, list[Hashable]] = {}
        self._holding: dict[Hashable, list[Hashable]] = {part: [] for part in self._parts}
        for key, found in self._cells.items():
            self._tables.setdefault(self._table_of[key], []).append(key)
            for part in found:
                self._holding[part].append(key)
        self._fixed = fixed
        self._totals = set(self._tables.pop("", ()))
        self.small = {key for key, found in self._cells.items() if is_small(self._parts[each] for each in found)} - fixed
        self.hidden = set(self.small)
        self._known: set[Hashable] = set()

    def settle(self) -> None:
        while self._hide_more():
            pass

    def _hide_more(self) -> bool:
        """Mend the first break of a rule that is found, if there is one."""
        self._known = {next(iter(found)) for key, found in self._cells.items() if len(found) == 1 and key not in self.hidden}
        before = len(self.hidden)
        for key in self._cells:
            if self._is_broken(key):
                self._mend(key)
                if len(self.hidden) > before:
                    return True
        for keys in self._tables.values():
            if self._is_told_by_others(keys):
                shown = [key for key in keys if key not in self.hidden | self._fixed and self._cells[key]]
                self._hide(min(shown, key=self._cost_of_cell) if shown else None)
                if len(self.hidden) > before:
                    return True
        self._keep_differences_apart()
        return len(self.hidden) > before

    def _is_broken(self, key: Hashable) -> bool:
        """Whether a shown cell leaves too little unknown of itself, or a hidden one nothing."""
        found = self._cells[key]
        rest = found - self._known
        if key in self.hidden:
            return bool(found) and not rest
        return bool(rest) and ((len(rest) == 1 and len(found) > 1) or is_small(self._parts[each] for each in rest))

    def _is_told_by_others(self, keys: Sequence[Hashable]) -> bool:
        """Whether all less the shown groups of a table would be one hidden group, or of too few buyers."""
        away = [key for key in keys if key in self.hidden and self._cells[key]]
        if not away or self._totals <= self.hidden:
            return False
        return len(away) == 1 or is_small(self._parts[each] for key in away for each in self._cells[key])

    def _mend(self, key: Hashable) -> None:
        parts = [part for part in self._cells[key] & self._known if not any(self._is_only(each, part) for each in self._fixed)]
        costs = {part: self._cost_of_part(part) for part in parts}
        best = min(parts, key=lambda part: (costs[part], self._parts[part].orders, str(part)), default=None)
        may_hide_itself = key not in self.hidden | self._fixed | self._totals
        if may_hide_itself and (best is None or self._cost_of_cell(key)[0] < costs[best]):
            self.hidden.add(key)
        elif best is not None:
            # the same part may stand in several tables as a group of one
            self.hidden |= {each for each in self._holding[best] if self._is_only(each, best)}
        elif key not in self.hidden:
            self._hide(None)

    def _hide(self, key: Hashable | None) -> None:
        """A cell, or where none is left the totals, so that nothing can be taken off them."""
        self.hidden |= {key} if key is not None else self._totals - self._fixed

    def _is_only(self, key: Hashable, part: Hashable) -> bool:
        return len(self._cells[key]) == 1 and part in self._cells[key]

    def _cost_of_part(self, part: Hashable) -> int:
        cost = 0
        for key in self._holding[part]:
            if self._is_only(key, part):
                cost += _COSTS.get(self._table_of[key], _COST)
            elif key not in self.hidden:
                cost += -_NEXT_COST if self._is_broken(key) else _NEXT_COST * (not self._cells[key] - self._known)
        return cost

    def _cost_of_cell(self, key: Hashable) -> tuple[int, int, str]:
        table = self._tables[self._table_of[key]]
        is_first = not any(each in self.hidden for each in table)
        mends = self._is_broken(key) + self._is_told_by_others(table)
        cost = _COSTS.get(self._table_of[key], _COST) + _NEXT_COST * (is_first - mends)
        return cost, sum(self._parts[each].orders for each in self._cells[key]), str(key)

    def _keep_differences_apart(self) -> None:
        unknown = self._parts.keys() - self._known
        if not self.small:
            return
        if len(unknown) > UNKNOWN_MOST:
            self.hidden |= self._cells.keys() - self._totals - self._fixed
            return
        shown = [
            (key, frozenset(found - self._known)) for key, found in self._cells.items() if key not in self.hidden and found - self._known
        ]
        rows = _Rows(rest for _, rest in shown)
        for key in self.small:
            rest = self._cells[key] - self._known
            if rest and rows.span(rest):
                near = [other for other, parts in shown if parts & rest and other not in self._totals | self._fixed]
                self._hide(min(near, key=self._cost_of_cell) if near else None)
                return


class _Rows:
    """The differences that can be made of these sums: Gauss's elimination, in numbers modulo a prime."""

    def __init__(self, sums: Iterable[frozenset[Hashable]]) -> None:
        self._rows: dict[Hashable, dict[Hashable, int]] = {}
        for each in sums:
            row = self._reduced(dict.fromkeys(each, 1))
            if row:
                pivot, value = next(iter(row.items()))
                inverse = pow(value, -1, _PRIME)
                self._rows[pivot] = {name: number * inverse % _PRIME for name, number in row.items()}

    def span(self, wanted: frozenset[Hashable] | set[Hashable]) -> bool:
        """Whether the sum of these parts is one of the differences."""
        return not self._reduced(dict.fromkeys(wanted, 1))

    def _reduced(self, row: dict[Hashable, int]) -> dict[Hashable, int]:
        for pivot, other in self._rows.items():
            if factor := row.get(pivot, 0):
                for name, number in other.items():
                    value = (row.get(name, 0) - factor * number) % _PRIME
                    if value:
                        row[name] = value
                    else:
                        row.pop(name, None)
        return row


def hidden_cells(
    parts: Mapping[Hashable, Part], cells: Mapping[Hashable, Cell], *, fixed: frozenset[Hashable] = frozenset()
) -> frozenset[Hashable]:
    """The cells that must not be shown. `fixed`: those that another table shows already, so they are known and stay so."""
    hiding = _Hiding(parts, cells, fixed)
    hiding.settle()
    return frozenset(hiding.hidden)
