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
# Beyond so many unknown parts, rule 4 is left to rules 2 and 3: with so many hidden, sums of differences isolate nobody in practice.
_UNKNOWN_MOST = 250


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


class _Hiding:
    """Hides cell after cell until every rule holds."""

    def __init__(self, parts: Mapping[Hashable, Part], cells: Mapping[Hashable, Cell], hidden: Iterable[Hashable]) -> None:
        # parts without orders are known to be nothing
        self._parts = {key: part for key, part in parts.items() if part.orders}
        self._cells = {key: cell.parts & self._parts.keys() for key, cell in cells.items()}
        self._tables: dict[str, list[Hashable]] = {}
        for key, cell in cells.items():
            self._tables.setdefault(cell.table, []).append(key)
        self._totals = set(self._tables.get("", ()))
        self.small = {key for key, found in self._cells.items() if is_small(self._parts[each] for each in found)}
        self.hidden = self.small | set(hidden)

    def settle(self) -> None:
        while self._hide_more():
            pass

    def _hide_more(self) -> bool:
        before = len(self.hidden)
        known = {next(iter(found)) for key, found in self._cells.items() if len(found) == 1 and key not in self.hidden}
        for key in self._cells:
            self._keep_rest_large(key, known)
        for table, keys in self._tables.items():
            if table:
                self._keep_hidden_large(keys)
        if len(self.hidden) == before:
            self._keep_differences_apart(known)
        return len(self.hidden) > before

    def _keep_rest_large(self, key: Hashable, known: set[Hashable]) -> None:
        found = self._cells[key]
        rest = found - known
        if key in self.hidden and found and not rest:
            # what was hidden can be added up from what is shown
            self._hide_a_part_of(found, known)
            return
        too_few = bool(rest) and ((len(rest) == 1 and len(found) > 1) or is_small(self._parts[each] for each in rest))
        if key not in self.hidden and too_few and not self._hide_a_part_of(found, known):
            self.hidden.add(key)

    def _keep_hidden_large(self, keys: Sequence[Hashable]) -> None:
        away = [key for key in keys if key in self.hidden and self._cells[key]]
        if not away or self._totals <= self.hidden:
            return
        if len(away) > 1 and not is_small(self._parts[each] for key in away for each in self._cells[key]):
            return
        shown = [key for key in keys if key not in self.hidden and self._cells[key]]
        self.hidden |= {self._smallest(shown)} if shown else self._totals

    def _hide_a_part_of(self, found: frozenset[Hashable] | set[Hashable], known: set[Hashable]) -> bool:
        """Hide the smallest shown cell that is one part of these. False when there is none."""
        one = [key for key, parts in self._cells.items() if key not in self.hidden and len(parts) == 1 and parts <= found & known]
        if not one:
            return False
        chosen = self._smallest(one)
        part = next(iter(self._cells[chosen]))
        # the same part may stand in several tables as a group of one
        again = {key for key in one if self._cells[key] == {part}}
        self.hidden |= again
        known.discard(part)
        return True

    def _smallest(self, keys: Sequence[Hashable]) -> Hashable:
        return min(keys, key=lambda key: (sum(self._parts[each].orders for each in self._cells[key]), str(key)))

    def _keep_differences_apart(self, known: set[Hashable]) -> None:
        unknown = self._parts.keys() - known
        if len(unknown) > _UNKNOWN_MOST:
            return
        shown = [(key, frozenset(found - known)) for key, found in self._cells.items() if key not in self.hidden and found - known]
        rows = _Rows(rest for _, rest in shown)
        for key in self.small:
            rest = self._cells[key] - known
            if rest and rows.span(rest):
                near = [other for other, parts in shown if parts & rest and other not in self._totals]
                self.hidden |= {self._smallest(near)} if near else self._totals
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


def hidden_cells(parts: Mapping[Hashable, Part], cells: Mapping[Hashable, Cell], *, also: Iterable[Hashable] = ()) -> frozenset[Hashable]:
    """The cells that must not be shown. `also`: those that are hidden for another reason, e.g. because another table hides the same."""
    hiding = _Hiding(parts, cells, also)
    hiding.settle()
    return frozenset(hiding.hidden)
