"""Producers and products with sensible defaults."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from app.accounts.service import CurrentUser
from app.catalog.schemas import PictureContent, ProducerContent, ProducerView, ProductContent, ProductDetails
from app.catalog.service import CatalogService


def producer_content(**changes: Any) -> ProducerContent:
    usual = {
        "name": "Hợp tác xã Mật ong Hương Sơn",
        "kind": "cooperative",
        "tax_code": "3000123456",
        "story": "Ba mươi hộ nuôi ong.",
        "province_code": 42,
        "commune_code": 18133,
    }
    return ProducerContent.model_validate(usual | changes)


def product_content(producer_id: UUID, **changes: Any) -> ProductContent:
    usual = {
        "producer_id": producer_id,
        "name": "Mật ong hoa rừng",
        "story": "Ong đi lấy mật trong rừng.",
        "price_vnd": 180_000,
        "unit": "hũ 500 g",
        "weight_grams": 780,
        "ocop_stars": 4,
        "certificate_number": "215/QĐ-UBND",
        "certified_on": date(2025, 9, 23),
        "pictures": (PictureContent(path="/static/pictures/mat-ong.svg", alt="Hũ mật ong"),),
    }
    return ProductContent.model_validate(usual | changes)


async def a_producer(catalog: CatalogService, user: CurrentUser, **changes: Any) -> ProducerView:
    return await catalog.create_producer(user, producer_content(**changes))


async def a_product(catalog: CatalogService, user: CurrentUser, **changes: Any) -> ProductDetails:
    producer_id = changes.pop("producer_id", None) or (await a_producer(catalog, user)).id
    return await catalog.create_product(user, product_content(producer_id, **changes))
