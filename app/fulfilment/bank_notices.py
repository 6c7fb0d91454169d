"""Notices of SePay and of Casso: whether they are genuine, and what they say.

SePay (developer.sepay.vn): `Authorization: Apikey …`, or `X-SePay-Signature: sha256=…`, an HMAC-SHA256 over `timestamp.body` with
`X-SePay-Timestamp`. Casso v2 (developer.casso.vn): `X-Casso-Signature: t=…,v1=…`, an HMAC-SHA512 over `t.` and the body as JSON with its
keys sorted. Ids make a repeat harmless, so the age of a signature is not judged: a notice that comes late is still money.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.errors import MalformedRequest
from app.fulfilment.bank_lines import BankLine
from app.fulfilment.money_kinds import WORDS, Provider
from app.infra.problems import field_problems
from app.protocol.amounts import EARLIEST, LATEST, VND_MAX
from app.protocol.text import Line

NOTICE_MAX_BYTES = 64 * 1024
LINES_MAX = 100
_VIETNAM = timezone(timedelta(hours=7))
_CASSO_SIGNATURE = re.compile(r"t=(\d{1,20}),\s*v1=([0-9a-fA-F]{128})")
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?")


def is_genuine(provider: Provider, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether whoever sent this knows the secret. `headers` by small names."""
    return _GENUINE[provider](secret, headers, body)


def lines_of(provider: Provider, body: bytes) -> list[BankLine]:
    """What a genuine notice says; nothing for a provider's own test. Raises `MalformedRequest`."""
    try:
        return _READ[provider](body)
    except ValidationError as error:
        raise MalformedRequest(details={"errors": field_problems(error.errors())}) from error


def _is_sepays(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    if (signature := headers.get("x-sepay-signature")) is not None:
        timestamp = headers.get("x-sepay-timestamp", "")
        expected = hmac.new(secret.encode(), timestamp.encode("latin-1", "replace") + b"." + body, hashlib.sha256).hexdigest()
        return _same(expected, signature.strip().removeprefix("sha256=").lower())
    kind, _, shown = headers.get("authorization", "").partition(" ")
    return kind.lower() == "apikey" and _same(secret, shown.strip())


def _is_cassos(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    found = _CASSO_SIGNATURE.fullmatch(headers.get("x-casso-signature", "").strip())
    sorted_body = _sorted_json(body)
    if found is None or sorted_body is None:
        return False
    expected = hmac.new(secret.encode(), f"{found[1]}.{sorted_body}".encode("utf-8", "surrogatepass"), hashlib.sha512).hexdigest()
    return _same(expected, found[2].lower())


def _sorted_json(body: bytes) -> str | None:
    """As JavaScript's JSON.stringify writes it, the keys of every object in order; None for what is no JSON."""
    try:
        content = json.loads(body, parse_float=_as_javascript, parse_constant=_no_number)
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError, TypeError):
        return None


def _as_javascript(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def _no_number(text: str) -> None:
    raise ValueError(text)


def _same(expected: str, shown: str) -> bool:
    return hmac.compare_digest(expected.encode(), shown.encode("utf-8", "replace"))


def _moment(text: object) -> datetime:
    """`2026-11-28 13:52:01` is Vietnam's time where nothing else is said."""
    found = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError("must be a day and a time")
    moment = datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or ''}")
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=_VIETNAM)
    if not EARLIEST <= moment < LATEST:
        raise ValueError("must be between 2000 and 2100")
    return moment


def _name(value: object) -> str:
    """Ids are numbers with one provider and texts with another, and references may be missing."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be a number or a text")  # noqa: TRY004 - pydantic wants a ValueError
    return _NAME.checked(str(value)[:_READ_MAX])


def _words(value: object) -> str:
    """A bank's text, cleaned and cut to what people read of it."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("must be a text")  # noqa: TRY004 - the same
    return _LONG.checked(value[:_READ_MAX])[: WORDS.most]


_READ_MAX = 2_000
_NAME = Line(80, needs="nothing")
_LONG = Line(_READ_MAX, needs="nothing")
_Moment = Annotated[datetime, BeforeValidator(_moment)]
_Whole = Annotated[int, Field(ge=-VND_MAX, le=VND_MAX)]
_Name = Annotated[str, BeforeValidator(_name)]
_Words = Annotated[str, BeforeValidator(_words)]


class _SePayNotice(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: _Name = Field(min_length=1)
    received_at: _Moment = Field(alias="transactionDate")
    way: Literal["in", "out"] = Field(alias="transferType")
    amount: _Whole = Field(alias="transferAmount")
    words: _Words = Field("", alias="content")
    reference: _Name = Field("", alias="referenceCode")


class _CassoLine(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: _Name = Field(min_length=1)
    received_at: _Moment = Field(alias="transactionDateTime")
    amount: _Whole
    words: _Words = Field("", alias="description")
    reference: _Name = ""


class _CassoNotice(BaseModel):
    """One line, or a list of them as earlier versions sent."""

    model_config = ConfigDict(extra="ignore")

    data: _CassoLine | Annotated[list[_CassoLine], Field(max_length=LINES_MAX)]


# What a provider sends when somebody presses "test".
_TEST_ID = "0"


def _sepays(body: bytes) -> list[BankLine]:
    notice = _SePayNotice.model_validate_json(body)
    if notice.id == _TEST_ID:
        return []
    amount = notice.amount if notice.way == "in" else -abs(notice.amount)
    return [BankLine("sepay", amount, notice.received_at, notice.words, notice.reference, notice.id)]


def _cassos(body: bytes) -> list[BankLine]:
    data = _CassoNotice.model_validate_json(body).data
    lines = data if isinstance(data, list) else [data]
    return [BankLine("casso", each.amount, each.received_at, each.words, each.reference, each.id) for each in lines if each.id != _TEST_ID]


_GENUINE: Mapping[Provider, Callable[[str, Mapping[str, str], bytes], bool]] = {"sepay": _is_sepays, "casso": _is_cassos}
_READ: Mapping[Provider, Callable[[bytes], list[BankLine]]] = {"sepay": _sepays, "casso": _cassos}
