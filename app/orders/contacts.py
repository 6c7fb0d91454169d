"""Buyers' contact data: phone numbers, keyed digests that count without telling, the address snapshot, and all of it sealed."""

from __future__ import annotations

import base64
import hmac
import json
import re
import unicodedata
from dataclasses import dataclass
from operator import attrgetter
from uuid import UUID

import asyncpg
import phonenumbers
from phonenumbers import PhoneNumberType

from app.catalog.addresses import resolve_address
from app.infra.key_ring import KeyRing
from app.infra.sealing import DataKey, Envelopes, WrappedKey
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


@dataclass(frozen=True, slots=True)
class SealedContact:
    """A contact as it is stored: `sealed` opens with the order's data key, and that with the secret of `key_id`."""

    key_id: str
    wrapped_key: bytes
    sealed: bytes


_CONTACT, _COMPLAINT = b"contact\0", b"complaint\0"
_FIELDS = attrgetter(*Contact.__slots__)


def seal_contact(key: DataKey, order_id: UUID, contact: Contact) -> SealedContact:
    """Bound to its order: another order's row does not open it."""
    content = json.dumps(_FIELDS(contact), ensure_ascii=False, separators=(",", ":")).encode()
    return SealedContact(key.wrapped.key_id, key.wrapped.wrapped, key.seal(content, about=_CONTACT + order_id.bytes))


def data_key_of(envelopes: Envelopes, row: asyncpg.Record) -> DataKey | None:
    """The data key of an order's row in `order_contacts`; None once it is destroyed, and in rows of before that are not sealed yet."""
    return None if row["key_id"] is None else envelopes.open_key(WrappedKey(row["key_id"], row["wrapped_key"]))


def contact_of(envelopes: Envelopes, row: asyncpg.Record) -> Contact | None:
    """The contact in a row of `order_contacts` with the columns `CONTACT_COLUMNS`; None once it is erased. Raises `SealUnreadable`.

    Rows that code of before has written are in the clear until they are sealed (`app/fulfilment/old_rows.py`).
    """
    if (key := data_key_of(envelopes, row)) is not None:
        return Contact(*json.loads(key.open(row["sealed"], about=_CONTACT + row["order_id"].bytes)))
    if row["phone"] is None:
        return None
    plain = {name: row[name] for name in Contact.__slots__}
    return Contact(**plain | {"note": row["note"] or ""})


CONTACT_COLUMNS = ", ".join(
    f"c.{name}" for name in ("order_id", *Contact.__slots__, "key_id", "wrapped_key", "sealed", "changed_at", "erased_at")
)


def seal_words(key: DataKey, complaint_id: UUID, words: str) -> bytes:
    return key.seal(words.encode(), about=_COMPLAINT + complaint_id.bytes)


def open_words(key: DataKey | None, complaint_id: UUID, sealed: bytes | None, plain: str | None) -> str | None:
    """Words of a complaint or of its answer; None when there are none, or once the order's key is destroyed."""
    if sealed is None:
        return plain
    return None if key is None else key.open(sealed, about=_COMPLAINT + complaint_id.bytes).decode()


class Pseudonyms:
    """Keyed hashes: equal people give equal values, and nobody without the key can try out phone numbers.

    What is new is made with the current secret. Whatever compares tries all that are kept, so limits, repeats and links go on when the
    secret is replaced.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._keys = tuple(secret.derived("pseudonyms") for secret in ring.every)
        self._oldest = ring.oldest.derived("pseudonyms")

    def phone_digest(self, phone: str) -> bytes:
        return _phone_digest(self._keys[0], phone)

    def other_phone_digests(self, phone: str) -> tuple[bytes, ...]:
        """The same number as it was hashed with the other secrets that are kept; mostly none."""
        return tuple(_phone_digest(key, phone) for key in self._keys[1:])

    def request_digest(self, content: str) -> bytes:
        """Tells a repeated request from another; keyed, because it outlives the erasing of the person."""
        return _request_digest(self._keys[0], content)

    def other_request_digests(self, content: str) -> tuple[bytes, ...]:
        return tuple(_request_digest(key, content) for key in self._keys[1:])

    def link_token(self, session_id: UUID, device_id: UUID, key: UUID) -> str:
        """Opens the page of the order that a device placed under a key: 128 bits that a repeat of the order gets again."""
        return _link_token(self._keys[0], session_id, device_id, key)

    def is_link_token(self, token: str, session_id: UUID, device_id: UUID, key: UUID) -> bool:
        """Whether it is that order's; takes as long for a nearly right one as for a wrong one."""
        shown = token.encode("utf-8", "replace")
        fits = [hmac.compare_digest(shown, _link_token(each, session_id, device_id, key).encode()) for each in self._keys]
        return any(fits)

    def buyer_token(self, session_id: UUID, device_id: UUID) -> str:
        """Stands for a buyer within one session: in ledger, export and Redis instead of the person.

        Made with the oldest secret, so that nobody counts as two buyers because it was replaced during the session. A device's id is no
        phone number: without it nobody can try it out.
        """
        return hmac.digest(self._oldest, b"buyer\0" + session_id.bytes + device_id.bytes, "sha256")[:8].hex()


def _phone_digest(key: bytes, phone: str) -> bytes:
    return hmac.digest(key, b"phone\0" + phone.encode(), "sha256")[:16]


def _request_digest(key: bytes, content: str) -> bytes:
    return hmac.digest(key, b"request\0" + content.encode(), "sha256")[:16]


def _link_token(secret: bytes, session_id: UUID, device_id: UUID, key: UUID) -> str:
    digest = hmac.digest(secret, b"order link\0" + session_id.bytes + device_id.bytes + key.bytes, "sha256")
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
