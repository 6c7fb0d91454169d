"""What carriers say about a parcel, in our words, and what the ledger then has to say about its orders. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Literal, get_args

from app.ledger.kinds import EntryKind, may_follow

CarrierState = Literal["handed_over", "delivering", "delivered", "failed", "returning", "returned"]
"""The carrier has it; is on the way to the buyer; has delivered it; came in vain; brings it back; has brought it back."""
CARRIER_STATES: tuple[CarrierState, ...] = get_args(CarrierState)
ENDS: frozenset[CarrierState] = frozenset(("delivered", "returned"))
"""After these nothing but the other one is news."""
NOT_DELIVERED = "not_delivered"
"""Why an order is cancelled whose parcel came back unopened."""


def folded_state(text: str) -> str:
    """A carrier's words as they are compared: composed, small, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def steps_for(state: CarrierState, had: Collection[str]) -> list[tuple[EntryKind, str]]:
    """The facts, each with its reason, that follow for an order that has had these kinds. None where the ledger knows it, or has no word for it.

    A carrier that has a parcel has got it from us, whether anybody said so or not. `returned` gives the units back: an order that was
    delivered before is returned, one that never was is cancelled.
    """
    wanted: list[tuple[EntryKind, str]] = []
    if "handed_over" not in had and state != "returned":
        wanted.append(("handed_over", ""))
    match state:
        case "delivered":
            wanted += [] if "delivered" in had else [("delivered", "")]
        case "failed":
            wanted.append(("delivery_failed", ""))
        case "returned":
            wanted.append(("returned", "") if "delivered" in had else ("cancelled", NOT_DELIVERED))
        case _:
            pass
    taken, steps = set(had), []
    for kind, reason in wanted:
        if may_follow(kind, taken):
            taken.add(kind)
            steps.append((kind, reason))
    return steps


def is_news(state: CarrierState, before: CarrierState | None, *, is_later: bool) -> bool:
    """Whether a parcel that stands at `before` moves to `state`: what happened earlier than the newest, or again, does not move it."""
    if before is None:
        return True
    if before in ENDS:
        return state in ENDS and state != before and is_later
    return is_later and state != before
