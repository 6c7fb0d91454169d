"""Producers and products of an organisation, and the cards that sessions show. The only door of the package besides `addresses`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError
from sqlalchemy import ColumnElement, delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention
from app.accounts.service import CurrentUser
from app.catalog.addresses import ResolvedAddress, resolve_address
from app.catalog.certificates import is_valid_on
from app.catalog.errors import ProducerNotFound, ProductNotFound
from app.catalog.models import Producer, Product, ProductPicture
from app.catalog.queries import (
    ProductRow,
    count_products,
    lock_product,
    missing_products,
    owned_producer,
    producers_of,
    product_rows,
)
from app.catalog.schemas import (
    OcopStars,
    PictureContent,
    ProducerChanges,
    ProducerContent,
    ProducerKind,
    ProducerList,
    ProducerView,
    ProductChanges,
    ProductContent,
    ProductDetails,
    ProductList,
)
from app.errors import MalformedRequest
from app.infra.database import Database
from app.infra.problems import field_problems

Content = TypeVar("Content", bound=BaseModel)

PLACEHOLDER_PICTURE = "/static/pictures/placeholder.svg"
_AUDITED_TEXT_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product as viewers see it on one day: `ocop_stars` and the number are None unless the certificate holds on that day."""

    id: UUID
    name: str
    story: str
    price_vnd: int
    unit: str
    weight_grams: int
    ocop_stars: OcopStars | None
    ocop_certificate_number: str | None
    picture_url: str
    picture_alt: str
    producer_id: UUID
    producer_name: str
    commune_name: str


class CatalogService:
    """What an organisation sells. Staff see and change only their own organisation's entries; each change leaves an audit entry."""

    def __init__(self, database: Database) -> None:
        self._transactions = database.transactions

    async def list_producers(self, user: CurrentUser, *, limit: int = 200, offset: int = 0) -> ProducerList:
        """The organisation's producers by name."""
        async with self._transactions() as db:
            producers, total = await producers_of(db, user.organisation_id, limit=limit, offset=offset)
        return ProducerList(items=[_producer_view(producer) for producer in producers], total=total)

    async def create_producer(self, user: CurrentUser, content: ProducerContent, intention: Intention | None = None) -> ProducerView:
        """A new producer. Raises `InvalidAddress`."""
        async with self._transactions.begin() as db:
            claim = await claim_intention(db, user.id, intention, uuid4())
            if not claim.is_first:
                return _producer_view(await _the_producer(db, user, claim.subject_id))
            address = resolve_address(content.province_code, content.commune_code)
            producer = Producer(id=claim.subject_id, organisation_id=user.organisation_id, **content.model_dump(), **_names(address))
            db.add(producer)
            await db.flush()
            _audit(db, user, "producer.created", producer.id, {"name": content.name, "kind": content.kind})
        return _producer_view(producer)

    async def update_producer(
        self, user: CurrentUser, producer_id: UUID, changes: ProducerChanges, intention: Intention | None = None
    ) -> ProducerView:
        """Change what is set in `changes`. Raises `ProducerNotFound`, `InvalidAddress`, `MalformedRequest`."""
        async with self._transactions.begin() as db:
            producer = await _the_producer(db, user, producer_id, for_update=True)
            before = _producer_view(producer)
            if not (await claim_intention(db, user.id, intention, producer_id)).is_first:
                return before
            content = _merged(ProducerContent, before, changes.model_dump(exclude_unset=True))
            # The names are a record of the day; they change only when another place is chosen.
            if (content.province_code, content.commune_code) != (before.province_code, before.commune_code):
                _set(producer, _names(resolve_address(content.province_code, content.commune_code)))
            _set(producer, content.model_dump())
            await db.flush()
            after = _producer_view(producer)
            _audit(db, user, "producer.updated", producer_id, _difference(before, after))
        return after

    async def list_products(
        self, user: CurrentUser, *, producer_id: UUID | None = None, include_inactive: bool = False, limit: int = 200, offset: int = 0
    ) -> ProductList:
        """The organisation's products by name."""
        conditions: list[ColumnElement[bool]] = [Product.organisation_id == user.organisation_id]
        if producer_id is not None:
            conditions.append(Product.producer_id == producer_id)
        if not include_inactive:
            conditions.append(Product.is_active.is_(True))
        async with self._transactions() as db:
            rows = await product_rows(db, conditions, limit=limit, offset=offset)
            total = await count_products(db, conditions)
        return ProductList(items=[_product_details(row) for row in rows], total=total)

    async def create_product(self, user: CurrentUser, content: ProductContent, intention: Intention | None = None) -> ProductDetails:
        """A new product. Raises `ProducerNotFound` when the producer is not the organisation's own."""
        async with self._transactions.begin() as db:
            claim = await claim_intention(db, user.id, intention, uuid4())
            if not claim.is_first:
                return await _read_product(db, claim.subject_id)
            await _the_producer(db, user, content.producer_id)
            product = Product(id=claim.subject_id, organisation_id=user.organisation_id, **_product_columns(content))
            db.add(product)
            await db.flush()
            _add_pictures(db, product.id, content.pictures)
            await db.flush()
            _audit(db, user, "product.created", product.id, {"name": content.name, "price_vnd": content.price_vnd})
            return await _read_product(db, product.id)

    async def update_product(
        self, user: CurrentUser, product_id: UUID, changes: ProductChanges, intention: Intention | None = None
    ) -> ProductDetails:
        """Change what is set in `changes`. Raises `ProductNotFound`, `ProducerNotFound`, `MalformedRequest`.

        Offers and orders keep the prices that they were made with.
        """
        given = changes.model_dump(exclude_unset=True)
        if "certified_on" in given:
            given.setdefault("certificate_expires_on", None)
        async with self._transactions.begin() as db:
            product = await lock_product(db, user.organisation_id, product_id)
            if product is None:
                raise ProductNotFound
            before = await _read_product(db, product_id)
            if not (await claim_intention(db, user.id, intention, product_id)).is_first:
                return before
            content = _merged(ProductContent, before, given)
            if content.producer_id != before.producer_id:
                await _the_producer(db, user, content.producer_id)
            _set(product, _product_columns(content))
            if content.pictures != before.pictures:
                await db.execute(delete(ProductPicture).where(ProductPicture.product_id == product_id))
                _add_pictures(db, product_id, content.pictures)
            await db.flush()
            after = await _read_product(db, product_id)
            _audit(db, user, "product.updated", product_id, _difference(before, after))
        return after

    async def cards(self, product_ids: Collection[UUID], *, on: date) -> dict[UUID, ProductCard]:
        """Cards for the day `on` (the day in Vietnam, see `certificates.vietnam_day`), of any organisation; unknown ids are left out."""
        if not product_ids:
            return {}
        async with self._transactions() as db:
            rows = await product_rows(db, [Product.id.in_(product_ids)])
        return {row.product.id: _card(row, on) for row in rows}

    async def require_products(self, db: AsyncSession, organisation_id: UUID, product_ids: Collection[UUID]) -> None:
        """Inside a transaction of the caller: raises `ProductNotFound` (with the missing ids) unless all are active products of this

        organisation.
        """
        if missing := await missing_products(db, organisation_id, product_ids):
            raise ProductNotFound(details={"product_ids": sorted(str(product_id) for product_id in missing)})


async def _the_producer(db: AsyncSession, user: CurrentUser, producer_id: UUID, *, for_update: bool = False) -> Producer:
    producer = await owned_producer(db, user.organisation_id, producer_id, for_update=for_update)
    if producer is None:
        raise ProducerNotFound
    return producer


async def _read_product(db: AsyncSession, product_id: UUID) -> ProductDetails:
    (row,) = await product_rows(db, [Product.id == product_id])
    return _product_details(row)


def _audit(db: AsyncSession, user: CurrentUser, action: str, subject_id: UUID, details: dict[str, object]) -> None:
    record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=subject_id, details=details)


def _merged(kind: type[Content], before: BaseModel, given: dict[str, Any]) -> Content:
    """The entry with the changes in it, under the same rules as a new one."""
    kept = {name: value for name, value in before.model_dump().items() if name in kind.model_fields}
    try:
        return kind.model_validate(kept | given)
    except ValidationError as error:
        raise MalformedRequest(details={"errors": field_problems(error.errors(), within=("body",))}) from error


def _difference(before: BaseModel, after: BaseModel) -> dict[str, object]:
    """Old and new values of the fields that changed, long texts cut short."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return {name: {"from": _short(old[name]), "to": _short(new[name])} for name in old if old[name] != new[name]}


def _short(value: object) -> object:
    return value[:_AUDITED_TEXT_CHARACTERS] if isinstance(value, str) else value


def _set(row: Producer | Product, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _names(address: ResolvedAddress) -> dict[str, str]:
    return {"province_name": address.province_name, "commune_name": address.ward_name}


def _product_columns(content: ProductContent) -> dict[str, Any]:
    return content.model_dump(exclude={"pictures"}) | {"certificate_expires_on": content.certificate_end}


def _add_pictures(db: AsyncSession, product_id: UUID, pictures: Collection[PictureContent]) -> None:
    db.add_all(
        ProductPicture(product_id=product_id, position=position, path=picture.path, alt=picture.alt)
        for position, picture in enumerate(pictures)
    )


def _producer_view(producer: Producer) -> ProducerView:
    return ProducerView(
        id=producer.id,
        name=producer.name,
        kind=cast("ProducerKind", producer.kind),
        tax_code=producer.tax_code,
        story=producer.story,
        province_code=producer.province_code,
        province_name=producer.province_name,
        commune_code=producer.commune_code,
        commune_name=producer.commune_name,
    )


def _product_details(row: ProductRow) -> ProductDetails:
    product = row.product
    return ProductDetails(
        id=product.id,
        producer_id=product.producer_id,
        producer_name=row.producer.name,
        name=product.name,
        story=product.story,
        price_vnd=product.price_vnd,
        unit=product.unit,
        weight_grams=product.weight_grams,
        ocop_stars=cast("OcopStars | None", product.ocop_stars),
        certificate_number=product.certificate_number,
        certified_on=product.certified_on,
        certificate_expires_on=product.certificate_expires_on,
        pictures=tuple(PictureContent(path=picture.path, alt=picture.alt) for picture in row.pictures),
        is_active=product.is_active,
    )


def _card(row: ProductRow, day: date) -> ProductCard:
    product = row.product
    is_certified = is_valid_on(day, certified_on=product.certified_on, expires_on=product.certificate_expires_on)
    picture = row.pictures[0] if row.pictures else None
    return ProductCard(
        id=product.id,
        name=product.name,
        story=product.story,
        price_vnd=product.price_vnd,
        unit=product.unit,
        weight_grams=product.weight_grams,
        ocop_stars=cast("OcopStars | None", product.ocop_stars) if is_certified else None,
        ocop_certificate_number=product.certificate_number if is_certified else None,
        picture_url=picture.path if picture else PLACEHOLDER_PICTURE,
        picture_alt=(picture.alt if picture else "") or product.name,
        producer_id=product.producer_id,
        producer_name=row.producer.name,
        commune_name=row.producer.commune_name,
    )
