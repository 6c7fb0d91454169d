"""Read-only SQL of the catalogue. Every query for staff names the organisation in its WHERE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalog.models import Picture, Producer, Product, ProductPicture


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product with its producer, its pictures in order, and those of them that were uploaded, by their id."""

    product: Product
    producer: Producer
    pictures: tuple[ProductPicture, ...]
    uploads: Mapping[UUID | None, Picture]


async def producers_where(
    db: AsyncSession, conditions: Sequence[ColumnElement[bool]], *, limit: int, offset: int
) -> tuple[Sequence[Producer], int]:
    """One page of producers by name, and how many there are in all."""
    total = await db.scalar(select(func.count()).select_from(Producer).where(*conditions))
    page = await db.scalars(select(Producer).where(*conditions).order_by(Producer.name, Producer.id).limit(limit).offset(offset))
    return page.all(), total or 0


async def find_producer(db: AsyncSession, producer_id: UUID, *conditions: ColumnElement[bool], for_update: bool = False) -> Producer | None:
    """The producer if it fits the conditions."""
    found = select(Producer).where(Producer.id == producer_id, *conditions)
    producer: Producer | None = await db.scalar(found.with_for_update() if for_update else found)
    return producer


async def lock_product(db: AsyncSession, product_id: UUID, *conditions: ColumnElement[bool]) -> Product | None:
    """The product if it fits the conditions, locked until the end of the transaction."""
    found = select(Product).where(Product.id == product_id, *conditions)
    product: Product | None = await db.scalar(found.with_for_update())
    return product


async def count_products(db: AsyncSession, conditions: Sequence[ColumnElement[bool]]) -> int:
    return await db.scalar(select(func.count()).select_from(Product).where(*conditions)) or 0


async def product_rows(
    db: AsyncSession, conditions: Sequence[ColumnElement[bool]], *, limit: int | None = None, offset: int = 0
) -> list[ProductRow]:
    """Products by name with all that belongs to them, in three queries."""
    found = select(Product, Producer).join(Producer, Producer.id == Product.producer_id).where(*conditions)
    rows = (await db.execute(found.order_by(Product.name, Product.id).limit(limit).offset(offset))).all()
    pictures = await _pictures_of(db, [product.id for product, _ in rows])
    uploads = await _uploads_of(db, [picture.picture_id for shown in pictures.values() for picture in shown if picture.picture_id])
    return [ProductRow(product, producer, tuple(pictures[product.id]), uploads) for product, producer in rows]


async def missing_products(db: AsyncSession, organisation_id: UUID, product_ids: Collection[UUID]) -> set[UUID]:
    """Which of these are not active products of the organisation."""
    found = select(Product.id).where(Product.organisation_id == organisation_id, Product.id.in_(product_ids), Product.is_active)
    return set(product_ids) - set(await db.scalars(found))


async def _pictures_of(db: AsyncSession, product_ids: Collection[UUID]) -> dict[UUID, list[ProductPicture]]:
    pictures: dict[UUID, list[ProductPicture]] = defaultdict(list)
    if product_ids:
        found = select(ProductPicture).where(ProductPicture.product_id.in_(product_ids)).order_by(ProductPicture.position)
        for picture in await db.scalars(found):
            pictures[picture.product_id].append(picture)
    return pictures


async def _uploads_of(db: AsyncSession, picture_ids: Collection[UUID]) -> dict[UUID | None, Picture]:
    if not picture_ids:
        return {}
    return {picture.id: picture for picture in await db.scalars(select(Picture).where(Picture.id.in_(picture_ids)))}
