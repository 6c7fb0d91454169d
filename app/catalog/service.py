"""Producers and products of an organisation, and the cards that sessions show."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser, require
from app.catalog.addresses import ResolvedAddress, resolve_address
from app.catalog.errors import PictureNotFound, ProductCodeTaken, ProductNotFound
from app.catalog.models import Picture, Producer, Product, ProductPicture
from app.catalog.product_codes import code_from_id
from app.catalog.queries import count_products, lock_product, missing_products, producers_where, product_rows
from app.catalog.reach import producers_in_reach, products_in_reach, require_commune, require_producer
from app.catalog.schemas import (
    PictureContent,
    ProducerChanges,
    ProducerContent,
    ProducerList,
    ProducerView,
    ProductChanges,
    ProductContent,
    ProductDetails,
    ProductList,
)
from app.catalog.shown import ShownGoods, ShownNowhere
from app.catalog.video import parse_video_url
from app.catalog.views import ProductCard as ProductCard  # what sessions ask this service for
from app.catalog.views import card, producer_view, product_details, upload_view
from app.errors import MalformedRequest
from app.infra.clock import utc_now, vietnam_day
from app.infra.database import Database
from app.infra.problems import field_problems

Content = TypeVar("Content", bound=BaseModel)

_AUDITED_TEXT_CHARACTERS = 200
_CODE_INDEX = "uq_products_organisation_id_code"


class CatalogService:
    """What an organisation sells. Staff see and change their own organisation's entries, a producer their own; each change is audited."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._transactions = database.transactions
        self._clock = clock
        self._shown: ShownGoods = ShownNowhere()

    def shown_by(self, shown: ShownGoods) -> None:
        """Who hears of changed products: set once, while the services are built."""
        self._shown = shown

    def today(self) -> date:
        """The day in Vietnam, by which certificates are judged."""
        return vietnam_day(self._clock())

    async def list_producers(self, user: CurrentUser, *, limit: int = 200, offset: int = 0) -> ProducerList:
        """The producers in the user's reach by name."""
        async with self._transactions() as db:
            producers, total = await producers_where(db, await producers_in_reach(db, user), limit=limit, offset=offset)
        return ProducerList(items=[producer_view(producer) for producer in producers], total=total)

    async def create_producer(self, user: CurrentUser, content: ProducerContent, intention: Intention | None = None) -> ProducerView:
        """A new producer. Raises `InvalidAddress`, `Forbidden` for a producer's login."""
        require(user, Action.ADD_PRODUCERS)
        require_commune(user, Action.ADD_PRODUCERS, content.commune_code)
        async with self._transactions.begin() as db:
            claim = await claim_intention(db, user.id, intention, uuid4())
            if not claim.is_first:
                return producer_view(await require_producer(db, user, claim.subject_id))
            address = resolve_address(content.province_code, content.commune_code)
            producer = Producer(id=claim.subject_id, organisation_id=user.organisation_id, **content.model_dump(), **_names(address))
            db.add(producer)
            await db.flush()
            _audit(db, user, "producer.created", producer.id, {"name": content.name, "kind": content.kind})
        return producer_view(producer)

    async def update_producer(
        self, user: CurrentUser, producer_id: UUID, changes: ProducerChanges, intention: Intention | None = None
    ) -> ProducerView:
        """Change what is set in `changes`. Raises `ProducerNotFound`, `InvalidAddress`, `MalformedRequest`."""
        async with self._transactions.begin() as db:
            producer = await require_producer(db, user, producer_id, for_update=True)
            before = producer_view(producer)
            if not (await claim_intention(db, user.id, intention, producer_id)).is_first:
                return before
            content = _merged(ProducerContent, before, changes.model_dump(exclude_unset=True))
            # The names are a record of the day; they change only when another place is chosen.
            if (content.province_code, content.commune_code) != (before.province_code, before.commune_code):
                require_commune(user, Action.KEEP_GOODS, content.commune_code)
                _set(producer, _names(resolve_address(content.province_code, content.commune_code)))
            _set(producer, content.model_dump())
            await db.flush()
            after = producer_view(producer)
            _audit(db, user, "producer.updated", producer_id, _difference(before, after))
            goods = (await db.scalars(select(Product.id).where(Product.producer_id == producer_id))).all()
            showing = await self._shown.changed(db, goods)
        await self._shown.told(showing)
        return after

    async def list_products(
        self, user: CurrentUser, *, producer_id: UUID | None = None, include_inactive: bool = False, limit: int = 200, offset: int = 0
    ) -> ProductList:
        """The products in the user's reach by name."""
        async with self._transactions() as db:
            conditions: list[ColumnElement[bool]] = [*await products_in_reach(db, user)]
            if producer_id is not None:
                conditions.append(Product.producer_id == producer_id)
            if not include_inactive:
                conditions.append(Product.is_active.is_(True))
            rows = await product_rows(db, conditions, limit=limit, offset=offset)
            total = await count_products(db, conditions)
        today = self.today()
        return ProductList(items=[product_details(row, today=today) for row in rows], total=total)

    async def get_product(self, user: CurrentUser, product_id: UUID) -> ProductDetails:
        """One product. Raises `ProductNotFound`."""
        async with self._transactions() as db:
            rows = await product_rows(db, [Product.id == product_id, *await products_in_reach(db, user)])
        if not rows:
            raise ProductNotFound
        return product_details(rows[0], today=self.today())

    async def create_product(self, user: CurrentUser, content: ProductContent, intention: Intention | None = None) -> ProductDetails:
        """A new product.

        Raises `ProducerNotFound` when the producer is not in reach, `PictureNotFound`, `InvalidVideoUrl`, `ProductCodeTaken`.
        """
        async with self._transactions.begin() as db:
            product_id = uuid4()
            claim = await claim_intention(db, user.id, intention, product_id)
            if claim.is_first:
                await self.add_product(db, user, product_id, content)
            return await self._read_product(db, claim.subject_id)

    async def add_product(self, db: AsyncSession, user: CurrentUser, product_id: UUID, content: ProductContent) -> None:
        """The same in an open transaction."""
        await require_producer(db, user, content.producer_id)
        columns = _product_columns(content) | {"code": content.code or code_from_id(product_id)}
        db.add(Product(id=product_id, organisation_id=user.organisation_id, **columns))
        await _flush_code(db)
        await _add_pictures(db, product_id, content.producer_id, content.pictures)
        await db.flush()
        _audit(db, user, "product.created", product_id, {"name": content.name, "price_vnd": content.price_vnd})

    async def update_product(
        self, user: CurrentUser, product_id: UUID, changes: ProductChanges, intention: Intention | None = None
    ) -> ProductDetails:
        """Change what is set in `changes`.

        Raises `ProductNotFound`, `ProducerNotFound`, `PictureNotFound`, `InvalidVideoUrl`, `ProductCodeTaken`, `MalformedRequest`.
        Offers and orders keep the prices that they were made with.
        """
        showing: tuple[UUID, ...] = ()
        async with self._transactions.begin() as db:
            if (await claim_intention(db, user.id, intention, product_id)).is_first:
                showing = await self.change_product(db, user, product_id, changes.model_dump(exclude_unset=True))
            elif await lock_product(db, product_id, *await products_in_reach(db, user)) is None:
                raise ProductNotFound
            changed = await self._read_product(db, product_id)
        await self._shown.told(showing)
        return changed

    async def change_product(self, db: AsyncSession, user: CurrentUser, product_id: UUID, given: dict[str, Any]) -> tuple[UUID, ...]:
        """The same in an open transaction; `given` are fields of `ProductChanges` that were set.

        Returns the live sessions that show the product; without `told` they hear of it within a second of COMMIT.
        """
        product = await lock_product(db, product_id, *await products_in_reach(db, user))
        if product is None:
            raise ProductNotFound
        if "certified_on" in given:
            given.setdefault("certificate_expires_on", None)
        before = await self._read_product(db, product_id)
        content = _merged(ProductContent, before, given, left_out=frozenset({"pictures"}))
        if content.producer_id != before.producer_id:
            await require_producer(db, user, content.producer_id)
        _set(product, _product_columns(content))
        await _flush_code(db)
        if given.get("pictures") is not None:
            await db.execute(delete(ProductPicture).where(ProductPicture.product_id == product_id))
            await _add_pictures(db, product_id, content.producer_id, content.pictures)
        await db.flush()
        after = await self._read_product(db, product_id)
        _audit(db, user, "product.updated", product_id, _difference(before, after))
        return await self._shown.changed(db, [product_id])

    async def cards(self, product_ids: Collection[UUID], *, on: date) -> dict[UUID, ProductCard]:
        """Cards for the day `on` (the day in Vietnam, see `certificates.vietnam_day`), of any organisation; unknown ids are left out."""
        if not product_ids:
            return {}
        async with self._transactions() as db:
            rows = await product_rows(db, [Product.id.in_(product_ids)])
        return {row.product.id: card(row, on) for row in rows}

    async def require_products(self, db: AsyncSession, organisation_id: UUID, product_ids: Collection[UUID]) -> None:
        """Inside a transaction of the caller: raises `ProductNotFound` (with the missing ids) unless all are active products of this

        organisation.
        """
        if missing := await missing_products(db, organisation_id, product_ids):
            raise ProductNotFound(details={"product_ids": sorted(str(product_id) for product_id in missing)})

    async def _read_product(self, db: AsyncSession, product_id: UUID) -> ProductDetails:
        (row,) = await product_rows(db, [Product.id == product_id])
        return product_details(row, today=self.today())


def _audit(db: AsyncSession, user: CurrentUser, action: str, subject_id: UUID, details: dict[str, object]) -> None:
    record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=subject_id, details=details)


def _merged(kind: type[Content], before: BaseModel, given: dict[str, Any], *, left_out: frozenset[str] = frozenset()) -> Content:
    """The entry with the changes in it, under the same rules as a new one; what is `left_out` is not taken over from before."""
    kept = {name: value for name, value in before.model_dump(exclude=set(left_out)).items() if name in kind.model_fields}
    try:
        return kind.model_validate(kept | {name: value for name, value in given.items() if name not in left_out or value is not None})
    except ValidationError as error:
        raise MalformedRequest(details={"errors": field_problems(error.errors(), within=("body",))}) from error


def _difference(before: BaseModel, after: BaseModel) -> dict[str, object]:
    """Old and new values of the fields that changed, long texts cut short."""
    old, new = before.model_dump(mode="json", exclude={"completeness"}), after.model_dump(mode="json")
    return {name: {"from": _short(old[name]), "to": _short(new[name])} for name in old if old[name] != new[name]}


def _short(value: object) -> object:
    match value:
        case str():
            return value[:_AUDITED_TEXT_CHARACTERS]
        case dict():
            return {name: _short(each) for name, each in value.items() if name != "sources"}
        case list():
            return [_short(each) for each in value]
        case _:
            return value


def _set(row: Producer | Product, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _names(address: ResolvedAddress) -> dict[str, str]:
    return {"province_name": address.province_name, "commune_name": address.ward_name}


def _product_columns(content: ProductContent) -> dict[str, Any]:
    """Raises `InvalidVideoUrl`."""
    video = content.story_video_url
    checked = None if video is None or not video.strip() else parse_video_url(video).url
    return content.model_dump(exclude={"pictures"}) | {"certificate_expires_on": content.certificate_end, "story_video_url": checked}


async def _flush_code(db: AsyncSession) -> None:
    try:
        await db.flush()
    except IntegrityError as error:
        if _CODE_INDEX in str(error.orig):
            raise ProductCodeTaken from error
        raise


async def _add_pictures(db: AsyncSession, product_id: UUID, producer_id: UUID, pictures: Collection[PictureContent]) -> None:
    """Raises `PictureNotFound` for uploads of other producers."""
    wanted = {picture.picture_id for picture in pictures if picture.picture_id is not None}
    found = await db.scalars(select(Picture).where(Picture.id.in_(wanted), Picture.producer_id == producer_id)) if wanted else ()
    uploads: dict[UUID | None, Picture] = {picture.id: picture for picture in found}
    if missing := wanted - uploads.keys():
        raise PictureNotFound(details={"picture_ids": sorted(map(str, missing))})
    db.add_all(
        ProductPicture(
            product_id=product_id,
            position=position,
            path=picture.path or upload_view(uploads[picture.picture_id]).path,
            alt=picture.alt,
            picture_id=picture.picture_id,
        )
        for position, picture in enumerate(pictures)
    )
