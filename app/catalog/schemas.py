"""HTTP bodies of producers, products and addresses. The rules of form live here, for new entries and for changes alike."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from app.catalog.certificates import last_valid_day
from app.catalog.completeness import CertificateState, Completeness
from app.catalog.label import LABEL_EXAMPLE, LabelFacts, ProductCategory
from app.protocol.text import Line

ProducerKind = Literal["company", "cooperative", "cooperative_group", "household"]
OcopStars = Literal[3, 4, 5]

_TAX_CODE = re.compile(r"[0-9]{10}(-[0-9]{3})?")
_HOUSEHOLD_ID = re.compile(r"[0-9]{12}")
_NEVER_IN_ADDRESS = re.compile(r"[\s\"'<>\\]")
_STATIC_PICTURE = re.compile(r"/static/pictures(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")


def _own_or_https(path: str) -> str:
    if _STATIC_PICTURE.fullmatch(path):
        return path
    parts = urlsplit(path)
    is_plain = path.isprintable() and not _NEVER_IN_ADDRESS.search(path) and parts.username is None
    if parts.scheme != "https" or not parts.hostname or not is_plain:
        raise ValueError("must be a path below /static/pictures/ or an https address")
    return path


Code = Annotated[str, *Line(40).rules]
Name = Annotated[str, *Line(160).rules]
Unit = Annotated[str, *Line(40).rules]
Story = Annotated[str, *Line(4_000, needs="nothing", keeps_paragraphs=True).rules]
Alt = Annotated[str, *Line(300, needs="nothing").rules]
TaxCode = Annotated[str, StringConstraints(strip_whitespace=True, max_length=14)]
CertificateNumber = Annotated[str, *Line(80).rules]
PicturePath = Annotated[str, StringConstraints(max_length=500), AfterValidator(_own_or_https)]
VideoUrl = Annotated[str, StringConstraints(max_length=500)]
PriceVnd = Annotated[int, Field(strict=True, gt=0, le=10**10, description="whole Vietnamese đồng")]
WeightGrams = Annotated[int, Field(strict=True, gt=0, le=1_000_000, description="weight with packing, for shipping")]

_PRODUCER: JsonDict = {
    "name": "Hợp tác xã Mật ong Hương Sơn",
    "kind": "cooperative",
    "tax_code": "3000123456",
    "story": "Ba mươi hộ nuôi ong dưới tán rừng Hương Sơn.",
    "province_code": 42,
    "commune_code": 18133,
}
_PICTURE: JsonDict = {"path": "/static/pictures/mat-ong.svg", "alt": "Hũ mật ong vàng óng"}
_PRODUCT: JsonDict = {
    "producer_id": "7d0f8a2c-51f4-4a68-9f3e-0c7a1f0f2b11",
    "name": "Mật ong hoa rừng Hương Sơn",
    "story": "Mật ong quay từ những đõ ong đặt dưới tán rừng.",
    "price_vnd": 180_000,
    "unit": "hũ 500 g",
    "weight_grams": 780,
    "ocop_stars": 4,
    "certificate_number": "215/QĐ-UBND",
    "certified_on": "2025-09-23",
    "certificate_expires_on": "2028-09-23",
    "pictures": [_PICTURE],
    "is_active": True,
    "code": "MO-500",
    "category": "food",
    "is_alcohol": False,
    "story_video_url": "https://www.youtube.com/watch?v=abcdefghijk",
    "label": LABEL_EXAMPLE,
}
_PRODUCER_ID: JsonDict = {"id": "7d0f8a2c-51f4-4a68-9f3e-0c7a1f0f2b11"}
_PRODUCT_ID: JsonDict = {
    "id": "b1f3c1de-3d9e-4a41-8f6c-2f8f7f1f6a02",
    "producer_name": "Hợp tác xã Mật ong Hương Sơn",
    "completeness": {"score": 90, "missing": ["pictures"]},
    "certificate_state": "valid",
    "certificate_days_left": 668,
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ProducerFields(_Body):
    name: Name
    kind: ProducerKind
    tax_code: TaxCode | None = None
    story: Story = ""
    province_code: int
    commune_code: int


class ProducerContent(_ProducerFields):
    """An OCOP entity. Tax code: 10 digits, 10 and 3 for a branch, or a household's 12-digit personal number."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PRODUCER]})

    @model_validator(mode="after")
    def _tax_code_fits_kind(self) -> Self:
        code = self.tax_code
        if code is None or _TAX_CODE.fullmatch(code) or (self.kind == "household" and _HOUSEHOLD_ID.fullmatch(code)):
            return self
        raise ValueError("tax_code must have 10 digits, 10-3 digits, or 12 digits for a household")


class ProducerChanges(_Body):
    """What is left out stays as it is. The result must be a valid producer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"story": "Nay đã có ba mươi lăm hộ cùng làm."}]})

    name: Name | None = None
    kind: ProducerKind | None = None
    tax_code: TaxCode | None = None
    story: Story | None = None
    province_code: int | None = None
    commune_code: int | None = None


class ProducerView(_ProducerFields):
    """An OCOP entity with the names of its place as they were when it was entered."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_PRODUCER_ID | _PRODUCER | {"province_name": "Hà Tĩnh", "commune_name": "Xã Hương Sơn"}]}
    )

    id: UUID
    province_name: str
    commune_name: str


class ProducerList(_Body):
    items: list[ProducerView]
    total: int = Field(description="how many there are in all")


class PictureContent(_Body):
    """An uploaded picture by its `picture_id`; or a `path`: of ours below /static/pictures/, or an https address."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PICTURE]})

    path: PicturePath | None = None
    alt: Alt = Field("", description="what the picture shows, for people who cannot see it")
    picture_id: UUID | None = Field(None, description="an uploaded picture of the same producer; its path is known")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.path is None) == (self.picture_id is None):
            raise ValueError("a picture has either a path or a picture_id")
        return self


class PictureSource(_Body):
    """One width of an uploaded picture, in three formats: the smallest file first, JPEG for every browser."""

    width: int
    height: int
    avif: str
    webp: str
    jpeg: str


class PictureView(_Body):
    """A picture of a product, or one that waits for its product. `sources` by width, empty when it was not uploaded."""

    path: str
    alt: str = ""
    picture_id: UUID | None = None
    sources: tuple[PictureSource, ...] = ()


class PictureList(_Body):
    items: list[PictureView]


class _ProductFields(_Body):
    producer_id: UUID
    name: Name
    story: Story = ""
    price_vnd: PriceVnd
    unit: Unit
    weight_grams: WeightGrams
    ocop_stars: OcopStars | None = None
    certificate_number: CertificateNumber | None = None
    certified_on: date | None = None
    certificate_expires_on: date | None = Field(None, description="last day on which the certificate holds")
    is_active: bool = Field(True, description="false takes it out of the choice for new sessions")
    code: Code | None = Field(None, description="the organisation's own code of the product; left out: one is made")
    category: ProductCategory | None = Field(None, description="group of the OCOP programme")
    is_alcohol: bool = Field(False, description="alcohol is neither pinned nor offered in a livestream")
    story_video_url: VideoUrl | None = Field(None, description="YouTube, Facebook, TikTok or HLS (.m3u8) link")
    label: LabelFacts = LabelFacts()


class ProductContent(_ProductFields):
    """A product. Stars need a certificate with number and dates; without an end it lasts 36 months."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PRODUCT]})

    pictures: tuple[PictureContent, ...] = Field((), max_length=10, description="the first one is the main picture")

    @model_validator(mode="after")
    def _certificate_is_whole(self) -> Self:
        if self.ocop_stars is not None and (self.certificate_number is None or self.certificate_end is None):
            raise ValueError("ocop_stars need certificate_number and certified_on or certificate_expires_on")
        if self.certified_on is not None and self.certificate_end is not None and self.certificate_end <= self.certified_on:
            raise ValueError("certificate_expires_on must be later than certified_on")
        return self

    @property
    def certificate_end(self) -> date | None:
        """The last valid day: as given, else 36 months from the certificate's date."""
        if self.certificate_expires_on is None and self.certified_on is not None:
            return last_valid_day(self.certified_on)
        return self.certificate_expires_on


class ProductChanges(_Body):
    """What is left out stays as it is; a new `certified_on` without an end counts 36 months anew. The result must be a valid product."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"price_vnd": 175_000, "unit": "hũ 500 g"}]})

    producer_id: UUID | None = None
    name: Name | None = None
    story: Story | None = None
    price_vnd: PriceVnd | None = None
    unit: Unit | None = None
    weight_grams: WeightGrams | None = None
    ocop_stars: OcopStars | None = None
    certificate_number: CertificateNumber | None = None
    certified_on: date | None = None
    certificate_expires_on: date | None = None
    pictures: Annotated[tuple[PictureContent, ...], Field(max_length=10)] | None = None
    is_active: bool | None = None
    code: Code | None = None
    category: ProductCategory | None = None
    is_alcohol: bool | None = None
    story_video_url: VideoUrl | None = None
    label: LabelFacts | None = None


class ProductDetails(_ProductFields):
    """A product as its organisation sees it; the dates say whether the stars may be shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PRODUCT_ID | _PRODUCT]})

    id: UUID
    producer_name: str
    pictures: tuple[PictureView, ...] = ()
    completeness: Completeness
    certificate_state: CertificateState = Field(description="today in Vietnam; `lapsing` in the last 60 days")
    certificate_days_left: int | None = Field(description="days until the last valid day; negative once it has lapsed")


class ProductList(_Body):
    items: list[ProductDetails]
    total: int = Field(description="how many there are in all")


class ProvinceView(_Body):
    """A province or centrally governed city."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code": 42, "name": "Hà Tĩnh", "kind": "tỉnh", "also": [], "districts": ["Hồng Lĩnh", "Hương Sơn"]}]
        }
    )

    code: int
    name: str
    kind: str = Field(description="`tỉnh` or `thành phố trung ương`")
    also: tuple[str, ...] = Field((), description="old provinces and short forms that lead here when people type")
    districts: tuple[str, ...] = Field((), description="districts that it had until 30 June 2025; they lead here too")


class WardView(_Body):
    """A commune, ward or special zone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": 18547, "name": "Xã Phúc Trạch", "kind": "xã"}]})

    code: int
    name: str
    kind: str = Field(description="`xã`, `phường` or `đặc khu`")


class FoundWard(WardView):
    """A commune, ward or special zone with its province."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code": 18547, "name": "Xã Phúc Trạch", "kind": "xã", "province_code": 42, "province_name": "Hà Tĩnh"}]
        }
    )

    province_code: int
    province_name: str


class PlacesFound(_Body):
    """What was meant, likeliest first; provinces only where no province was given."""

    provinces: tuple[ProvinceView, ...]
    wards: tuple[FoundWard, ...]


class ProvinceList(_Body):
    items: tuple[ProvinceView, ...]


class WardList(_Body):
    items: tuple[WardView, ...]
