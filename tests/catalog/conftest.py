"""Stores and services for the tests of the catalogue."""

from __future__ import annotations

import pytest

from app.accounts.service import CurrentUser
from app.catalog.service import CatalogService
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.settings import load_settings
from tests.accounts.builders import SmallApp, a_user, small_app


@pytest.fixture
def market(database: Database, redis: RedisClients, redis_prefix: str) -> SmallApp:
    return small_app(load_settings(redis_prefix=redis_prefix), database, redis)


@pytest.fixture
def catalog(market: SmallApp) -> CatalogService:
    return market.catalog


@pytest.fixture
async def organiser(market: SmallApp) -> CurrentUser:
    return await a_user(market.accounts)


@pytest.fixture
async def stranger(market: SmallApp) -> CurrentUser:
    """An organiser of another organisation."""
    return await a_user(market.accounts, "nguoi.khac", organisation="Chợ phiên nơi khác")
