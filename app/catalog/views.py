"""What rows of the catalogue look like from outside: for staff, and as the card that sessions show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from app.catalog.certificates import is_valid_on
from app.catalog.completeness import Completeness, Described, certificate_state, completeness_of
from app.catalog.label import LabelFacts, ProductCategory
from app.catalog.models import Picture, Producer, ProductPicture
from app.catalog.product_codes import code_from_id
from app.catalog.queries import ProductRow
from app.catalog.schemas import (
    OcopStars,
    PictureSource,
    PictureView,
    ProducerKind,
    ProducerView,
    ProductDetails,
)

PLACEHOLDER_PICTURE = "/static/pictures/placeholder.svg"
PICTURES_URL = "/pictures"
_CARD_WIDTH = 320
_PLAIN_WIDTH = 640


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product as viewers see it on one day: `ocop_stars` and the number are None unless the certificate holds on that day."""

    id: UUID
    name: str
    story: str
    price_vnd: int
    unit: str
    weight_grams: int
    ocop_stars: OcopStars | None
    ocop_certificate_number: str | None
    picture_url: str
    picture_alt: str
    producer_id: UUID
    producer_name: str
    commune_name: str
    is_alcohol: bool


def producer_view(producer: Producer) -> ProducerView:
    return ProducerView(
        id=producer.id,
        name=producer.name,
        kind=cast("ProducerKind", producer.kind),
        tax_code=producer.tax_code,
        story=producer.story,
        province_code=producer.province_code,
        province_name=producer.province_name,
        commune_code=producer.commune_code,
        commune_name=producer.commune_name,
    )


def product_details(row: ProductRow, *, today: date) -> ProductDetails:
    """A product for its organisation, judged as of `today` in Vietnam."""
    product = row.product
    ends = product.certificate_expires_on
    return ProductDetails(
        id=product.id,
        producer_id=product.producer_id,
        producer_name=row.producer.name,
        name=product.name,
        story=product.story,
        price_vnd=product.price_vnd,
        unit=product.unit,
        weight_grams=product.weight_grams,
        ocop_stars=cast("OcopStars | None", product.ocop_stars),
        certificate_number=product.certificate_number,
        certified_on=product.certified_on,
        certificate_expires_on=ends,
        pictures=tuple(picture_view(picture, row.uploads.get(picture.picture_id)) for picture in row.pictures),
        is_active=product.is_active,
        code=product.code or code_from_id(product.id),
        category=cast("ProductCategory | None", product.category),
        is_alcohol=product.is_alcohol,
        story_video_url=product.story_video_url,
        label=LabelFacts.model_validate(product.label),
        completeness=completeness_of_row(row, on=today),
        certificate_state=certificate_state(product.certified_on, ends, on=today),
        certificate_days_left=None if ends is None else (ends - today).days,
    )


def completeness_of_row(row: ProductRow, *, on: date) -> Completeness:
    """The score of a product on a day."""
    product = row.product
    described = Described(
        name=product.name,
        producer_has_tax_code=row.producer.tax_code is not None,
        category=cast("ProductCategory | None", product.category),
        label=LabelFacts.model_validate(product.label),
        certificate_number=product.certificate_number,
        certified_on=product.certified_on,
        certificate_expires_on=product.certificate_expires_on,
        picture_count=len(row.pictures),
        story=product.story,
    )
    return completeness_of(described, on=on)


def picture_view(shown: ProductPicture, upload: Picture | None) -> PictureView:
    """A picture as a product shows it."""
    if upload is None:
        return PictureView(path=shown.path, alt=shown.alt)
    return upload_view(upload, alt=shown.alt)


def upload_view(upload: Picture, *, alt: str = "") -> PictureView:
    """An uploaded picture with the addresses of its files."""
    sources = tuple(
        PictureSource(
            width=each["width"], height=each["height"], **{name: picture_url(upload.id, each[name]) for name in ("avif", "webp", "jpeg")}
        )
        for each in sorted(upload.files, key=lambda each: int(each["width"]))
    )
    return PictureView(path=_closest(sources, _PLAIN_WIDTH).jpeg, alt=alt, picture_id=upload.id, sources=sources)


def picture_url(picture_id: UUID, name: str) -> str:
    return f"{PICTURES_URL}/{picture_id}/{name}"


def card(row: ProductRow, day: date) -> ProductCard:
    """The card of a product on a day."""
    product = row.product
    is_certified = is_valid_on(day, certified_on=product.certified_on, expires_on=product.certificate_expires_on)
    picture = picture_view(row.pictures[0], row.uploads.get(row.pictures[0].picture_id)) if row.pictures else None
    return ProductCard(
        id=product.id,
        name=product.name,
        story=product.story,
        price_vnd=product.price_vnd,
        unit=product.unit,
        weight_grams=product.weight_grams,
        ocop_stars=cast("OcopStars | None", product.ocop_stars) if is_certified else None,
        ocop_certificate_number=product.certificate_number if is_certified else None,
        picture_url=_small_url(picture) if picture else PLACEHOLDER_PICTURE,
        picture_alt=(picture.alt if picture else "") or product.name,
        producer_id=product.producer_id,
        producer_name=row.producer.name,
        commune_name=row.producer.commune_name,
        is_alcohol=product.is_alcohol,
    )


def _small_url(picture: PictureView) -> str:
    """What a viewer's card loads: a few kilobytes, in the format that every browser of the last years reads."""
    return _closest(picture.sources, _CARD_WIDTH).webp if picture.sources else picture.path


def _closest(sources: tuple[PictureSource, ...], width: int) -> PictureSource:
    return min(sources, key=lambda source: abs(source.width - width))
