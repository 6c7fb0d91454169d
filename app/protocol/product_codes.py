"""Short codes of a session's products, which viewers say in comments: A1, A2 …, or the organiser's own."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

_SHAPE: Final = re.compile(r"(?P<letters>[A-Z]{1,4})(?P<number>[1-9][0-9]{0,2})")
# Before a number these letters mean something else in comments: x2 and SL2 (how many), T2 (Monday), 5K and K5 (thousands), H5 (o'clock).
_TAKEN_LETTERS: Final = frozenset({"X", "SL", "T", "K", "H"})


def is_product_code(text: str) -> bool:
    """Whether a comment can name a product by it: one to four letters, then a number from 1 to 999."""
    found = _SHAPE.fullmatch(text)
    return found is not None and found["letters"] not in _TAKEN_LETTERS


def _checked(text: str) -> str:
    code = text.strip().upper()
    if not is_product_code(code):
        raise ValueError("must be one to four letters and a number from 1 to 999, other than X, SL, T, K and H")
    return code


ProductCode = Annotated[str, AfterValidator(_checked)]
