"""Stores and services for the tests of accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.accounts.service import AccountService
from app.infra.database import Database, open_database
from app.infra.redis_client import RedisClients, open_redis
from app.settings import DatabaseSettings, Settings, load_settings
from tests.accounts.builders import Clock, SmallApp, small_app


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    async with open_database(postgres_url, DatabaseSettings()) as opened:
        yield opened


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[RedisClients]:
    async with open_redis(redis_url) as clients:
        yield clients


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(database: Database, redis: RedisClients, redis_prefix: str, clock: Clock) -> AccountService:
    return AccountService(database, redis, redis_prefix=redis_prefix, clock=clock)


@pytest.fixture
def settings(redis_prefix: str) -> Settings:
    return load_settings(redis_prefix=redis_prefix, allowed_origins=("https://cho.example.vn",))


@pytest.fixture
def market(settings: Settings, database: Database, redis: RedisClients) -> SmallApp:
    return small_app(settings, database, redis)
