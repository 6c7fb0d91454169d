"""Takes phone numbers out of what people write in public."""

from __future__ import annotations

import re
import unicodedata

# 0 or +84, then nine digits (mobile) or ten (landline), with the separators that people put between them. Prices do not fit:
# they do not start with a zero, and those that start with 84 are shorter.
_PHONE = re.compile(r"(?<![\d.,])(?:\+?84|0)(?:[\s.\-()]{0,3}\d){9,10}(?!\d)")
_SHOWN_FIRST = 4
_SHOWN_LAST = 3


def mask_phone_numbers(text: str) -> str:
    """The text with every Vietnamese phone number shortened to its first four and last three digits: 0912***678."""
    return _PHONE.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    digits = "".join(str(unicodedata.digit(char)) for char in found.group() if char.isdigit())
    national = "0" + digits[2:].removeprefix("0") if digits.startswith("84") else digits
    return f"{national[:_SHOWN_FIRST]}***{national[-_SHOWN_LAST:]}"
