"""What an organisation asks of a product's description before the product comes into a session, and what the law forbids on air."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, cast
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention
from app.accounts.service import CurrentUser
from app.catalog.completeness import LISTING_ITEMS, Completeness, ListingItem, asked_of
from app.catalog.errors import AlcoholNotShown, ProductsIncomplete
from app.catalog.label import ProductCategory
from app.catalog.models import ListingGate, Product
from app.catalog.queries import product_rows
from app.catalog.seller_papers import without_papers
from app.catalog.views import completeness_of_row
from app.infra.clock import utc_now
from app.infra.database import Database


class GateContent(BaseModel):
    """A lowest score, items that must be there, checked papers of the seller. Items that a product's group does not need are not asked of it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"min_score": 70, "required_items": ["origin", "shelf_life", "pictures"]}]},
    )

    min_score: int = Field(0, ge=0, le=100)
    required_items: Annotated[tuple[ListingItem, ...], Field(max_length=len(LISTING_ITEMS))] = ()
    require_papers: bool = Field(False, description="somebody must have checked the seller's papers, and they must hold on the day")


NOTHING_ASKED = GateContent()
# Named beside the items that a refused product lacks.
PAPERS = "papers"


class ListingGates:
    """The gate of each organisation: organisers set it, whoever keeps goods may read it."""

    def __init__(self, database: Database) -> None:
        self._transactions = database.transactions

    async def get(self, user: CurrentUser) -> GateContent:
        """What is asked; nothing while nobody has set it."""
        async with self._transactions() as db:
            return await _gate_of(db, user.organisation_id)

    async def set(self, user: CurrentUser, content: GateContent, intention: Intention | None = None) -> GateContent:
        """Ask this from now on. Sessions that are live go on with what they have."""
        row: dict[str, object] = {
            "min_score": content.min_score,
            "required_items": sorted(set(content.required_items), key=LISTING_ITEMS.index),
        }
        row["require_papers"] = content.require_papers
        async with self._transactions.begin() as db:
            if (await claim_intention(db, user.id, intention, uuid4())).is_first:
                new = insert(ListingGate).values(organisation_id=user.organisation_id, **row)
                changed = row | {"changed_at": utc_now()}
                await db.execute(new.on_conflict_do_update(index_elements=[ListingGate.organisation_id], set_=changed))
                record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="listing_gate.set", details=row)
            return await _gate_of(db, user.organisation_id)


async def require_complete(db: AsyncSession, organisation_id: UUID, product_ids: Collection[UUID], *, on: date) -> None:
    """Raises `ProductsIncomplete`, naming every product that is below the organisation's gate on the day `on`, and what it lacks."""
    gate = await _gate_of(db, organisation_id)
    if gate == NOTHING_ASKED or not product_ids:
        return
    lacking = []
    unchecked = await without_papers(db, product_ids, on=on) if gate.require_papers else set()
    for row in await product_rows(db, [Product.id.in_(product_ids)]):
        found = completeness_of_row(row, on=on)
        missing: tuple[str, ...] = lacks(gate, found, cast("ProductCategory | None", row.product.category))
        missing += (PAPERS,) if row.product.id in unchecked else ()
        if missing or found.score < gate.min_score:
            # Below the score alone, whatever is missing would help.
            lacking.append(
                {"id": str(row.product.id), "name": row.product.name, "score": found.score, "missing": list(missing or found.missing)}
            )
    if lacking:
        raise ProductsIncomplete(details={"products": lacking, **gate.model_dump(mode="json")})


def lacks(gate: GateContent, found: Completeness, category: ProductCategory | None) -> tuple[ListingItem, ...]:
    """Which required items a product lacks."""
    asked = set(gate.required_items) & set(asked_of(category))
    return tuple(item for item in found.missing if item in asked)


async def require_no_alcohol(db: AsyncSession, *product_ids: UUID) -> None:
    """Raises `AlcoholNotShown` (docs/adr/0029-alcohol-is-not-shown.md)."""
    found = select(Product.id).where(Product.id.in_(product_ids), Product.is_alcohol).order_by(Product.id)
    if alcohol := (await db.scalars(found)).all():
        raise AlcoholNotShown(details={"product_ids": [str(product_id) for product_id in alcohol]})


async def _gate_of(db: AsyncSession, organisation_id: UUID) -> GateContent:
    row = await db.scalar(
        select(ListingGate).where(ListingGate.organisation_id == organisation_id).execution_options(populate_existing=True)
    )
    if row is None:
        return NOTHING_ASKED
    return GateContent(
        min_score=row.min_score,
        required_items=cast("tuple[ListingItem, ...]", tuple(row.required_items)),
        require_papers=row.require_papers,
    )
