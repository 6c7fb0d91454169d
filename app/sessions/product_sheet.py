"""A product of a session from near, for whoever taps on it: all pictures, its story and its maker's, certificate and label."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from app.catalog.certificates import is_valid_on
from app.catalog.label import LabelFacts
from app.errors import MalformedRequest
from app.infra.clock import utc_now, vietnam_day
from app.infra.database import Database
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.sessions.errors import ProductNotInSession

_SHEET = """
SELECT p.id, p.name, p.story, p.price_vnd, p.unit, p.weight_grams, p.ocop_stars, p.certificate_number, p.certified_on,
  p.certificate_expires_on, p.label, m.name AS producer_name, m.kind, m.story AS producer_story, m.commune_name, m.province_name,
  CASE WHEN s.kind = 'stream' THEN coalesce(s.started_at, s.planned_start_at) END AS shown_at
FROM session_products l JOIN sessions s ON s.id = l.session_id JOIN products p ON p.id = l.product_id JOIN producers m ON m.id = p.producer_id
WHERE l.session_id = $1 AND l.product_id = $2 AND s.state <> 'draft' AND NOT p.is_alcohol
"""
_PICTURES = "SELECT path AS url, alt FROM product_pictures WHERE product_id = $1 ORDER BY position"


class SheetPicture(BaseModel):
    url: str
    alt: str


class SheetProducer(BaseModel):
    name: str
    kind: str
    story: str
    commune_name: str
    province_name: str


class SheetCertificate(BaseModel):
    """An OCOP certificate that holds on the day of the session."""

    number: str | None
    stars: Literal[3, 4, 5] | None
    valid_from: date | None
    valid_until: date | None = Field(description="the last day on which it holds")


class ProductSheet(BaseModel):
    """Everything a buyer may want to know before ordering. `certificate` is null unless it holds on the day of the session."""

    id: UUID
    name: str
    story: str
    price_vnd: int
    unit: str
    weight_grams: int
    pictures: list[SheetPicture]
    producer: SheetProducer
    certificate: SheetCertificate | None
    label: LabelFacts


router = APIRouter(prefix="/api/v1", tags=["sessions"])


@router.get(
    "/sessions/{session_id}/products/{product_id}",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="A product of a session from near",
    description="Open to everybody, for products in the run-down of a session that is no draft.",
    responses=problem_responses(ProductNotInSession, MalformedRequest),
)
async def read_product_sheet(
    session_id: UUID, product_id: UUID, database: Annotated[Database, Depends(provided(Database))]
) -> ProductSheet:
    async with database.pool.acquire() as db:
        row = await db.fetchrow(_SHEET, session_id, product_id)
        if row is None:
            raise ProductNotInSession
        pictures = [SheetPicture(**dict(each)) for each in await db.fetch(_PICTURES, product_id)]
    return ProductSheet(
        **{name: row[name] for name in ("id", "name", "story", "price_vnd", "unit", "weight_grams")},
        pictures=pictures,
        producer=SheetProducer(
            name=row["producer_name"],
            kind=row["kind"],
            story=row["producer_story"],
            commune_name=row["commune_name"],
            province_name=row["province_name"],
        ),
        certificate=_certificate(row, vietnam_day(row["shown_at"] or utc_now())),
        label=LabelFacts.model_validate_json(row["label"]),
    )


def _certificate(row: asyncpg.Record, day: date) -> SheetCertificate | None:
    if not is_valid_on(day, certified_on=row["certified_on"], expires_on=row["certificate_expires_on"]):
        return None
    return SheetCertificate(
        number=row["certificate_number"],
        stars=row["ocop_stars"],
        valid_from=row["certified_on"],
        valid_until=row["certificate_expires_on"],
    )
