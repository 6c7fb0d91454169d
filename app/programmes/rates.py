"""Rates with the smallest denominators at which they are told: below, a single order would decide who is first."""

from __future__ import annotations

from collections.abc import Mapping

MINIMUM_DENOMINATORS: Mapping[str, int] = {
    "lost_per_order_placed_percent": 20,
    "returned_per_order_delivered_percent": 20,
    "buyers_per_unique_viewer_percent": 100,
    "net_per_session_vnd": 1,
    "placed_per_1000_views_vnd": 100,
}
_DECIMALS = 2


def percent(name: str, part: int, whole: int) -> float | None:
    """Null where the whole is below the minimum of this rate."""
    return None if whole < MINIMUM_DENOMINATORS[name] else round(part * 100 / whole, _DECIMALS)


def per_each(name: str, amount: int, count: int, *, times: int = 1) -> int | None:
    """Whole VND for each, or for so many of them; null where there are too few."""
    return None if count < MINIMUM_DENOMINATORS[name] else round(amount * times / count)
