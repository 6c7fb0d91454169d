"""Sorts of amounts that people enter by hand, and which way they count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from app.protocol.text import Line

ChargeKind = Literal["carrier_fee", "deduction", "addition"]
CHARGE_KINDS: Final[Mapping[ChargeKind, int]] = {"carrier_fee": -1, "deduction": -1, "addition": 1}
"""With the sign they have in what is payable."""
REASON: Final = Line(200)
AMOUNT_MOST_VND: Final = 100_000_000_000
"""More is a slip of the finger."""
