"""Papers of a product's seller, on business conditions and quality: who of the organisation checked them, when, and until when they hold.

The law wants them before a stream (Law 122/2025/QH15). Whether a product may come on air without is the organisation's to say
(`listing_gate.py`). The papers themselves stay where they are; what is kept is that somebody looked, and what they saw.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.directory import names_of_users
from app.accounts.intentions import Intention, claim_intention
from app.accounts.service import CurrentUser
from app.catalog.errors import ProductNotFound
from app.catalog.models import Product, SellerPapers
from app.catalog.queries import product_rows
from app.catalog.reach import products_in_reach
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database
from app.protocol.text import Line

PAPERS_LINE = Line(300)


class CheckedPapers(BaseModel):
    """What somebody saw, e.g. the food-safety certificate with its number."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"words": "Giấy đủ điều kiện ATTP 12/2025, phiếu kiểm nghiệm 3/2026", "valid_until": "2027-12-31"}]
        },
    )

    words: Annotated[str, *PAPERS_LINE.rules]
    valid_until: date | None = Field(None, description="the last day on which all of them hold; null = no end")


class PapersView(BaseModel):
    """The newest check of a product's papers."""

    words: str
    valid_until: date | None
    checked_by: str = Field(description="as others see them")
    checked_at_ms: int


class PapersOfProduct(BaseModel):
    papers: PapersView | None = Field(description="null = nobody has checked any, or the check was taken back")


class PapersDesk:
    """Organisers check papers; whoever keeps the goods sees what was checked."""

    def __init__(self, database: Database) -> None:
        self._transactions = database.transactions

    async def read(self, user: CurrentUser, product_id: UUID) -> PapersOfProduct:
        """Raises `ProductNotFound`."""
        async with self._transactions() as db:
            await _require_in_reach(db, user, product_id)
            return await _papers_of(db, product_id)

    async def check(
        self, user: CurrentUser, product_id: UUID, content: CheckedPapers | None, intention: Intention | None = None
    ) -> PapersOfProduct:
        """Write down that the papers were seen, or with None that they do not count any more. Raises `ProductNotFound`."""
        async with self._transactions.begin() as db:
            await _require_in_reach(db, user, product_id)
            if (await claim_intention(db, user.id, intention, product_id)).is_first:
                row = {
                    "words": "" if content is None else content.words,
                    "valid_until": None if content is None else content.valid_until,
                    "checked_by": user.id,
                    "checked_at": utc_now(),
                    "is_withdrawn": content is None,
                }
                new = insert(SellerPapers).values(product_id=product_id, **row)
                await db.execute(new.on_conflict_do_update(index_elements=[SellerPapers.product_id], set_=row))
                details = {} if content is None else content.model_dump(mode="json")
                action = "papers.withdrawn" if content is None else "papers.checked"
                record_audit(
                    db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=product_id, details=details
                )
            await db.flush()
            return await _papers_of(db, product_id)


async def without_papers(db: AsyncSession, product_ids: Collection[UUID], *, on: date) -> set[UUID]:
    """Those of the products whose papers nobody has checked, or do not hold on that day."""
    holds = or_(SellerPapers.valid_until.is_(None), SellerPapers.valid_until >= on)
    found = select(SellerPapers.product_id).where(SellerPapers.product_id.in_(product_ids), ~SellerPapers.is_withdrawn, holds)
    return set(product_ids) - set(await db.scalars(found))


async def _require_in_reach(db: AsyncSession, user: CurrentUser, product_id: UUID) -> None:
    if not await product_rows(db, [*await products_in_reach(db, user), Product.id == product_id]):
        raise ProductNotFound


async def _papers_of(db: AsyncSession, product_id: UUID) -> PapersOfProduct:
    row = await db.get(SellerPapers, product_id, populate_existing=True)
    if row is None or row.is_withdrawn:
        return PapersOfProduct(papers=None)
    names = await names_of_users(db, [row.checked_by])
    view = PapersView(
        words=row.words, valid_until=row.valid_until, checked_by=names.get(row.checked_by, ""), checked_at_ms=to_ms(row.checked_at) or 0
    )
    return PapersOfProduct(papers=view)
