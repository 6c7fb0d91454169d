"""The producer behind a booth, and the goods that the booth sells: the producer's active products, nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalog.models import Producer, Product

# As many as a run-down takes.
MOST = 200


@dataclass(frozen=True, slots=True)
class ProducerFacts:
    """A producer as anyone may see it. `story_videos`: links that its active products tell their stories with."""

    id: UUID
    name: str
    kind: str
    story: str
    province_name: str
    commune_code: int
    commune_name: str
    story_videos: tuple[str, ...]


async def goods_of(db: AsyncSession, producer_id: UUID) -> list[UUID]:
    """Active products that may be shown to everybody, by name, at most `MOST`."""
    shown = (Product.producer_id == producer_id, Product.is_active, ~Product.is_alcohol)
    return list(await db.scalars(select(Product.id).where(*shown).order_by(Product.name, Product.id).limit(MOST)))


async def not_goods_of(db: AsyncSession, producer_id: UUID, product_ids: Sequence[UUID]) -> list[UUID]:
    """Which of these are somebody else's."""
    own = set(await db.scalars(select(Product.id).where(Product.producer_id == producer_id, Product.id.in_(product_ids))))
    return [product_id for product_id in product_ids if product_id not in own]


async def public_producer(db: AsyncSession, producer_id: UUID) -> ProducerFacts | None:
    """None when there is no such producer."""
    row = await db.get(Producer, producer_id)
    if row is None:
        return None
    videos = select(Product.story_video_url).where(
        Product.producer_id == producer_id, Product.is_active, Product.story_video_url.is_not(None)
    )
    return ProducerFacts(
        id=row.id,
        name=row.name,
        kind=row.kind,
        story=row.story,
        province_name=row.province_name,
        commune_code=row.commune_code,
        commune_name=row.commune_name,
        story_videos=tuple(sorted({url for url in await db.scalars(videos) if url})),
    )


async def producers_in_ward(db: AsyncSession, ward_code: int) -> dict[UUID, str]:
    """Producers of a ward, each with the ward's name as it was when they were entered."""
    found = select(Producer.id, Producer.commune_name).where(Producer.commune_code == ward_code)
    return {row.id: row.commune_name for row in await db.execute(found)}
