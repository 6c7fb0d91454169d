"""The answer to a question from what is known, as the host would say it; what is not known is named, never made up. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from app.catalog.label import LabelFacts
from app.infra.clock import VIETNAM_TIME, from_ms
from app.protocol.base import COMMENT_TEXT
from app.protocol.questions import MissingFact, QuestionKind
from app.protocol.shipping import ShippingRule
from app.protocol.views import OfferView, ProductView, StockView

_FROM_LABEL: Final[Mapping[QuestionKind, Literal["shelf_life", "storage", "usage", "ingredients"]]] = {
    "use_by": "shelf_life", "storage": "storage", "usage": "usage", "ingredients": "ingredients",
}  # fmt: skip
_LABEL_WORDS: Final = {"shelf_life": "hạn dùng", "storage": "bảo quản:", "usage": "cách dùng:", "ingredients": "thành phần:"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Words for the room, or the fact that is missing for them."""

    words: str | None = None
    missing: MissingFact | None = None


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """What a session sells, as its room knows it, with the labels of its products and the organisation's own answers."""

    products: Mapping[UUID, ProductView]
    labels: Mapping[UUID, LabelFacts]
    offers: Sequence[OfferView]
    pools: Mapping[UUID, StockView]
    shipping: ShippingRule | None
    own_words: Mapping[QuestionKind, str]


def answer_to(kind: QuestionKind, product_id: UUID | None, facts: SaleFacts, *, is_clear: bool = True) -> Answer:
    """What the facts say now; the same facts give the same words."""
    if (own := facts.own_words.get(kind)) is not None:
        return Answer(own)
    product = None if product_id is None else facts.products.get(product_id)
    match kind:
        case "delivery_fee":
            return Answer(_delivery_fee(facts.shipping))
        case "delivery_area":
            return Answer("Phiên chợ nhận đơn giao tới mọi tỉnh, thành trong nước ạ.")
        case "how_to_order":
            return Answer("Mời bấm nút Chốt ở sản phẩm trên trang này, điền tên, số điện thoại và địa chỉ là xong ạ.")
        case "payment":
            return Answer("Trả tiền khi nhận hàng (COD) hoặc chuyển khoản đều được ạ.")
        case "delivery_time":
            return Answer(missing="delivery_time")
        case "wholesale":
            return Answer(missing="wholesale")
        case "next_offer":
            return _next_offer(product_id, facts)
        case _:
            return Answer(missing="product") if product is None or not is_clear else _of_product(kind, product, facts)


def _of_product(kind: QuestionKind, product: ProductView, facts: SaleFacts) -> Answer:
    label = facts.labels.get(product.id, LabelFacts())
    if (field := _FROM_LABEL.get(kind)) is not None:
        return _from_label(product, label, field)
    match kind:
        case "price":
            return Answer(_price(product, _open_offer(product.id, facts.offers)))
        case "stock":
            return Answer(_stock(product, _open_offer(product.id, facts.offers), facts.pools.get(product.id)))
        case "size":
            weight = f", khối lượng tịnh {label.net_weight}" if label.net_weight else ""
            return Answer(_bounded(f"{product.name}: {product.unit}{weight} ạ."))
        case "origin":
            origin = f", xuất xứ {label.origin}" if label.origin else ""
            return Answer(_bounded(f"{product.name} do {product.producer_name}, {product.commune_name} làm{origin} ạ."))
        case "certificate":
            return _certificate(product)
        case _:
            return Answer(_bounded(f"Phiên này bán {product.name} theo {product.unit} ạ."))


def _from_label(product: ProductView, label: LabelFacts, field: Literal["shelf_life", "storage", "usage", "ingredients"]) -> Answer:
    fact: str = getattr(label, field)
    if not fact:
        return Answer(missing=field)
    warning = f" Lưu ý: {label.warning}" if field == "usage" and label.warning else ""
    return Answer(
        _bounded(f"{product.name}, {_LABEL_WORDS[field]} {_one_line(fact)}{'' if fact.endswith('.') else '.'}{_one_line(warning)}")
    )


def _price(product: ProductView, offer: OfferView | None) -> str:
    if offer is not None and offer.remaining > 0:
        return f"{product.name}: đang ưu đãi {_money(offer.flash_price_vnd)} một {product.unit}, giá thường {_money(product.price_vnd)} ạ."
    return f"{product.name}: {_money(product.price_vnd)} một {product.unit} ạ."


def _stock(product: ProductView, offer: OfferView | None, pool: StockView | None) -> str:
    if offer is not None and offer.remaining > 0:
        return f"{product.name}: còn {offer.remaining} phần giá ưu đãi ạ."
    if pool is not None:
        return f"{product.name}: còn {pool.left} phần giá thường ạ." if pool.left > 0 else f"{product.name}: hết hàng rồi ạ."
    return f"{product.name}: ưu đãi đã hết phần ạ." if offer is not None else f"{product.name}: lúc này chưa mở bán ạ."


def _certificate(product: ProductView) -> Answer:
    if product.ocop_stars is None:
        return Answer(missing="certificate")
    number = f", giấy chứng nhận số {product.ocop_certificate_number}" if product.ocop_certificate_number else ""
    return Answer(_bounded(f"{product.name} đạt OCOP {product.ocop_stars} sao{number} ạ."))


def _delivery_fee(rule: ShippingRule | None) -> str:
    if rule is None or (rule.flat_vnd == 0 and not rule.steps):
        return "Phiên này miễn phí giao hàng ạ."
    fee = f"{_money(rule.flat_vnd)} mỗi đơn"
    if rule.steps:
        steps = [f"tới {_kilograms(step.up_to_grams)} là {_money(step.fee_vnd)}" for step in rule.steps]
        fee = "; ".join(steps)
    free = f", miễn phí cho đơn từ {_money(rule.free_from_vnd)}" if rule.free_from_vnd is not None else ""
    return _bounded(f"Phí giao hàng: {fee}{free} ạ.")


def _next_offer(product_id: UUID | None, facts: SaleFacts) -> Answer:
    meant = [offer for offer in facts.offers if product_id in {None, offer.product_id} and offer.product_id in facts.products]
    running = [offer for offer in meant if offer.state == "open" and offer.remaining > 0]
    if running:
        return Answer(" ".join(_price(facts.products[offer.product_id], offer) for offer in running[:1]))
    planned = sorted((offer.starts_at_ms, offer) for offer in meant if offer.state == "scheduled" and offer.starts_at_ms is not None)
    if not planned:
        return Answer(missing="next_offer")
    at_ms, offer = planned[0]
    return Answer(f"Ưu đãi {facts.products[offer.product_id].name} mở lúc {_clock(from_ms(at_ms))}, giá {_money(offer.flash_price_vnd)} ạ.")


def _open_offer(product_id: UUID, offers: Sequence[OfferView]) -> OfferView | None:
    """The open offer of a product, rather one that has units left."""
    running = [offer for offer in offers if offer.product_id == product_id and offer.state == "open"]
    return max(running, key=lambda offer: offer.remaining, default=None)


def _money(vnd: int) -> str:
    return f"{vnd:,}".replace(",", ".") + " ₫"


def _kilograms(grams: int) -> str:
    return f"{grams / 1000:g}".replace(".", ",") + " kg"


def _clock(moment: datetime) -> str:
    return moment.astimezone(VIETNAM_TIME).strftime("%H:%M")


def _one_line(text: str) -> str:
    return " ".join(text.split()) if not text.startswith(" ") else " " + " ".join(text.split()) if text.strip() else ""


def _bounded(words: str) -> str:
    """Within a comment's length; a long fact ends with …, the whole stands on the product's page."""
    return words if len(words) <= COMMENT_TEXT.most else words[: COMMENT_TEXT.most - 1].rstrip() + "…"
