"""Real stores and one session for the statistics tests."""

from __future__ import annotations

import pytest

from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.metrics.service import MetricsService
from tests.metrics.builders import Room
from tests.orders.builders import a_market


@pytest.fixture
def metrics(database: Database, redis: RedisClients, redis_prefix: str) -> MetricsService:
    return MetricsService(database, redis, redis_prefix)


@pytest.fixture
async def room(database: Database, redis: RedisClients, redis_prefix: str, metrics: MetricsService) -> Room:
    return Room(await a_market(database), database, redis, redis_prefix, metrics)
