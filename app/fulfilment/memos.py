"""The memo by which a transfer finds its order, and how it is found again in what a bank makes of it.

`OCOP` and the order's code, 11 signs: unique because the code is, ASCII without spaces so that no bank changes it, and closed by the code's
own check sign, so that of 31 texts that happen to begin so 30 are not taken for an order. Banks put words before and after, glue them on,
change case, cut in spaces and dots; none of that hurts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from app.protocol.order_codes import ORDER_CODE_LENGTH, ORDER_CODE_SIGNS, read_order_code

MEMO_PREFIX: Final = "OCOP"
# What of a bank's text is looked at; theirs are much shorter.
_LOOKED_AT = 500
_MARKED = re.compile(rf"(?=[O0]C[O0]P([{ORDER_CODE_SIGNS}]{{{ORDER_CODE_LENGTH}}}))")
_WORD = re.compile(r"[0-9A-Z]+")


def memo_of(order_code: str) -> str:
    """What the buyer writes with the transfer."""
    return f"{MEMO_PREFIX}{order_code}"


def codes_in(text: str) -> list[str]:
    """Codes of orders that a bank's text names behind `OCOP`, each once, in their order; usually one or none."""
    glued = "".join(_WORD.findall(_plain(text)))
    return _read(_MARKED.findall(glued))


def bare_codes_in(text: str) -> list[str]:
    """Words of their own that are spelt like a code, for those who typed it without `OCOP`. Only an order of the very amount makes it one."""
    return _read(word for word in _WORD.findall(_plain(text)) if len(word) == ORDER_CODE_LENGTH)


def _read(found: Iterable[str]) -> list[str]:
    codes = dict.fromkeys(read_order_code(each) for each in found)
    return [code for code in codes if code is not None]


def _plain(text: str) -> str:
    """Capital ASCII letters without marks, as banks write."""
    decomposed = unicodedata.normalize("NFD", text[:_LOOKED_AT]).upper().replace("\u0110", "D")
    return "".join(char for char in decomposed if not unicodedata.combining(char))
