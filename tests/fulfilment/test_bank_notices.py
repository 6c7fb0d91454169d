"""Notices of SePay and Casso: which are genuine, what they say, and that nothing in them breaks us."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MalformedRequest
from app.fulfilment.bank_notices import is_genuine, lines_of

SECRET = "a-secret-of-the-tests-alone"
SEPAY: dict[str, Any] = {
    "id": 92704,
    "gateway": "Vietcombank",
    "transactionDate": "2026-11-28 14:02:37",
    "accountNumber": "1031933430",
    "code": None,
    "content": "MBVCB.3278907687.OCOPK7M2PAE.CT tu 0123499999 NGUYEN THI LAN",
    "transferType": "in",
    "transferAmount": 258000,
    "accumulated": 19077000,
    "subAccount": None,
    "referenceCode": "MBVCB.3278907687",
    "description": "",
}
# As Casso publishes it to try one's own check with.
CASSO_KEY = "mgExMrjj4i7a1p8Cs6LmFbpCd8lbw4sSX4LZXPag7TKazeIogtR90tvWYTkwQbvs"
CASSO_SIGNATURE = (
    "t=1727948258788,v1=ed0a4bd2e826d5cb69988cdb141e6c1a080e21f3b57eb72cd78192220042b9e7"
    "dde0868fc667faea8e224900fa7904e7c88dfa098032fb2d6b6996856e8b7ff3"
)
CASSO: dict[str, Any] = {
    "error": 0,
    "data": {
        "id": 0,
        "reference": "MA_GIAO_DICH_THU_NGHIEM",
        "description": "giao dich thu nghiem",
        "amount": 599000,
        "runningBalance": 25000000,
        "transactionDateTime": "2024-10-03 15:06:37",
        "accountNumber": "88888888",
        "bankName": "VPBank",
        "bankAbbreviation": "VPB",
        "virtualAccountNumber": "",
        "virtualAccountName": "",
        "counterAccountName": "NGUYEN VAN A",
        "counterAccountNumber": "8888888888",
        "counterAccountBankId": "970415",
        "counterAccountBankName": "VietinBank",
    },
}


def as_bytes(notice: object) -> bytes:
    return json.dumps(notice, ensure_ascii=False).encode()


def signed_by_sepay(body: bytes, secret: str = SECRET, timestamp: str = "1795845757") -> dict[str, str]:
    signature = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"x-sepay-signature": f"sha256={signature}", "x-sepay-timestamp": timestamp}


def signed_by_casso(notice: object, secret: str = SECRET, timestamp: str = "1795845757000") -> dict[str, str]:
    text = json.dumps(notice, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    signature = hmac.new(secret.encode(), f"{timestamp}.{text}".encode(), hashlib.sha512).hexdigest()
    return {"x-casso-signature": f"t={timestamp},v1={signature}"}


def test_a_published_signature_of_casso_fits_whatever_the_order_of_keys() -> None:
    backwards = dict(reversed(CASSO.items())) | {"data": dict(reversed(CASSO["data"].items()))}

    for notice in (CASSO, backwards):
        assert is_genuine("casso", CASSO_KEY, {"x-casso-signature": CASSO_SIGNATURE}, as_bytes(notice))
        assert is_genuine("casso", CASSO_KEY, {"x-casso-signature": CASSO_SIGNATURE}, json.dumps(notice, indent=2).encode())


@pytest.mark.parametrize("words", ["Nguyễn Thị Lan chuyển khoản", 'a/b \\ "c" \u2028', "tab\t line\n bell\u0007", "🐝 \u007f"])
def test_a_signature_of_casso_fits_a_body_with_any_words(words: str) -> None:
    notice = CASSO | {"data": CASSO["data"] | {"description": words, "amount": 599_000}}

    assert is_genuine("casso", SECRET, signed_by_casso(notice), json.dumps(notice).encode())
    assert is_genuine("casso", SECRET, signed_by_casso(notice), as_bytes(notice).replace(b"599000", b"599000.0"))


@pytest.mark.parametrize(
    "signature",
    ["", "t=1,v1=", CASSO_SIGNATURE[:-1] + "0", CASSO_SIGNATURE.replace("t=1", "t=2"), "v1=x,t=1", CASSO_SIGNATURE + ",v2=1", "\xff" * 300],
)
def test_another_signature_of_casso_does_not(signature: str) -> None:
    assert not is_genuine("casso", CASSO_KEY, {"x-casso-signature": signature}, as_bytes(CASSO))


def test_a_changed_body_is_not_genuine() -> None:
    changed = CASSO | {"data": CASSO["data"] | {"amount": 5_990_000}}
    body = as_bytes(SEPAY)

    assert not is_genuine("casso", CASSO_KEY, {"x-casso-signature": CASSO_SIGNATURE}, as_bytes(changed))
    assert not is_genuine("sepay", SECRET, signed_by_sepay(body), body.replace(b"258000", b"958000"))


def test_sepay_is_known_by_its_key_or_its_signature() -> None:
    body = as_bytes(SEPAY)

    assert is_genuine("sepay", SECRET, {"authorization": f"Apikey {SECRET}"}, body)
    assert is_genuine("sepay", SECRET, signed_by_sepay(body), body)
    # Who signs is judged by the signature, whatever key comes with it.
    assert not is_genuine("sepay", SECRET, signed_by_sepay(body, "another") | {"authorization": f"Apikey {SECRET}"}, body)
    for shown in ("", "Apikey", "Apikey ", f"Bearer {SECRET}", f"Apikey {SECRET}x", f"Apikey {SECRET[:-1]}", "Apikey \xff"):
        assert not is_genuine("sepay", SECRET, {"authorization": shown}, body)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 50_000, b"\xff\xfe", b'{"a":NaN}', b'{"a":1e999}', b'"\\ud800"'])
def test_what_is_no_json_is_not_cassos(body: bytes) -> None:
    assert not is_genuine("casso", CASSO_KEY, {"x-casso-signature": CASSO_SIGNATURE}, body)


def test_a_notice_says_how_much_came_when_and_with_which_words() -> None:
    (sepay,) = lines_of("sepay", as_bytes(SEPAY))
    (casso,) = lines_of("casso", as_bytes(CASSO | {"data": CASSO["data"] | {"id": 77}}))

    assert (sepay.source, sepay.amount_vnd, sepay.reference, sepay.provider_id) == ("sepay", 258_000, "MBVCB.3278907687", "92704")
    assert sepay.received_at == datetime(2026, 11, 28, 7, 2, 37, tzinfo=UTC)
    assert "OCOPK7M2PAE" in sepay.words
    assert (casso.source, casso.amount_vnd, casso.provider_id) == ("casso", 599_000, "77")


def test_money_that_goes_out_is_less_than_nothing_and_a_providers_test_is_nothing() -> None:
    assert [line.amount_vnd for line in lines_of("sepay", as_bytes(SEPAY | {"transferType": "out"}))] == [-258_000]
    assert lines_of("casso", as_bytes(CASSO)) == []
    assert lines_of("sepay", as_bytes(SEPAY | {"id": 0})) == []


def test_several_lines_of_casso_may_come_together() -> None:
    lines = [CASSO["data"] | {"id": number, "amount": -number} for number in range(1, 4)]

    assert [line.amount_vnd for line in lines_of("casso", as_bytes({"data": lines}))] == [-1, -2, -3]


@pytest.mark.parametrize(
    "changes",
    [
        {"transferAmount": 10**30},
        {"transferAmount": 1.5},
        {"transferAmount": "x"},
        {"transferAmount": None},
        {"transferType": "sideways"},
        {"transactionDate": "28/11/2026"},
        {"transactionDate": "2026-02-30 10:00:00"},
        {"transactionDate": "9999-12-31 23:59:59"},
        {"transactionDate": 5},
        {"id": None},
        {"id": True},
        {"id": ""},
        {"id": [1]},
        {"id": "\ud800"},
        {"content": {"a": 1}},
        {"referenceCode": "x" * 1_000},
    ],
)
def test_a_genuine_notice_that_cannot_be_read_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedRequest):
        lines_of("sepay", json.dumps(SEPAY | changes).encode())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_read_or_refused(content: object) -> None:
    for provider in ("sepay", "casso"):
        with pytest.raises(MalformedRequest):
            lines_of(provider, json.dumps(content).encode())


@given(st.binary(max_size=200), st.text(max_size=80))
def test_any_bytes_and_header_are_not_genuine(body: bytes, shown: str) -> None:
    assert not is_genuine("sepay", SECRET, {"authorization": shown, "x-sepay-signature": shown}, body)
    assert not is_genuine("casso", SECRET, {"x-casso-signature": shown}, body)
