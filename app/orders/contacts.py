"""Buyers' contact data: phone numbers, keyed digests that count without telling, and the address snapshot."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

import phonenumbers
from phonenumbers import PhoneNumberType

from app.catalog.addresses import resolve_address
from app.orders.errors import InvalidPhone
from app.protocol.client_commands import Buyer
from app.protocol.text import clean_text


@dataclass(frozen=True, slots=True)
class Contact:
    """A checked buyer: phone in E.164, names of ward and province as they are on the day of the order."""

    name: str
    phone: str
    province_code: int
    province_name: str
    ward_code: int
    ward_name: str
    street: str
    note: str


# Digits of any script with the signs that people put between them. `phonenumbers` would read letters as keys and take extensions.
_SPELLING = re.compile(r"\+?[\d\s().\-\u2010-\u2015/_·]+")
_VIETNAM = phonenumbers.PhoneMetadata.metadata_for_region("VN")
# How the library itself knows a mobile number, without the leading zero: nearly every buyer has one, and is spared the rest of its work.
_MOBILE = re.compile((_VIETNAM and _VIETNAM.mobile and _VIETNAM.mobile.national_number_pattern) or "(?!)")
_CALLABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def normalise_phone(phone: str) -> str:
    """E.164 of a Vietnamese mobile or landline number in any usual spelling: one that a courier can call. Raises `InvalidPhone`."""
    phone = unicodedata.normalize("NFKC", clean_text(phone))
    if _SPELLING.fullmatch(phone) is None:
        raise InvalidPhone
    phone = re.sub(r"[^\d+]", "", phone)
    if phone.startswith("0") and phone[1:2] != "1" and phone.isascii() and _MOBILE.fullmatch(phone, 1) is not None:
        return f"+84{phone[1:]}"
    try:
        number = phonenumbers.parse(phone, "VN")
    except phonenumbers.NumberParseException as error:
        raise InvalidPhone from error
    # National numbers that begin with 1 are kept for machines and services.
    if number.country_code != 84 or phonenumbers.number_type(number) not in _CALLABLE or str(number.national_number)[0] == "1":
        raise InvalidPhone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def checked_contact(buyer: Buyer) -> Contact:
    """The contact of an order, or `InvalidPhone` / `InvalidAddress`."""
    phone = normalise_phone(buyer.phone)
    address = resolve_address(buyer.address.province_code, buyer.address.ward_code)
    return Contact(
        name=buyer.name,
        phone=phone,
        province_code=buyer.address.province_code,
        province_name=address.province_name,
        ward_code=buyer.address.ward_code,
        ward_name=address.ward_name,
        street=buyer.address.street,
        note=buyer.note,
    )


class Pseudonyms:
    """Keyed hashes: equal people give equal values, and nobody without the key can try out phone numbers."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"ocop-live pseudonyms\0" + secret.encode()).digest()

    def phone_digest(self, phone: str) -> bytes:
        return hmac.digest(self._key, b"phone\0" + phone.encode(), "sha256")[:16]

    def request_digest(self, content: str) -> bytes:
        """Tells a repeated request from another; keyed, because it outlives the erasing of the person."""
        return hmac.digest(self._key, b"request\0" + content.encode(), "sha256")[:16]

    def link_token(self, session_id: UUID, device_id: UUID, key: UUID) -> str:
        """Opens the page of the order that a device placed under a key: 128 bits that a repeat of the order gets again."""
        digest = hmac.digest(self._key, b"order link\0" + session_id.bytes + device_id.bytes + key.bytes, "sha256")
        return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()

    def is_link_token(self, token: str, session_id: UUID, device_id: UUID, key: UUID) -> bool:
        """Whether it is that order's; takes as long for a nearly right one as for a wrong one."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.link_token(session_id, device_id, key).encode())

    def buyer_token(self, session_id: UUID, device_id: UUID) -> str:
        """Stands for a buyer within one session: in ledger, export and Redis instead of the person."""
        return hmac.digest(self._key, b"buyer\0" + session_id.bytes + device_id.bytes, "sha256")[:8].hex()
