"""Answers come from facts alone: each says what is known now, and what is not known is named."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from app.catalog.label import LabelFacts
from app.protocol.questions import QUESTION_KINDS, QuestionKind
from app.protocol.shipping import ShippingRule, WeightStep
from app.protocol.views import OfferView, ProductView, StockView
from app.questions.answers import Answer, SaleFacts, answer_to

HONEY, POMELO = UUID(int=1), UUID(int=2)
LABEL = LabelFacts(
    origin="Xã Hương Sơn, Hà Tĩnh",
    ingredients="100% mật ong hoa rừng",
    net_weight="500 g",
    shelf_life="24 tháng kể từ ngày sản xuất",
    storage="Nơi khô mát",
    usage="Pha nước ấm",
    warning="Không dùng cho trẻ dưới 1 tuổi",
)


def a_product(product_id: UUID, name: str, *, stars: int | None = 4) -> ProductView:
    return ProductView(
        id=product_id,
        code="A1",
        name=name,
        story="",
        price_vnd=180_000,
        unit="hũ 500 g",
        weight_grams=780,
        ocop_stars=stars,
        ocop_certificate_number="01/QĐ" if stars else None,
        picture_url="/static/pictures/x.svg",
        picture_alt="",
        producer_id=UUID(int=9),
        producer_name="HTX Mật ong",
        commune_name="Xã Hương Sơn",
    )


def an_offer(**changes: object) -> OfferView:
    values = {
        "id": UUID(int=5),
        "product_id": HONEY,
        "state": "open",
        "flash_price_vnd": 129_000,
        "regular_price_vnd": 180_000,
        "total_quantity": 40,
        "remaining": 12,
        "per_viewer_limit": 2,
        "hold_seconds": 900,
        "starts_at_ms": 1_795_435_200_000,
        "ends_at_ms": None,
    }
    return OfferView.model_validate(values | changes)


FACTS = SaleFacts(
    products={HONEY: a_product(HONEY, "Mật ong"), POMELO: a_product(POMELO, "Bưởi", stars=None)},
    labels={HONEY: LABEL},
    offers=(),
    pools={},
    shipping=None,
    own_words={},
)


def words(kind: QuestionKind, facts: SaleFacts = FACTS, product_id: UUID | None = HONEY) -> str | None:
    return answer_to(kind, product_id, facts).words


def test_every_kind_says_something_or_names_what_is_missing() -> None:
    answers = [answer_to(kind, product_id, FACTS) for kind in QUESTION_KINDS for product_id in (HONEY, POMELO, None)]

    assert all((answer.words is None) != (answer.missing is None) for answer in answers)


def test_the_price_is_that_of_the_offer_while_it_has_units() -> None:
    running, gone = replace(FACTS, offers=(an_offer(),)), replace(FACTS, offers=(an_offer(remaining=0),))

    assert words("price") == "Mật ong: 180.000 ₫ một hũ 500 g ạ."
    assert words("price", running) == "Mật ong: đang ưu đãi 129.000 ₫ một hũ 500 g, giá thường 180.000 ₫ ạ."
    assert words("price", gone) == words("price")


def test_stock_is_what_offer_and_pool_have_left() -> None:
    pool = {HONEY: StockView(product_id=HONEY, units=60, left=7, per_viewer_limit=10)}
    empty = {HONEY: pool[HONEY].model_copy(update={"left": 0})}

    assert words("stock", replace(FACTS, offers=(an_offer(),))) == "Mật ong: còn 12 phần giá ưu đãi ạ."
    assert words("stock", replace(FACTS, pools=pool)) == "Mật ong: còn 7 phần giá thường ạ."
    assert words("stock", replace(FACTS, pools=empty)) == "Mật ong: hết hàng rồi ạ."
    assert words("stock", replace(FACTS, offers=(an_offer(remaining=0),))) == "Mật ong: ưu đãi đã hết phần ạ."
    assert words("stock") == "Mật ong: lúc này chưa mở bán ạ."


@pytest.mark.parametrize(
    ("kind", "said", "missing"),
    [
        ("use_by", "Mật ong, hạn dùng 24 tháng kể từ ngày sản xuất.", "shelf_life"),
        ("storage", "Mật ong, bảo quản: Nơi khô mát.", "storage"),
        ("usage", "Mật ong, cách dùng: Pha nước ấm. Lưu ý: Không dùng cho trẻ dưới 1 tuổi", "usage"),
        ("ingredients", "Mật ong, thành phần: 100% mật ong hoa rừng.", "ingredients"),
        ("certificate", "Mật ong đạt OCOP 4 sao, giấy chứng nhận số 01/QĐ ạ.", "certificate"),
    ],
)
def test_facts_of_the_label_are_said_or_said_to_be_missing(kind: QuestionKind, said: str, missing: str) -> None:
    assert answer_to(kind, HONEY, FACTS) == Answer(said)
    assert answer_to(kind, POMELO, FACTS) == Answer(missing=missing)  # type: ignore[arg-type]  # one of the literals


def test_delivery_costs_what_the_rule_says() -> None:
    steps = (WeightStep(up_to_grams=2_000, fee_vnd=25_000), WeightStep(up_to_grams=5_500, fee_vnd=40_000))

    assert words("delivery_fee") == "Phiên này miễn phí giao hàng ạ."
    assert words("delivery_fee", replace(FACTS, shipping=ShippingRule(flat_vnd=30_000))) == "Phí giao hàng: 30.000 ₫ mỗi đơn ạ."
    assert (
        words("delivery_fee", replace(FACTS, shipping=ShippingRule(steps=steps, free_from_vnd=500_000)))
        == "Phí giao hàng: tới 2 kg là 25.000 ₫; tới 5,5 kg là 40.000 ₫, miễn phí cho đơn từ 500.000 ₫ ạ."
    )


def test_what_no_field_holds_is_said_in_the_organisations_own_words() -> None:
    assert answer_to("delivery_time", None, FACTS) == Answer(missing="delivery_time")
    assert answer_to("delivery_time", None, replace(FACTS, own_words={"delivery_time": "2 đến 4 ngày ạ."})) == Answer("2 đến 4 ngày ạ.")


def test_the_next_offer_is_the_running_one_else_the_first_that_is_planned() -> None:
    later = an_offer(id=UUID(int=6), state="scheduled", starts_at_ms=1_795_438_800_000)
    sooner = an_offer(id=UUID(int=7), state="scheduled", product_id=POMELO, starts_at_ms=1_795_435_200_000)
    planned = replace(FACTS, offers=(later, sooner))

    assert answer_to("next_offer", None, FACTS) == Answer(missing="next_offer")
    assert words("next_offer", planned, None) == "Ưu đãi Bưởi mở lúc 19:00, giá 129.000 ₫ ạ."
    assert words("next_offer", planned, HONEY) == "Ưu đãi Mật ong mở lúc 20:00, giá 129.000 ₫ ạ."
    assert words("next_offer", replace(FACTS, offers=(an_offer(), sooner)), None) == words("price", replace(FACTS, offers=(an_offer(),)))


def test_no_answer_is_longer_than_a_comment() -> None:
    long = LABEL.model_copy(update={"usage": "rất dài " * 200, "storage": "x" * 2_000, "net_weight": "y" * 300, "origin": "z" * 300})
    facts = replace(FACTS, labels={HONEY: long})

    assert all(len(said) <= 300 for kind in QUESTION_KINDS if (said := words(kind, facts)) is not None)
