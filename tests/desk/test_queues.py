"""What is next with an order, and when somebody who was not reached is called again."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations

import pytest

from app.desk.queues import QUEUES, Facts, Queue, call_again_at, queue_of
from app.infra.clock import VIETNAM_TIME
from app.ledger.kinds import LATER_KINDS
from app.settings import DeskSettings

COD, TRANSFER = "cod", "transfer"


@pytest.mark.parametrize(
    ("queue", "facts"),
    [
        ("first", Facts(["placed"], COD)),
        ("second", Facts(["placed"], COD, tries=1)),
        ("third", Facts(["placed"], COD, tries=2)),
        ("given_up", Facts(["placed"], COD, tries=3)),
        ("given_up", Facts(["placed"], COD, is_wrong_number=True)),
        ("money", Facts(["placed"], TRANSFER)),
        ("money", Facts(["placed", "confirmed"], TRANSFER)),
        ("pack", Facts(["placed", "paid"], TRANSFER)),
        ("pack", Facts(["placed", "confirmed"], COD, tries=3)),
        ("again", Facts(["placed", "confirmed"], COD, asks_again=True)),
        ("sent", Facts(["placed", "confirmed", "handed_over", "delivery_failed"], COD, asks_again=True)),
        ("money", Facts(["placed", "confirmed", "handed_over"], TRANSFER)),
        ("collect", Facts(["placed", "confirmed", "delivered"], COD)),
        ("over", Facts(["placed", "confirmed", "delivered", "paid"], COD)),
        ("over", Facts(["placed", "expired"], COD)),
        ("over", Facts(["placed", "cancelled"], COD, asks_again=True)),
        ("refund", Facts(["placed", "paid", "cancelled"], TRANSFER)),
        ("over", Facts(["placed", "paid", "cancelled", "refunded"], TRANSFER)),
        ("refund", Facts(["placed", "confirmed", "delivered", "paid", "returned"], COD)),
    ],
)
def test_an_order_waits_for_what_is_next(queue: Queue, facts: Facts) -> None:
    assert queue_of(facts) == queue


def test_every_history_has_a_place() -> None:
    for size in range(len(LATER_KINDS) + 1):
        for had in combinations(LATER_KINDS, size):
            for payment in (COD, TRANSFER):
                assert queue_of(Facts(["placed", *had], payment, tries=9)) in QUEUES


def at(hour: int, minute: int = 0, day: int = 28) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=VIETNAM_TIME)


@pytest.mark.parametrize(
    ("tries", "now", "then"),
    [
        (1, at(9), at(9, 30)),
        (2, at(9), at(11)),
        (3, at(9), at(8, day=29)),
        (1, at(20, 45), at(8, day=29)),
        (2, at(23, 30), at(8, day=29)),
        (1, at(3), at(8)),
        (3, at(1), at(8, day=29)),
    ],
)
def test_the_next_try_comes_by_the_settings_and_never_at_night(tries: int, now: datetime, then: datetime) -> None:
    assert call_again_at(tries, now, DeskSettings()) == then


def test_with_one_pause_the_second_try_is_followed_by_the_next_morning() -> None:
    assert call_again_at(2, at(9), DeskSettings(call_again_minutes=(10,))) == at(8, day=29)
