"""Tables of producers, their products, pictures and logins, of what an organisation asks of products, and of imported places."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Identity, Index, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base


class Producer(Base):
    """An OCOP entity. Names of commune and province are kept as they were when it was entered: units still change."""

    __tablename__ = "producers"
    __table_args__ = (CheckConstraint("kind IN ('company', 'cooperative', 'cooperative_group', 'household')", name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    tax_code: Mapped[str | None] = mapped_column(Text)
    story: Mapped[str] = mapped_column(Text, server_default="")
    province_code: Mapped[int]
    province_name: Mapped[str] = mapped_column(Text)
    commune_code: Mapped[int]
    commune_name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Product(Base):
    """A product with its OCOP certificate and the facts of its label. Stars count only while the certificate is valid on the day.

    `code` is the organisation's own; null in rows of before, which are known by a code made of their id (`product_codes.py`).
    """

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price_vnd > 0", name="price_positive"),
        CheckConstraint("weight_grams > 0", name="weight_positive"),
        CheckConstraint("ocop_stars BETWEEN 3 AND 5", name="ocop_stars"),
        CheckConstraint("ocop_stars IS NULL OR certificate_expires_on IS NOT NULL", name="stars_need_certificate"),
        CheckConstraint("length(label::text) <= 20000", name="label_length"),
        Index("uq_products_organisation_id_code", "organisation_id", "code", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    story: Mapped[str] = mapped_column(Text, server_default="")
    price_vnd: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(Text)
    weight_grams: Mapped[int]
    ocop_stars: Mapped[int | None]
    certificate_number: Mapped[str | None] = mapped_column(Text)
    certified_on: Mapped[date | None] = mapped_column(Date)
    certificate_expires_on: Mapped[date | None] = mapped_column(Date)
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    code: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    is_alcohol: Mapped[bool] = mapped_column(default=False, server_default="false")
    story_video_url: Mapped[str | None] = mapped_column(Text)
    label: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")


class ProductPicture(Base):
    """A picture of a product, in order; position 0 is the main one. `path`: ours, below /static/pictures, or elsewhere by https."""

    __tablename__ = "product_pictures"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    alt: Mapped[str] = mapped_column(Text, server_default="")
    picture_id: Mapped[UUID | None] = mapped_column(ForeignKey("pictures.id"), index=True)


class Picture(Base):
    """An uploaded picture: its widths and files (`files`: width, height and the file's name per format). Its pixels never change."""

    __tablename__ = "pictures"
    __table_args__ = (CheckConstraint("width > 0 AND height > 0", name="has_pixels"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    width: Mapped[int]
    height: Mapped[int]
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class PictureFile(Base):
    """One file of a picture, where files are kept in PostgreSQL. `name` holds the hash of the content."""

    __tablename__ = "picture_files"

    picture_id: Mapped[UUID] = mapped_column(ForeignKey("pictures.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ProducerLogin(Base):
    """Whose goods a login of the role `producer` may see and change."""

    __tablename__ = "producer_logins"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ListingGate(Base):
    """What an organisation asks of a product's description before the product may come into a session. No row: nothing."""

    __tablename__ = "listing_gates"
    __table_args__ = (CheckConstraint("min_score BETWEEN 0 AND 100", name="min_score"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    min_score: Mapped[int]
    required_items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    require_papers: Mapped[bool] = mapped_column(default=False, server_default="false")
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), onupdate=func.now())


class SellerPapers(Base):
    """That somebody checked the papers of a product's seller, and what they saw. The newest check counts; the audit trail has them all."""

    __tablename__ = "seller_papers"
    __table_args__ = (CheckConstraint("char_length(words) <= 300", name="words_length"),)

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    valid_until: Mapped[date | None] = mapped_column(Date)
    checked_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    is_withdrawn: Mapped[bool] = mapped_column(default=False, server_default="false")


class PlaceImport(Base):
    """One run of `ocop places import` that changed something. Written once; workers look for a newer one."""

    __tablename__ = "place_imports"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    imported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(Text)


class PlaceVersion(Base):
    """A version of a province or ward as an import gave it; of two with the same code and first day the later import counts."""

    __tablename__ = "place_versions"
    __table_args__ = (
        CheckConstraint("level IN ('province', 'ward')", name="level"),
        CheckConstraint("(level = 'province') = (province_code IS NULL)", name="ward_in_province"),
        CheckConstraint("valid_to >= valid_from", name="days"),
    )

    import_id: Mapped[int] = mapped_column(ForeignKey("place_imports.id"), primary_key=True)
    level: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    valid_to: Mapped[date | None] = mapped_column(Date)
    province_code: Mapped[int | None]
    name: Mapped[str] = mapped_column(Text)
    decision: Mapped[str] = mapped_column(Text, server_default="")
    is_withdrawn: Mapped[bool] = mapped_column(default=False, server_default="false")
