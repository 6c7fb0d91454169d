"""Token buckets grant a burst and then a pace."""

from __future__ import annotations

import pytest

from app.realtime.rate_limit import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_pace():
    clock = Clock()
    bucket = TokenBucket(per_second=2, burst=3, now=clock)

    assert [bucket.take() for _ in range(4)] == [0, 0, 0, pytest.approx(0.5)]
    clock.now += 0.5
    assert bucket.take() == 0
    assert bucket.take() == pytest.approx(0.5)


def test_a_refusal_costs_nothing_and_rest_is_not_saved_beyond_the_burst():
    clock = Clock()
    bucket = TokenBucket(per_second=1, burst=2, now=clock)
    for _ in range(100):
        bucket.take()

    clock.now += 1_000

    assert [bucket.take() == 0 for _ in range(3)] == [True, True, False]
