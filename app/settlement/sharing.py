"""Whole đồng shared without a remainder, and rates of it: the two rounding rules of settlements."""

from __future__ import annotations

from collections.abc import Sequence


def shared(amount_vnd: int, weights: Sequence[int]) -> list[int]:
    """`amount_vnd` (0 or more) in proportion to the weights (0 or more), in their order; the parts sum to exactly the amount.

    Each gets its proportion rounded down; what is left goes đồng by đồng to those who lost most by that, the earlier first. No part is
    greater than its weight as long as the amount is not greater than their sum. Without any weight the first gets all.
    """
    if not weights:
        return []
    whole = sum(weights)
    if whole == 0:
        return [amount_vnd, *[0] * (len(weights) - 1)]
    parts = [amount_vnd * weight // whole for weight in weights]
    lost_most = sorted(range(len(weights)), key=lambda place: (-(amount_vnd * weights[place] % whole), place))
    for place in lost_most[: amount_vnd - sum(parts)]:
        parts[place] += 1
    return parts


def per_mille(amount_vnd: int, rate: int) -> int:
    """`rate` thousandths of the amount, to the nearest đồng, halves away from zero: an amount taken back later cancels its tax exactly."""
    rounded = (abs(amount_vnd) * rate * 2 + 1000) // 2000
    return rounded if amount_vnd >= 0 else -rounded
