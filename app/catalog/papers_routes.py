"""HTTP: papers of a product's seller, checked by organisers before the product goes on air."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused, OrganiserOnly
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.catalog.errors import ProductNotFound
from app.catalog.seller_papers import CheckedPapers, PapersDesk, PapersOfProduct
from app.errors import MalformedRequest, NotSignedIn, OriginRefused
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1", tags=["catalog"])

Papers = Annotated[PapersDesk, Depends(provided(PapersDesk))]
_WRITING = (NotSignedIn, OrganiserOnly, OriginRefused, ProductNotFound, IntentionKeyReused, MalformedRequest)


@router.get(
    "/products/{product_id}/papers",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Whether a seller's papers were checked",
    responses=problem_responses(NotSignedIn, ProductNotFound, MalformedRequest),
)
async def read_papers(product_id: UUID, user: SignedInUser, papers: Papers) -> PapersOfProduct:
    """Staff of the organisation, and the product's producer."""
    return await papers.read(user, product_id)


@router.put(
    "/products/{product_id}/papers",
    dependencies=[needs(Action.SET_RULES)],
    summary="Write down that the papers were checked",
    responses=problem_responses(*_WRITING),
)
async def check_papers(product_id: UUID, body: CheckedPapers, user: SignedInUser, papers: Papers, intention: Intended) -> PapersOfProduct:
    """Organisers. Who checked and when is kept, and stands in the audit trail."""
    return await papers.check(user, product_id, body, intention)


@router.delete(
    "/products/{product_id}/papers",
    dependencies=[needs(Action.SET_RULES)],
    summary="Take a check back",
    responses=problem_responses(*_WRITING),
)
async def withdraw_papers(product_id: UUID, user: SignedInUser, papers: Papers, intention: Intended) -> PapersOfProduct:
    """Organisers. Sessions that are live go on with what they have."""
    return await papers.check(user, product_id, None, intention)
