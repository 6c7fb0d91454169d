"""HTTP: producers and products for staff, provinces and wards for everybody."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.catalog.addresses import provinces, search_places, wards_of
from app.catalog.errors import (
    InvalidAddress,
    InvalidVideoUrl,
    PictureNotFound,
    ProducerNotFound,
    ProductCodeTaken,
    ProductNotFound,
    ProvinceNotFound,
)
from app.catalog.schemas import (
    PlacesFound,
    ProducerChanges,
    ProducerContent,
    ProducerList,
    ProducerView,
    ProductChanges,
    ProductContent,
    ProductDetails,
    ProductList,
    ProvinceList,
    WardList,
)
from app.catalog.service import CatalogService
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.compression import compress
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1", tags=["catalog"])

# Units change on a known day and by `ocop places import`; nobody shall read the old ones much longer.
ADDRESSES_CACHE_CONTROL = "public, max-age=3600"
_QUICK_LEVEL = 5


_KEEPER: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, IntentionKeyReused, MalformedRequest)
_CONTENT: tuple[type[AppError], ...] = (ProducerNotFound, PictureNotFound, InvalidVideoUrl, ProductCodeTaken)
Service = Annotated[CatalogService, Depends(provided(CatalogService))]
Limit = Annotated[int, Query(ge=1, le=500)]
SearchText = Annotated[str, Query(min_length=1, max_length=100)]
FoundLimit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


@router.get(
    "/producers",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Producers of the organisation",
    responses=problem_responses(NotSignedIn, MalformedRequest),
)
async def list_producers(user: SignedInUser, service: Service, limit: Limit = 200, offset: Offset = 0) -> ProducerList:
    """Staff of the organisation; a producer sees their own."""
    return await service.list_producers(user, limit=limit, offset=offset)


@router.post(
    "/producers",
    dependencies=[needs(Action.ADD_PRODUCERS)],
    summary="Add a producer",
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(*_KEEPER, Forbidden, InvalidAddress),
)
async def create_producer(content: ProducerContent, user: SignedInUser, service: Service, intention: Intended) -> ProducerView:
    """Staff of the organisation; not a producer's login."""
    return await service.create_producer(user, content, intention)


@router.patch(
    "/producers/{producer_id}",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Change a producer",
    responses=problem_responses(*_KEEPER, InvalidAddress, ProducerNotFound),
)
async def update_producer(
    producer_id: UUID, changes: ProducerChanges, user: SignedInUser, service: Service, intention: Intended
) -> ProducerView:
    """Staff of the organisation, and the producer. What is left out stays as it is."""
    return await service.update_producer(user, producer_id, changes, intention)


@router.get(
    "/products",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Products of the organisation",
    responses=problem_responses(NotSignedIn, MalformedRequest),
)
async def list_products(
    user: SignedInUser,
    service: Service,
    producer_id: UUID | None = None,
    include_inactive: bool = False,
    limit: Limit = 200,
    offset: Offset = 0,
) -> ProductList:
    """Staff of the organisation; a producer sees their own."""
    return await service.list_products(user, producer_id=producer_id, include_inactive=include_inactive, limit=limit, offset=offset)


@router.post(
    "/products",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Add a product",
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(*_KEEPER, *_CONTENT),
)
async def create_product(content: ProductContent, user: SignedInUser, service: Service, intention: Intended) -> ProductDetails:
    """Staff of the organisation, and the producer."""
    return await service.create_product(user, content, intention)


@router.get(
    "/products/{product_id}",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="One product",
    responses=problem_responses(NotSignedIn, ProductNotFound, MalformedRequest),
)
async def read_product(product_id: UUID, user: SignedInUser, service: Service) -> ProductDetails:
    """Staff of the organisation, and the producer."""
    return await service.get_product(user, product_id)


@router.patch(
    "/products/{product_id}",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Change a product",
    responses=problem_responses(*_KEEPER, *_CONTENT, ProductNotFound),
)
async def update_product(
    product_id: UUID, changes: ProductChanges, user: SignedInUser, service: Service, intention: Intended
) -> ProductDetails:
    """Staff of the organisation, and the producer. What is left out stays as it is."""
    return await service.update_product(user, product_id, changes, intention)


def _places(found: ProvinceList | WardList, accepted: str | None) -> Response:
    """Compressed: a province's wards are up to 20 KB, and a buyer on a poor network waits for them."""
    content = compress(found.model_dump_json(by_alias=True).encode(), level=_QUICK_LEVEL)
    return content.answer(accepted, media_type="application/json", headers={"cache-control": ADDRESSES_CACHE_CONTROL})


@router.get(
    "/addresses/provinces",
    dependencies=[OPEN_TO_EVERYBODY],
    response_model=ProvinceList,
    summary="The 34 provinces and cities",
    tags=["addresses"],
)
async def list_provinces(request: Request) -> Response:
    """Open to everybody; may be cached for an hour."""
    return _places(ProvinceList(items=provinces()), request.headers.get("accept-encoding"))


@router.get(
    "/addresses/provinces/{province_code}/wards",
    dependencies=[OPEN_TO_EVERYBODY],
    response_model=WardList,
    summary="The wards, communes and special zones of a province",
    tags=["addresses"],
    responses=problem_responses(ProvinceNotFound, MalformedRequest),
)
async def list_wards(province_code: int, request: Request) -> Response:
    """Open to everybody; may be cached for an hour."""
    return _places(WardList(items=wards_of(province_code)), request.headers.get("accept-encoding"))


@router.get(
    "/addresses/search",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="Find a province or ward by what people type",
    tags=["addresses"],
    responses=problem_responses(MalformedRequest),
)
async def find_places(text: SearchText, response: Response, province_code: int | None = None, limit: FoundLimit = 20) -> PlacesFound:
    """Open to everybody; may be cached for an hour. Marks, apostrophes, dashes and capitals do not matter; old provinces, former

    districts and short forms (`hcm`) lead to today's province. With `province_code` only its wards are looked through.
    """
    response.headers["cache-control"] = ADDRESSES_CACHE_CONTROL
    return search_places(text, province_code=province_code, limit=limit)
