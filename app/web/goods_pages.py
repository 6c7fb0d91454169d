"""Pages of goods: producers, products, pictures, tables; for staff, and for a producer's own login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.catalog.errors import ProducerNotFound
from app.catalog.schemas import ProducerView
from app.catalog.service import CatalogService
from app.infra.provided import provided
from app.sessions.booths import BoothService
from app.web.page_route import PageRoute
from app.web.rendering import render

router = APIRouter(route_class=PageRoute, include_in_schema=False, prefix="/organiser/goods")

Booths = Annotated[BoothService, Depends(provided(BoothService))]
Catalog = Annotated[CatalogService, Depends(provided(CatalogService))]
_WORDS = (
    *("goods.", "producer.", "product.", "booth.", "form.nothing_found", "form.place_unclear", "login.username"),
    *("host.signed_out", "host.sign_in_again"),
)


@router.get("", dependencies=[needs(Action.KEEP_GOODS)])
async def goods(request: Request, user: SignedInUser) -> Response:
    """Producers and their products, with scores and search."""
    return _page(request, user, "goods.js", "goods.title", {})


@router.get("/import", dependencies=[needs(Action.KEEP_GOODS)])
async def import_goods(request: Request, user: SignedInUser) -> Response:
    """Products as a table, in and out."""
    return _page(request, user, "goods_import.js", "goods.import", {})


@router.get("/producers/new", dependencies=[needs(Action.KEEP_GOODS)])
async def new_producer(request: Request, user: SignedInUser) -> Response:
    """The form for a producer."""
    return _page(request, user, "goods_producer.js", "goods.new_producer", {"producer": None, "booth": None})


@router.get("/producers/{producer_id}", dependencies=[needs(Action.KEEP_GOODS)])
async def producer(request: Request, producer_id: UUID, user: SignedInUser, catalog: Catalog, booths: Booths) -> Response:
    """A producer, their booth, and the logins by which they keep their goods themselves."""
    facts: dict[str, object] = {"producer": (await _producer(catalog, user, producer_id)).model_dump(mode="json")}
    booth = await booths.newest(producer_id)
    facts["booth"] = None if booth is None else {"id": str(booth.record.id), "state": booth.record.state}
    return _page(request, user, "goods_producer.js", "goods.producer", facts)


@router.get("/producers/{producer_id}/add", dependencies=[needs(Action.KEEP_GOODS)])
async def add_products(request: Request, producer_id: UUID, user: SignedInUser, catalog: Catalog) -> Response:
    """Products by their photos: each photo becomes a product to fill in."""
    facts = {"producer": (await _producer(catalog, user, producer_id)).model_dump(mode="json")}
    return _page(request, user, "goods_photos.js", "goods.add_products", facts)


@router.get("/products/{product_id}", dependencies=[needs(Action.KEEP_GOODS)])
async def product(request: Request, product_id: UUID, user: SignedInUser, catalog: Catalog) -> Response:
    """One product, everything about it."""
    facts: dict[str, object] = {"product": (await catalog.get_product(user, product_id)).model_dump(mode="json")}
    facts["may_check_papers"] = user.may(Action.SET_RULES)
    return _page(request, user, "goods_product.js", "goods.product", facts)


async def _producer(catalog: CatalogService, user: CurrentUser, producer_id: UUID) -> ProducerView:
    """Raises `ProducerNotFound`."""
    found = [each for each in (await catalog.list_producers(user, limit=500)).items if each.id == producer_id]
    if not found:
        raise ProducerNotFound
    return found[0]


def _page(request: Request, user: CurrentUser, script: str, title: str, facts: Mapping[str, object]) -> Response:
    return render(request, "goods.html", script=script, words=_WORDS, user=user, title_key=title, facts={**facts, "role": user.role})
