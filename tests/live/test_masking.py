"""Phone numbers never reach the room; prices and dates stay readable."""

from __future__ import annotations

import pytest

from app.live.masking import mask_phone_numbers


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("gọi em 0912345678 nhé", "gọi em 0912***678 nhé"),
        ("0912.345.678", "0912***678"),
        ("0912 345 678", "0912***678"),
        ("0 9 1 2 3 4 5 6 7 8", "0912***678"),
        ("số (0912) 345-678", "số (0912***678"),
        ("+84 912 345 678", "0912***678"),
        ("84912345678", "0912***678"),
        ("máy bàn 02393 855 123", "máy bàn 0239***123"),
        ("hai số 0912345678, 0987654321", "hai số 0912***678, 0987***321"),
    ],
)
def test_vietnamese_numbers_are_masked(text, masked):
    assert mask_phone_numbers(text) == masked


@pytest.mark.parametrize("text", ["100.000.000 đ", "mua 2 hộp 84.000 đ", "ngày 05/12/2026 lúc 08:00", "mã A1", "tổng đài 1900 1234"])
def test_other_figures_stay(text):
    assert mask_phone_numbers(text) == text
