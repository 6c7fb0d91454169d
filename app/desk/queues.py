"""What is next with an order, from what has happened to it; and when a buyer who was not reached is called again. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args

from app.infra.clock import VIETNAM_TIME
from app.ledger.kinds import RELEASING_KINDS
from app.settings import DeskSettings

Queue = Literal["first", "second", "third", "given_up", "again", "money", "pack", "sent", "collect", "refund", "over"]
"""To call the first, second, third time; called in vain; to confirm again; waits for money; to pack and send; on its way; delivered, the
money to collect; money to give back; nothing left to do."""
Outcome = Literal["agreed", "no_answer", "busy", "wrong_number", "call_back", "refused"]

QUEUES: tuple[Queue, ...] = get_args(Queue)
OPEN_QUEUES: tuple[Queue, ...] = tuple(queue for queue in QUEUES if queue != "over")
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# Nobody was there: counts as a try.
VAIN: tuple[Outcome, ...] = ("no_answer", "busy")
_BY_TRIES: tuple[Queue, ...] = ("first", "second", "third")
TRIES = len(_BY_TRIES)
# Where nothing was agreed yet: worked through in the order in which the orders came; with those in which people are called.
FRESH_QUEUES: tuple[Queue, ...] = (*_BY_TRIES, "given_up", "money")
CALLED_QUEUES: tuple[Queue, ...] = (*FRESH_QUEUES, "again")
# Where a buyer may still want something else than what was agreed.
OPEN_TO_QUESTIONS: tuple[Queue, ...] = (*CALLED_QUEUES, "pack")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an order. `had`: kinds of its entries, with the step that is held back; `tries`: calls that reached nobody."""

    had: Collection[str]
    payment: str
    tries: int = 0
    is_wrong_number: bool = False
    asks_again: bool = False


def queue_of(facts: Facts) -> Queue:
    """Where the order waits now."""
    had, is_paid = facts.had, "paid" in facts.had
    if "returned" in had or not RELEASING_KINDS.isdisjoint(had):
        return "refund" if is_paid and "refunded" not in had else "over"
    if "delivered" in had:
        return "over" if is_paid else "collect"
    if facts.payment == "transfer" and not is_paid:
        return "money"
    if "handed_over" in had:
        return "sent"
    if is_paid or "confirmed" in had:
        return "again" if facts.asks_again else "pack"
    if facts.is_wrong_number or facts.tries >= TRIES:
        return "given_up"
    return _BY_TRIES[facts.tries]


def call_again_at(tries: int, now: datetime, settings: DeskSettings) -> datetime:
    """When to call after so many calls in vain: after minutes by setting, after the last of them the next morning; never at night."""
    waits = settings.call_again_minutes
    if tries > len(waits):
        return _next_morning(now, settings)
    then = now + timedelta(minutes=waits[tries - 1])
    local = then.astimezone(VIETNAM_TIME)
    if local.hour >= settings.call_until_hour:
        return _next_morning(then, settings)
    if local.hour < settings.call_from_hour:
        return local.replace(hour=settings.call_from_hour, minute=0, second=0, microsecond=0)
    return then


def _next_morning(now: datetime, settings: DeskSettings) -> datetime:
    local = now.astimezone(VIETNAM_TIME)
    return datetime.combine(local.date() + timedelta(days=1), time(settings.call_from_hour), tzinfo=VIETNAM_TIME)
