"""How an order is called among people: seven signs that can be read out on the phone, the last of them a check on the others.

Without 0, O, 1, I and L, which look alike. The codes themselves are made by the database (`next_order_codes`, see migrations/), in an
order that nobody can guess: what is known here is how they are spelt.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import Field

ORDER_CODE_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
ORDER_CODE_LENGTH: Final = 7

OrderCode = Annotated[str, Field(json_schema_extra={"pattern": f"^[{ORDER_CODE_SIGNS}]{{{ORDER_CODE_LENGTH}}}$", "examples": ["K7M2PAE"]})]

# What people put between the signs when they write a code down.
_BETWEEN = re.compile(r"[\s.\-_#]+")
_VALUES = {sign: value for value, sign in enumerate(ORDER_CODE_SIGNS)}


def check_sign(signs: str) -> str:
    """The last sign of a code that begins with `signs`: finds every single slip, and every two signs that changed places."""
    return ORDER_CODE_SIGNS[sum(place * _VALUES[sign] for place, sign in enumerate(signs, start=1)) % len(ORDER_CODE_SIGNS)]


def read_order_code(typed: str) -> str | None:
    """The code as it is stored, from what somebody typed or read out; None when no code is spelt so."""
    code = _BETWEEN.sub("", typed[: 4 * ORDER_CODE_LENGTH]).upper()
    if len(code) != ORDER_CODE_LENGTH or not _VALUES.keys() >= set(code):
        return None
    return code if check_sign(code[:-1]) == code[-1] else None
