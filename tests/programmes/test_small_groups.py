"""What is hidden because few bought in it cannot be had by adding and subtracting what is shown."""

from __future__ import annotations

import random
from collections.abc import Hashable, Mapping
from fractions import Fraction

import pytest

from app.programmes.small_groups import Cell, Part, hidden_cells, is_small
from app.programmes.summing import FEW


def part(*buyers: str, orders: int | None = None) -> Part:
    """Orders of these people, or of so many that nobody counts them."""
    return Part(len(buyers) if orders is None else orders, frozenset(buyers) if orders is None else None)


def many(orders: int = 50) -> Part:
    return part(orders=orders)


def table(name: str, **groups: set[str]) -> dict[Hashable, Cell]:
    return {(name, key): Cell(name, frozenset(parts)) for key, parts in groups.items()}


def sessions(parts: Mapping[Hashable, Part]) -> dict[Hashable, Cell]:
    whole = {("", None): Cell("", frozenset(parts))}
    return whole | {("session", key): Cell("session", frozenset({key})) for key in parts}


def can_be_had(parts: Mapping[Hashable, Part], cells: Mapping[Hashable, Cell], hidden: frozenset[Hashable]) -> list[Hashable]:
    """Small cells whose sum is a sum of differences of shown ones: exact elimination, over everything."""
    with_orders = [key for key, each in parts.items() if each.orders]
    rows = [[Fraction(key in cell.parts) for key in with_orders] for name, cell in cells.items() if name not in hidden]
    rank = rank_of(rows)
    small = [name for name, cell in cells.items() if is_small(parts[key] for key in cell.parts if key in parts)]
    return [name for name in small if rank_of([*rows, [Fraction(key in cells[name].parts) for key in with_orders]]) == rank]


def rank_of(rows: list[list[Fraction]]) -> int:
    rows, rank = [row.copy() for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((number for number in range(rank, len(rows)) if rows[number][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for number in range(rank + 1, len(rows)):
            if factor := rows[number][column] / rows[rank][column]:
                rows[number] = [one - factor * other for one, other in zip(rows[number], rows[rank], strict=True)]
        rank += 1
    return rank


def test_a_small_session_takes_the_next_smallest_along() -> None:
    parts: dict[Hashable, Part] = {"a": part("lan"), "b": many(9), "c": many(90)}

    assert hidden_cells(parts, sessions(parts)) == {("session", "a"), ("session", "b")}


def test_nobody_is_hidden_where_nobody_ordered() -> None:
    parts: dict[Hashable, Part] = {"a": part(), "b": many(), "c": many()}

    assert hidden_cells(parts, sessions(parts)) == frozenset()


def test_five_people_are_enough_and_one_who_came_back_is_one() -> None:
    assert not is_small([part("1", "2", "3"), part("3", "4", "5")])
    assert is_small([part("1", "2"), part("2", "1"), part("1", "2")])
    assert not is_small([part("1"), many()])


def test_what_is_shown_elsewhere_for_certain_stays_shown_and_others_go() -> None:
    parts: dict[Hashable, Part] = {"a": part("1"), "b": many(10), "c": many(20)}
    cells = sessions(parts) | {("known", "b"): Cell("known", frozenset({"b"}))}

    hidden = hidden_cells(parts, cells, fixed=frozenset({("known", "b")}))

    assert ("known", "b") not in hidden
    assert can_be_had(parts, cells, hidden) == []


def test_a_whole_of_few_buyers_is_hidden_with_all_in_it() -> None:
    parts: dict[Hashable, Part] = {"a": part("1"), "b": part("2")}

    assert hidden_cells(parts, sessions(parts)) == set(sessions(parts))


def test_two_small_ones_together_of_few_buyers_are_not_left_alone() -> None:
    parts: dict[Hashable, Part] = {"a": part("1"), "b": part("2"), "c": many(8), "d": many(80)}

    assert hidden_cells(parts, sessions(parts)) == {("session", "a"), ("session", "b"), ("session", "c")}


def test_another_table_does_not_give_away_what_one_hides() -> None:
    parts: dict[Hashable, Part] = {"a": part("1"), "b": many(10), "c": many(20), "d": many(30)}
    cells = sessions(parts) | table("week", w1={"a", "b"}, w2={"c", "d"}) | table("unit", u1={"a", "c"}, u2={"b"}, u3={"d"})

    hidden = hidden_cells(parts, cells)

    assert can_be_had(parts, cells, hidden) == []
    assert ("session", "a") in hidden


def test_one_small_session_takes_few_others_along() -> None:
    parts: dict[Hashable, Part] = {f"s{number:02}": many(10 + number) for number in range(12)}
    parts["s11"] = part("1", "2")
    cells = sessions(parts)
    for name, of in (("week", 2), ("month", 6)):
        cells |= {(name, group): Cell(name, frozenset(list(parts)[group * of : (group + 1) * of])) for group in range(12 // of)}
    cells |= {("commune", group): Cell("commune", frozenset(list(parts)[group::4])) for group in range(4)}

    hidden = hidden_cells(parts, cells)

    assert can_be_had(parts, cells, hidden) == []
    assert {key[0] for key in hidden if isinstance(key, tuple)} == {"session"}
    assert len(hidden) == 4


def test_differences_of_differences_are_found() -> None:
    """Without rule 4, (x + y - z) would be the small session: each shown sum has two hidden parts, and that is not enough."""
    parts: dict[Hashable, Part] = {"small": part("1"), "b": part("2", "3", "4"), "c": part("5", "6", "7"), "d": many(40), "e": many(50)}
    cells = sessions(parts) | table("one", x={"small", "b", "d"}, y={"c", "e"}) | table("two", x={"small", "c", "d"}, y={"b", "e"})
    cells |= table("three", x={"b", "c", "d"}, y={"small", "e"})

    assert can_be_had(parts, cells, hidden_cells(parts, cells)) == []


@pytest.mark.parametrize("seed", range(60))
def test_nothing_small_can_be_had_from_random_programmes(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - makes an example, no secret
    parts: dict[Hashable, Part] = {}
    people = [f"person {number}" for number in range(12)]
    members = [f"session {number}" for number in range(dice.randint(1, 14))]
    cells: dict[Hashable, Cell] = {("", None): Cell("", frozenset())}
    groups: dict[tuple[str, object], set[Hashable]] = {("", None): set()}
    for member in members:
        where = {"commune": dice.randrange(4), "unit": dice.choice([None, 1, 2])}
        weeks = dice.sample(range(4), dice.choice([1, 1, 1, 3]))
        for week in weeks:
            buyers = dice.sample(people, dice.randint(0, 4))
            parts[member, week] = many(dice.randint(5, 60)) if dice.random() < 0.6 else part(*buyers)
            for key in (("", None), ("session", member), ("week", week), ("month", week // 2), *where.items()):
                groups.setdefault(key, set()).add((member, week))
    cells = {key: Cell(key[0], frozenset(found)) for key, found in groups.items()}

    hidden = hidden_cells(parts, cells)

    assert can_be_had(parts, cells, hidden) == []
    shown_small = [key for key, cell in cells.items() if key not in hidden and is_small(parts[each] for each in cell.parts)]
    assert shown_small == []


def test_large_groups_are_shown_where_nothing_is_small() -> None:
    parts: dict[Hashable, Part] = {f"s{number}": many(FEW + number) for number in range(30)}

    assert hidden_cells(parts, sessions(parts)) == frozenset()
