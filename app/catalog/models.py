"""Tables of producers, their products and the pictures, and of imported places."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Identity, Text, func
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
    """A product with its OCOP certificate. Stars count only while the certificate is valid on the day."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price_vnd > 0", name="price_positive"),
        CheckConstraint("weight_grams > 0", name="weight_positive"),
        CheckConstraint("ocop_stars BETWEEN 3 AND 5", name="ocop_stars"),
        CheckConstraint("ocop_stars IS NULL OR certificate_expires_on IS NOT NULL", name="stars_need_certificate"),
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


class ProductPicture(Base):
    """A picture of a product by its path below /static/pictures; position 0 is the main one."""

    __tablename__ = "product_pictures"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    alt: Mapped[str] = mapped_column(Text, server_default="")


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
