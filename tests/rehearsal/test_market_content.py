"""Rules that the demo market's content keeps: goods, certificates, offers, pictures and what simulated viewers say."""

from __future__ import annotations

import random
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import phonenumbers
import pytest

from app.catalog.addresses import resolve_address
from app.rehearsal import market, voices
from app.rehearsal.market_producers import ProducerKind
from app.rehearsal.market_products import shift_months
from app.rehearsal.voices_comments import COMMENTS, PRODUCT_COMMENTS

PICTURES = Path(voices.__file__).parents[1] / "web" / "static" / "pictures"
PICTURE_MAX_BYTES = 6 * 1024
TODAY = date(2026, 11, 23)
MOMENTS = get_args(voices.Moment)
DRAWING_TAGS = {"svg", "g", "path", "rect", "circle", "ellipse", "polygon"}


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - invented people need no secrecy


def all_templates() -> list[str]:
    return [line for group in (*COMMENTS.values(), *PRODUCT_COMMENTS.values()) for line in group]


def tax_code_check_digit(code: str) -> int:
    weights = (31, 29, 23, 19, 17, 13, 7, 5, 3)
    return 10 - sum(int(digit) * weight for digit, weight in zip(code[:9], weights, strict=True)) % 11


def test_the_market_has_twelve_products_or_more_of_five_producers_in_four_communes() -> None:
    communes = {producer.ward_code for producer in market.PRODUCERS}

    assert len(market.PRODUCTS) >= 12
    assert len(market.PRODUCERS) == 5
    assert len(communes) == 4


def test_keys_names_and_certificate_numbers_are_unique_and_every_producer_sells_something() -> None:
    numbers = [product.certificate_number for product in market.PRODUCTS if product.certificate_number]

    assert len({producer.key for producer in market.PRODUCERS}) == len(market.PRODUCERS)
    assert len({product.key for product in market.PRODUCTS}) == len(market.PRODUCTS)
    assert len({product.name for product in market.PRODUCTS}) == len(market.PRODUCTS)
    assert len(set(numbers)) == len(numbers)
    assert {product.producer_key for product in market.PRODUCTS} == {producer.key for producer in market.PRODUCERS}


def test_every_commune_exists_and_lies_in_ha_tinh() -> None:
    for producer in market.PRODUCERS:
        assert resolve_address(market.PROVINCE_CODE, producer.ward_code).province_name == "Hà Tĩnh", producer.key


def test_every_kind_of_producer_is_shown_and_each_is_marked_as_demo() -> None:
    assert {producer.kind for producer in market.PRODUCERS} == set(get_args(ProducerKind))
    assert all(producer.name.endswith("(demo)") for producer in market.PRODUCERS)


def test_tax_codes_have_the_right_shape_but_can_belong_to_nobody() -> None:
    for producer in market.PRODUCERS:
        assert re.fullmatch(r"\d{10}", producer.tax_code)
        assert int(producer.tax_code[9]) != tax_code_check_digit(producer.tax_code)


def test_prices_weights_and_stories_are_those_of_a_real_shelf() -> None:
    for product in market.PRODUCTS:
        assert 10_000 <= product.price_vnd <= 2_000_000, product.key
        assert product.price_vnd % 1_000 == 0, product.key
        assert 100 <= product.weight_grams <= 10_000, product.key
        assert 2 <= len(re.findall(r"[.!?](?:\s|$)", product.story)) <= 3, product.key
        assert 20 <= len(product.alt) <= 120, product.key


def test_nothing_alcoholic_is_sold() -> None:
    for product in market.PRODUCTS:
        assert not re.search(r"rượu|bia\b", f"{product.name} {product.story}".lower()), product.key


def test_stars_come_with_a_certificate_and_the_other_way_round() -> None:
    for product in market.PRODUCTS:
        facts = (product.ocop_stars, product.certificate_number, product.certified_months_ago)
        assert all(fact is None for fact in facts) or all(fact is not None for fact in facts), product.key


def test_a_certificate_runs_thirty_six_months() -> None:
    honey = market.product_by_key("mat-ong")

    assert honey.certified_on(today=TODAY) == date(2025, 9, 23)
    assert honey.certificate_expires_on(today=TODAY) == date(2028, 9, 23)


def test_the_shelf_shows_valid_expired_and_missing_certificates() -> None:
    expired = [product for product in market.PRODUCTS if product.ocop_stars and product.stars_on(today=TODAY) is None]
    uncertified = [product for product in market.PRODUCTS if product.ocop_stars is None]
    valid = [product for product in market.PRODUCTS if product.stars_on(today=TODAY)]

    assert expired
    assert uncertified
    assert {product.stars_on(today=TODAY) for product in valid} == {3, 4, 5}


def test_stars_are_still_shown_on_the_last_day_of_the_certificate() -> None:
    honey = market.product_by_key("mat-ong")
    last_day = honey.certificate_expires_on(today=TODAY)
    assert last_day is not None

    months_left = market.CERTIFICATE_MONTHS - 14

    assert shift_months(TODAY, months=months_left) == last_day
    assert honey.stars_on(today=TODAY) == 4


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_are_shifted_without_leaving_the_calendar(day: date, months: int, expected: date) -> None:
    assert shift_months(day, months=months) == expected


def test_flash_offers_stay_within_half_the_price_and_within_their_limits() -> None:
    for plan in market.FLASH_PLANS:
        product = market.product_by_key(plan.product_key)
        assert product.price_vnd <= 2 * plan.flash_price_vnd, plan
        assert plan.flash_price_vnd < product.price_vnd, plan
        assert 20 <= plan.total_quantity <= 60, plan
        assert 1 <= plan.per_viewer_limit <= 3, plan
        assert 60 <= plan.duration_seconds <= 180, plan


def test_every_product_gets_a_flash_offer_and_never_twice_in_a_row() -> None:
    keys = [market.flash_plan(position).product_key for position in range(2 * len(market.FLASH_PLANS))]

    assert set(keys) == {product.key for product in market.PRODUCTS}
    assert all(first != second for first, second in pairwise(keys))


def test_every_product_has_its_own_picture() -> None:
    pictures = [product.picture for product in market.PRODUCTS]

    assert len(set(pictures)) == len(pictures)
    assert all((PICTURES / picture).is_file() for picture in (*pictures, market.PICTURES_PLACEHOLDER, "logo.svg", "favicon.svg"))


@pytest.mark.parametrize("picture", sorted(path.name for path in PICTURES.glob("*.svg")))
def test_a_picture_is_small_plain_drawing_that_a_strict_content_policy_allows(picture: str) -> None:
    content = (PICTURES / picture).read_bytes()

    root = ElementTree.fromstring(content)  # noqa: S314 - our own files

    assert len(content) <= PICTURE_MAX_BYTES
    assert root.get("viewBox") == ("0 0 64 64" if picture in {"logo.svg", "favicon.svg"} else "0 0 400 400")
    for element in root.iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in DRAWING_TAGS
        assert not any(name == "style" or name.endswith("href") or name.startswith("on") for name in element.attrib)
        assert not any("url(" in value for value in element.attrib.values())


def test_viewers_have_a_hundred_and_fifty_things_to_say_and_never_the_same_twice_in_a_group() -> None:
    assert len({line for group in COMMENTS.values() for line in group}) >= 150
    assert len(set(all_templates())) == len(all_templates())
    assert set(COMMENTS) == set(MOMENTS)
    assert set(PRODUCT_COMMENTS) <= {product.key for product in market.PRODUCTS}


def test_no_comment_holds_a_number_that_could_be_a_phone() -> None:
    assert not any(re.search(r"\d{3}", line) for line in all_templates())


@pytest.mark.parametrize("moment", MOMENTS)
def test_comments_are_filled_in_and_short_for_every_product_and_for_none(moment: voices.Moment) -> None:
    rng = seeded(2)

    for product in (None, "", "X" * 300, "Gạo nếp của chợ khác", *(product.name for product in market.PRODUCTS)):
        for _ in range(100):
            comment = voices.comment_for(moment, rng, product)
            assert 1 <= len(comment) <= voices.COMMENT_MAX_CHARACTERS
            assert "{" not in comment
            assert "None" not in comment


def test_a_product_is_called_what_people_call_it() -> None:
    rng = seeded(3)

    said = " ".join(voices.comment_for("flash_open", rng, "Mật ong hoa rừng Hương Sơn").lower() for _ in range(80))

    assert "mật ong" in said
    assert "hoa rừng hương sơn" not in said


def test_product_questions_are_asked_only_about_their_product() -> None:
    rng = seeded(4)
    about_honey = {voices.comment_for("watch", rng, "Mật ong hoa rừng Hương Sơn").lower() for _ in range(300)}
    about_incense = {voices.comment_for("watch", rng, "Nhang trầm Phúc Trạch").lower() for _ in range(300)}

    assert any("đóng đường" in comment for comment in about_honey)
    assert not any("đóng đường" in comment for comment in about_incense)


def test_proper_names_keep_their_capital_when_thumbs_are_lazy() -> None:
    rng = seeded(10)

    greetings = {voices.comment_for("arrive", rng) for _ in range(1_000)}

    assert not any(greeting.startswith(("hà Tĩnh", "đà Nẵng", "vũng Tàu")) for greeting in greetings)
    assert any(greeting[0].islower() for greeting in greetings)


def test_the_same_seed_gives_the_same_people_and_words() -> None:
    def lines(seed: int) -> list[object]:
        rng = seeded(seed)
        return [f(rng) for _ in range(20) for f in (voices.buyer_for, voices.nickname_for, lambda r: voices.comment_for("watch", r))]

    assert lines(5) == lines(5)
    assert lines(5) != lines(6)


def test_buyers_have_valid_mobile_numbers_and_real_addresses() -> None:
    rng = seeded(7)

    for _ in range(2_000):
        buyer = voices.buyer_for(rng)
        number = phonenumbers.parse(buyer.phone, "VN")
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        assert re.fullmatch(r"09\d{2}000\d{3}", buyer.phone)
        assert resolve_address(buyer.province_code, buyer.ward_code).ward_name
        assert 2 <= len(buyer.name.split()) <= 5
        assert 3 <= len(buyer.street) <= 80


def test_every_phone_a_buyer_can_get_is_valid() -> None:
    for prefix in voices._MOBILE_PREFIXES:
        for digit in range(10):
            number = phonenumbers.parse(f"{prefix}{digit}000000", "VN")
            assert phonenumbers.is_valid_number(number), (prefix, digit)


def test_buyers_come_from_home_and_from_the_whole_country() -> None:
    rng = seeded(8)

    provinces = [voices.buyer_for(rng).province_code for _ in range(1_000)]

    assert 350 <= provinces.count(market.PROVINCE_CODE) <= 600
    assert len(set(provinces)) > 20


def test_nicknames_are_short_and_varied() -> None:
    rng = seeded(9)

    names = {voices.nickname_for(rng) for _ in range(300)}

    assert len(names) > 100
    assert all(1 <= len(name) <= 40 for name in names)
    assert any(" ở " in name for name in names)
