"""The text of a VietQR code: published codes, another library's opinion, and that whatever is built is read back."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qr_pay import QRPay  # type: ignore[import-untyped]  # it brings no types

from app.fulfilment.banks import banks
from app.fulfilment.vietqr import MEMO_MAX, VietQr, VietQrUnreadable, build_vietqr, crc_of, read_vietqr

# Published with a wrong version (00), so for its sum alone; and as a whole.
OF_THE_SUM = "00020001021238570010A00000072701270006970436011308810004580860208QRIBFTTA53037045802VN6304CD60"
PUBLISHED = "00020101021153037045802VN38540010A00000072701240006970436011010319334300208QRIBFTTA62220818Thanh toan hoa don6304FCE9"

_SIGNS = string.ascii_letters + string.digits
MEMOS = st.text(_SIGNS + " ", max_size=MEMO_MAX).map(str.strip)
TRANSFERS = st.builds(
    VietQr,
    bank_bin=st.text(string.digits, min_size=6, max_size=6),
    account_number=st.text(string.digits + string.ascii_uppercase, min_size=4, max_size=19),
    amount_vnd=st.none() | st.integers(1, 10**13 - 1),
    memo=MEMOS,
)


@pytest.mark.parametrize("published", [OF_THE_SUM, PUBLISHED])
def test_the_sum_of_a_published_code_is_ours(published: str) -> None:
    assert crc_of(published[:-4]) == published[-4:]


def test_a_published_code_is_read_though_its_fields_stand_in_another_order() -> None:
    assert read_vietqr(PUBLISHED) == VietQr("970436", "1031933430", None, "Thanh toan hoa don")


def test_a_code_of_another_version_is_not_read() -> None:
    with pytest.raises(VietQrUnreadable):
        read_vietqr(OF_THE_SUM)


@given(TRANSFERS)
def test_what_is_built_is_read_back(transfer: VietQr) -> None:
    assert read_vietqr(build_vietqr(transfer)) == transfer


@given(TRANSFERS)
def test_another_library_builds_the_same_text(transfer: VietQr) -> None:
    method = "STATIC" if transfer.amount_vnd is None else "DYNAMIC"
    other = QRPay(
        transfer.bank_bin,
        transfer.account_number,
        transfer.amount_vnd,
        transfer.memo or None,
        point_of_initiation_method=method,
    )

    assert build_vietqr(transfer) == other.code


@given(TRANSFERS, st.data())
def test_a_code_with_one_other_sign_is_not_read(transfer: VietQr, data: st.DataObject) -> None:
    text = build_vietqr(transfer)
    place = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from(_SIGNS).filter(lambda each: each != text[place]))

    with pytest.raises(VietQrUnreadable):
        read_vietqr(text[:place] + sign + text[place + 1 :])


@given(st.text(max_size=120))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    with pytest.raises(VietQrUnreadable):
        read_vietqr(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"bank_bin": "97043"},
        {"bank_bin": "97043x"},
        {"bank_bin": "٩٧٠٤٣٦"},
        {"account_number": "123"},
        {"account_number": "1" * 20},
        {"account_number": "12 34"},
        {"account_number": "abcd"},
        {"amount_vnd": 0},
        {"amount_vnd": -1},
        {"amount_vnd": 10**13},
        {"memo": "x" * 26},
        {"memo": "Bưởi"},
        {"memo": " OCOP"},
        {"memo": "a-b"},
    ],
)
def test_what_no_code_can_hold_is_refused(changes: dict[str, Any]) -> None:
    right: dict[str, Any] = {"bank_bin": "970436", "account_number": "1031933430", "amount_vnd": 1_000, "memo": "OCOP"}

    with pytest.raises(ValueError, match=r"\w"):
        VietQr(**(right | changes))


def test_every_bank_has_a_bin_of_its_own_and_a_name() -> None:
    found = banks()

    assert len(found) >= 45
    assert [bank for bank in found.values() if not (VietQr(bank.bin, "1234").bank_bin == bank.bin and bank.code and bank.name)] == []
    assert len({bank.code for bank in found.values()}) == len(found)
