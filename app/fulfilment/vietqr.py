"""The text of a VietQR code: to which account, how much, with which memo. Made and read here, both by the same rules.

EMVCo's tag-length-value as NAPAS 247 uses it (QR Format T&C 1.5.2, October 2022): 38 holds the application's id, the bank's BIN with the
account, and the service; 62-08 the memo; 63 is CRC-16/CCITT (FFFF, 1021) over everything before its value. All of it is ASCII: banks
drop diacritics, and some show none of a memo that has them.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import Final

MEMO_MAX: Final = 25
ACCOUNT_SHAPE: Final = re.compile(r"[0-9A-Z]{4,19}")
BIN_SHAPE: Final = re.compile(r"[0-9]{6}")
_MEMO_SHAPE: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z ]*[0-9A-Za-z])?")
_AMOUNT_SHAPE: Final = re.compile(r"[1-9][0-9]{0,12}")

_NAPAS = "A000000727"
_TO_ACCOUNT = "QRIBFTTA"
_VND, _VIETNAM, _VERSION = "704", "VN", "01"
_ONCE, _AGAIN = "12", "11"


class VietQrUnreadable(ValueError):
    """A text that is no VietQR code to an account, or was changed on its way."""


@dataclass(frozen=True, slots=True)
class VietQr:
    """A transfer to ask for: a bank's BIN of six digits, an account of it, whole VND (None: the payer says how much), an ASCII memo.

    Raises `ValueError` for what no code can hold.
    """

    bank_bin: str
    account_number: str
    amount_vnd: int | None = None
    memo: str = ""

    def __post_init__(self) -> None:
        if BIN_SHAPE.fullmatch(self.bank_bin) is None or ACCOUNT_SHAPE.fullmatch(self.account_number) is None:
            raise ValueError("a BIN has six digits, an account 4 to 19 digits or capital letters")
        if self.amount_vnd is not None and _AMOUNT_SHAPE.fullmatch(str(self.amount_vnd)) is None:
            raise ValueError("an amount has 1 to 13 digits and is more than nothing")
        if self.memo and (len(self.memo) > MEMO_MAX or _MEMO_SHAPE.fullmatch(self.memo) is None):
            raise ValueError(f"a memo has at most {MEMO_MAX} ASCII letters, digits and inner spaces")


def crc_of(text: str) -> str:
    """The four signs that close a code which begins with `text`."""
    return f"{binascii.crc_hqx(text.encode('ascii'), 0xFFFF):04X}"


def build_vietqr(transfer: VietQr) -> str:
    """The text for the QR code: for one payment where the amount is set, else for any number of them."""
    account = _field("00", transfer.bank_bin) + _field("01", transfer.account_number)
    amount = "" if transfer.amount_vnd is None else _field("54", str(transfer.amount_vnd))
    text = (
        _field("00", _VERSION)
        + _field("01", _AGAIN if transfer.amount_vnd is None else _ONCE)
        + _field("38", _field("00", _NAPAS) + _field("01", account) + _field("02", _TO_ACCOUNT))
        + _field("53", _VND)
        + amount
        + _field("58", _VIETNAM)
        + (_field("62", _field("08", transfer.memo)) if transfer.memo else "")
        + "6304"
    )
    return text + crc_of(text)


def read_vietqr(text: str) -> VietQr:
    """What a code asks for, whatever the order of its fields. Raises `VietQrUnreadable`."""
    if not text.isascii() or len(text) < 8 or text[-8:-4] != "6304" or crc_of(text[:-4]) != text[-4:]:
        raise VietQrUnreadable("the sum at its end does not fit")
    fields = _fields(text)
    if (fields.get("00"), fields.get("53"), fields.get("58")) != (_VERSION, _VND, _VIETNAM):
        raise VietQrUnreadable("no transfer in VND within Vietnam")
    to = _fields(fields.get("38", ""))
    if (to.get("00"), to.get("02")) != (_NAPAS, _TO_ACCOUNT):
        raise VietQrUnreadable("no transfer to an account over NAPAS")
    account = _fields(to.get("01", ""))
    amount = fields.get("54")
    if amount is not None and _AMOUNT_SHAPE.fullmatch(amount) is None:
        raise VietQrUnreadable("no amount in whole VND")
    try:
        return VietQr(
            bank_bin=account.get("00", ""),
            account_number=account.get("01", ""),
            amount_vnd=None if amount is None else int(amount),
            memo=_fields(fields.get("62", "")).get("08", ""),
        )
    except ValueError as error:
        raise VietQrUnreadable(str(error)) from error


def _field(tag: str, value: str) -> str:
    return f"{tag}{len(value):02}{value}"


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        tag, length = text[place : place + 2], text[place + 2 : place + 4]
        if not (tag.isdecimal() and len(tag) == 2 and length.isdecimal() and len(length) == 2):
            raise VietQrUnreadable("a field without tag and length")
        value = text[place + 4 : place + 4 + int(length)]
        if len(value) != int(length) or tag in found:
            raise VietQrUnreadable("a field that is cut off, or stands twice")
        found[tag] = value
        place += 4 + int(length)
    return found
