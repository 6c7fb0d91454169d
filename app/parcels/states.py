"""What a parcel can be, and its code. Pure."""

from __future__ import annotations

import re
import secrets
from typing import Final, Literal, get_args

from app.protocol.order_codes import ORDER_CODE_SIGNS

State = Literal["open", "packed", "handed_over", "dissolved"]
Look = Literal["order_changed", "order_over"]
"""Why somebody has to look at a parcel: an order in it has changed, or is cancelled, expired or come back."""
PackedBy = Literal["organisation", "producer"]

STATES: tuple[State, ...] = get_args(State)
LOOKS: tuple[Look, ...] = get_args(Look)
PACKED_BY: tuple[PackedBy, ...] = get_args(PackedBy)
WEIGHT_MAX_GRAMS: Final = 1_000_000
SIZE_MAX_CM: Final = 500
# On paper: so many of something, and the sides of a box.
TIMES: Final = "\u00d7"

# `P` and six signs: an order's code has seven of the same signs, so that the eighth, a dash, tells them apart wherever both are read.
_SIGNS: Final = 6
CODE_SHAPE: Final = f"P-[{ORDER_CODE_SIGNS}]{{{_SIGNS}}}"
_SPELT = re.compile(rf"P[\s.\-_#]*([{ORDER_CODE_SIGNS}]{{{_SIGNS}}})")


def new_code() -> str:
    """One of some 900 million; whoever stores it sees to it that the organisation has it once."""
    return "P-" + "".join(secrets.choice(ORDER_CODE_SIGNS) for _ in range(_SIGNS))


def read_code(typed: str) -> str | None:
    """The code as it is stored, from what was typed, scanned or read out; None when no parcel's code is spelt so."""
    spelt = _SPELT.fullmatch(typed[:40].strip().upper())
    return None if spelt is None else f"P-{spelt[1]}"


def words(names: tuple[str, ...]) -> str:
    """As a list of SQL."""
    return "({})".format(", ".join(f"'{name}'" for name in names))
