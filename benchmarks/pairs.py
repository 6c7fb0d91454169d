"""Two things measured in turns, and what their pairs say. Pure.

The speed of a machine drifts, and by more than what two ways of doing the same differ. Two windows right after each other
see nearly the same machine, so the ratio within a pair holds where the ratio of two long phases does not.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Contender = TypeVar("Contender")


@dataclass(frozen=True, slots=True)
class Spread:
    """Middle and ends of some values."""

    median: float
    lowest: float
    highest: float
    count: int


@dataclass(frozen=True, slots=True)
class Pair:
    """The same measured of both, one right after the other. Both are above zero."""

    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        """Ours divided by theirs: above 1 when ours is more."""
        return self.ours / self.theirs


def spread_of(values: Iterable[float]) -> Spread | None:
    """None when there is no value."""
    known = list(values)
    return Spread(statistics.median(known), min(known), max(known), len(known)) if known else None


def ratios_of(pairs: Sequence[Pair]) -> Spread | None:
    """Each pair's own ratio, then their spread; never a ratio of two medians. Pairs without a figure on one side say nothing."""
    return spread_of(pair.ratio for pair in pairs if _is_figure(pair.ours) and _is_figure(pair.theirs))


def in_turns(number: int, ours: Contender, theirs: Contender) -> tuple[Contender, Contender]:
    """Who goes first and second in a pair: they take turns, so that a machine that slows down steadily favours nobody."""
    return (ours, theirs) if number % 2 == 0 else (theirs, ours)


def _is_figure(value: float) -> bool:
    return math.isfinite(value) and value > 0
