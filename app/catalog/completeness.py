"""How much of a standard description a product has, by the lists of OCOP and of label law, and what is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from app.catalog.certificates import is_valid_on
from app.catalog.label import LabelFacts, ProductCategory

ListingItem = Literal[
    "name", "producer", "origin", "ingredients", "net_weight", "shelf_life", "storage", "usage", "warning",
    "responsible", "certificate", "pictures", "story",
]  # fmt: skip
LISTING_ITEMS: tuple[ListingItem, ...] = get_args(ListingItem)
CertificateState = Literal["none", "not_yet", "valid", "lapsing", "lapsed"]

LAPSING_DAYS = 60
PICTURES_WANTED = 2
STORY_CHARACTERS = 80

# What a buyer cannot do without weighs most; the sum over all items that apply is 100 % of the score.
_WEIGHTS: Mapping[ListingItem, int] = {
    "name": 5, "producer": 10, "origin": 10, "ingredients": 10, "net_weight": 5, "shelf_life": 10, "storage": 5, "usage": 5,
    "warning": 5, "responsible": 10, "certificate": 10, "pictures": 10, "story": 5,
}  # fmt: skip
_NOTHING_TO_EAT: frozenset[ListingItem] = frozenset({"shelf_life"})
_NOT_ASKED: Mapping[ProductCategory, frozenset[ListingItem]] = {
    "craft": _NOTHING_TO_EAT,
    "ornamental": _NOTHING_TO_EAT | {"ingredients", "net_weight"},
    "tourism": _NOTHING_TO_EAT | {"ingredients", "net_weight", "storage"},
}


class Completeness(BaseModel):
    """A score of 0 to 100 and the items that are missing, in the order of the list."""

    model_config = ConfigDict(frozen=True)

    score: int = Field(ge=0, le=100)
    missing: tuple[ListingItem, ...]


class Described(BaseModel):
    """What the check looks at."""

    model_config = ConfigDict(frozen=True)

    name: str
    producer_has_tax_code: bool
    category: ProductCategory | None
    label: LabelFacts
    certificate_number: str | None
    certified_on: date | None
    certificate_expires_on: date | None
    picture_count: int
    story: str


def completeness_of(product: Described, *, on: date) -> Completeness:
    """The score on a day: a certificate counts only while it holds."""
    label = product.label
    certificate = certificate_state(product.certified_on, product.certificate_expires_on, on=on)
    there: Mapping[ListingItem, bool] = {
        "name": len(product.name) > 2,
        "producer": product.producer_has_tax_code,
        "origin": label.origin != "",
        "ingredients": label.ingredients != "",
        "net_weight": label.net_weight != "",
        "shelf_life": label.shelf_life != "",
        "storage": label.storage != "",
        "usage": label.usage != "",
        "warning": label.warning != "",
        "responsible": label.responsible_name != "" and label.responsible_address != "",
        "certificate": product.certificate_number is not None and certificate in {"valid", "lapsing"},
        "pictures": product.picture_count >= PICTURES_WANTED,
        "story": len(product.story) >= STORY_CHARACTERS,
    }
    asked = asked_of(product.category)
    reached = sum(_WEIGHTS[item] for item in asked if there[item])
    return Completeness(
        score=reached * 100 // sum(_WEIGHTS[item] for item in asked), missing=tuple(item for item in asked if not there[item])
    )


def asked_of(category: ProductCategory | None) -> tuple[ListingItem, ...]:
    """The items that a product of this group needs; all of them while nobody has said which group it is."""
    left_out = frozenset[ListingItem]() if category is None else _NOT_ASKED.get(category, frozenset())
    return tuple(item for item in LISTING_ITEMS if item not in left_out)


def certificate_state(certified_on: date | None, expires_on: date | None, *, on: date) -> CertificateState:
    """Where a certificate stands on a day; `lapsing` in its last 60 days, the last valid day among them."""
    if expires_on is None:
        return "none"
    if is_valid_on(on, certified_on=certified_on, expires_on=expires_on):
        return "lapsing" if expires_on - on < timedelta(days=LAPSING_DAYS) else "valid"
    return "lapsed" if on > expires_on else "not_yet"
