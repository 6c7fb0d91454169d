"""Real stores and one session for the statistics tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.infra.database import Database, open_database
from app.infra.redis_client import RedisClients, open_redis
from app.metrics.service import MetricsService
from app.settings import DatabaseSettings
from tests.metrics.builders import Room
from tests.orders.builders import a_market


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    async with open_database(postgres_url, DatabaseSettings()) as opened:
        yield opened


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[RedisClients]:
    async with open_redis(redis_url) as opened:
        yield opened


@pytest.fixture
def metrics(database: Database, redis: RedisClients, redis_prefix: str) -> MetricsService:
    return MetricsService(database, redis, redis_prefix)


@pytest.fixture
async def room(database: Database, redis: RedisClients, redis_prefix: str, metrics: MetricsService) -> Room:
    return Room(await a_market(database), database, redis, redis_prefix, metrics)
