"""The contact of an order is a number that a courier can call."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from app.orders.contacts import normalise_phone
from app.orders.errors import InvalidPhone


@pytest.mark.parametrize(
    "phone",
    [
        *("0912ABCDEF", "19001234", "1900123456", "18001234", "0912 345 67O", "O912345678", "tel:0912345678", "0912345678 x12"),
        *("0912345678;ext=3", "0123456789", "0140123456", "0672012345", "0692345678", "091234567", "09123456789", "113", "chín một hai"),
        *("+1 202 555 0123", "+86 138 0013 8000", "0912345678,0987654321", "", "++84912345678", "0912#345678", "099 PHONE"),
        *("(-)", " ", "0", "01"),
    ],
)
def test_what_nobody_can_call_is_refused(phone: str) -> None:
    with pytest.raises(InvalidPhone):
        normalise_phone(phone)


@pytest.mark.parametrize(
    "phone",
    [
        *("0912345678", "0912 345 678", "0912.345.678", "0912-345-678", "(0912) 345 678", "+84912345678", "+84 (0) 912 345 678"),
        *(
            "84912345678",
            "0084 912 345 678",
            "\uff10\uff19\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
            " 0912345678 ",
            "0912\u00a0345\u200b678",
            "0912/345/678",
            "0912_345_678",
        ),
    ],
)
def test_every_usual_spelling_is_the_same_number(phone: str) -> None:
    assert normalise_phone(phone) == "+84912345678"


@pytest.mark.parametrize("phone", ["02393855123", "(0239) 3855 123", "+84 239 3855 123"])
def test_a_landline_is_taken(phone: str) -> None:
    assert normalise_phone(phone) == "+842393855123"


def test_the_short_way_for_mobile_numbers_says_what_the_library_says() -> None:
    dice = random.Random(28)  # noqa: S311 - to be repeated
    for _ in range(3_000):
        typed = "0" + dice.choice("13456789") + "".join(dice.choices("0123456789", k=dice.choice((7, 8, 8, 8, 9))))
        try:
            normalised = normalise_phone(typed)
        except InvalidPhone:
            continue
        number = phonenumbers.parse(typed, "VN")
        assert phonenumbers.is_valid_number(number)
        assert normalised == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
